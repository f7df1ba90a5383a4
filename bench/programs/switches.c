/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switches COUNT: begins when a line comes on its standard input; two threads hand a byte to and fro through pipes, so
 * that each gives up its CPU COUNT times, some ten frames deep. Prints the CPU time of both, nanoseconds, and ends when
 * its standard input does: so that whoever watched it can be asked what that took.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int there[2], back[2];
static long count;

#define NEST(name, next)                                                         \
	static __attribute__((noinline)) long name(int in, int out)              \
	{                                                                        \
		long result = next(in, out);                                     \
		__asm__ volatile("" : "+r"(result));                             \
		return result;                                                   \
	}

static __attribute__((noinline)) long hand_over(int in, int out)
{
	char byte = 1;

	return write(out, &byte, 1) + read(in, &byte, 1);
}
NEST(f1, hand_over)
NEST(f2, f1)
NEST(f3, f2)
NEST(f4, f3)
NEST(f5, f4)
NEST(f6, f5)

static void *run(void *unused)
{
	char byte;

	for (long i = 0; i < count; i++) {
		if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
			break;
	}
	return unused;
}

int main(int arguments, char **values)
{
	struct timespec used;
	pthread_t other;

	count = arguments > 1 ? atol(values[1]) : 100000;
	if (pipe(there) < 0 || pipe(back) < 0 || getchar() == EOF)
		return 1;
	pthread_create(&other, NULL, run, NULL);
	for (long i = 0; i < count; i++)
		f6(back[0], there[1]);
	pthread_join(other, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	printf("%lld\n", (long long)used.tv_sec * 1000000000 + used.tv_nsec);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
