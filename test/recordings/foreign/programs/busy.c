// SPDX-License-Identifier: Apache-2.0
// Computes in an inlined function, reads from the kernel and sleeps: recorded with perf.
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>
#include <time.h>
volatile unsigned sink;
static inline __attribute__((always_inline)) unsigned mix(unsigned x){ for(int i=0;i<2000;i++) x = x*1664525u+1013904223u; return x; }
static inline __attribute__((always_inline)) unsigned twice(unsigned x){ return mix(mix(x)); }
__attribute__((noinline)) void crunch(void){ sink = twice(sink); }
__attribute__((noinline)) void readzero(void){ char b[65536]; int f=open("/dev/zero",O_RDONLY); read(f,b,sizeof b); close(f); }
__attribute__((noinline)) void rest(void){ struct timespec t={0,3000000}; nanosleep(&t,0); }
int main(void){ for(int i=0;i<60;i++){ for(int k=0;k<1500;k++) crunch(); for(int k=0;k<400;k++) readzero(); rest(); } }
