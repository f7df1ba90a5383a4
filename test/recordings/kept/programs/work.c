/* SPDX-License-Identifier: Apache-2.0 */
/* work SECONDS: a thread that computes, one that reads and sleeps, and main, which waits for both. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define APART __attribute__((noinline, noclone))

static volatile unsigned long sink;
static time_t end;

static inline __attribute__((always_inline)) unsigned long mix(unsigned long value)
{
	return (value ^ (value >> 29)) * 6364136223846793005ul;
}

APART void parse(long rounds)
{
	for (long round = 0; round < rounds; round++)
		sink = mix(sink + 1);
}

APART void checksum(long rounds)
{
	for (long round = 0; round < rounds; round++)
		sink += sink << 7 ^ round;
}

APART long read_a_little(int descriptor)
{
	char bytes[512];

	return (long)read(descriptor, bytes, sizeof(bytes));
}

static void *compute(void *unused)
{
	prctl(PR_SET_NAME, "computes");
	while (time(NULL) < end) {
		parse(3000000);
		checksum(1000000);
	}
	return unused;
}

static void *fetch(void *unused)
{
	int descriptor = open("/dev/zero", O_RDONLY);

	prctl(PR_SET_NAME, "fetches");
	while (time(NULL) < end) {
		read_a_little(descriptor);
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	close(descriptor);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 3);
	pthread_create(&threads[0], NULL, compute, NULL);
	pthread_create(&threads[1], NULL, fetch, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
