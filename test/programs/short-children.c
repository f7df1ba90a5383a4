/* SPDX-License-Identifier: Apache-2.0 */
/* short-children [MILLISECONDS [SECONDS]]: one child after the other, each busy that long and then gone; the
 * parent itself does nothing but wait. Half of the time is for children. */
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

__attribute__((noinline)) void child_work(long long length)
{
	while (now(CLOCK_PROCESS_CPUTIME_ID) < length) {
		for (int step = 0; step < 10000; step++)
			sink = sink * 6364136223846793005ul + 1;
	}
}

int main(int argc, char **argv)
{
	long long length = (argc > 1 ? atoll(argv[1]) : 5) * 1000000ll;
	long long end = argc > 2 ? now(CLOCK_MONOTONIC) + atoll(argv[2]) * 1000000000ll : 0;

	while (!end || now(CLOCK_MONOTONIC) < end) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (child == 0) {
			child_work(length);
			_exit(0);
		}
		waitpid(child, NULL, 0);
		nanosleep(&(struct timespec){ .tv_nsec = length }, NULL);
	}
	return 0;
}
