/* SPDX-License-Identifier: Apache-2.0 */
/* exec-storm [MILLISECONDS]: the same process execs itself again and again, doing one thing and then the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

static long long cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

#define WORK(length)                                                     \
	for (long long end = cpu_time() + (length); cpu_time() < end;) { \
		for (int step = 0; step < 10000; step++)                 \
			sink = sink * 6364136223846793005ul + 1;         \
	}

__attribute__((noinline)) void odd_work(long long length)
{
	WORK(length);
}

__attribute__((noinline)) void even_work(long long length)
{
	WORK(length);
}

int main(int argc, char **argv)
{
	long long length = (argc > 1 ? atoll(argv[1]) : 20) * 1000000ll;
	int turn = argc > 2 ? atoi(argv[2]) : 0;
	char next[16];

	if (turn % 2)
		odd_work(length);
	else
		even_work(length);
	snprintf(next, sizeof(next), "%d", turn + 1);
	execl("/proc/self/exe", turn % 2 ? "odd" : "even", argc > 1 ? argv[1] : "20", next, NULL);
	return 1;
}
