/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to be probed. Usage: calls HOW COUNT [RATE]. Waits for a line on stdin (so that a probe can attach), calls COUNT
 * times, RATE times a second (default: as fast as it can), and prints the CPU nanoseconds of all.
 *
 *     function   probed(), which does nothing
 *     syscall    getppid(2)
 *     switch     a byte to another thread and back, over two pipes: two switches a count
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;
static int there[2], back[2];

__attribute__((noinline)) void probed(uint64_t number)
{
	sink += number;
}

static void *echo(void *nothing)
{
	char byte;

	while (read(there[0], &byte, 1) == 1)
		if (write(back[1], &byte, 1) != 1)
			break;
	return nothing;
}

static void ping(void)
{
	char byte = 0;

	if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
		exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* In steps of a millisecond: sleeping between single calls would be slower than they are. */
static void wait_for_turn(uint64_t begun, uint64_t done, uint64_t rate)
{
	uint64_t due = begun + done * 1000000000ull / rate, now = now_ns(CLOCK_MONOTONIC);

	if (due > now + 1000000)
		usleep((useconds_t)((due - now) / 1000));
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "function";
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000, rate = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	uint64_t begun, used;
	pthread_t other;

	if (pipe(there) < 0 || pipe(back) < 0 || pthread_create(&other, NULL, echo, NULL) != 0 || getchar() == EOF)
		return 1;
	begun = now_ns(CLOCK_MONOTONIC);
	used = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (uint64_t i = 0; i < count; i++) {
		if (strcmp(how, "syscall") == 0)
			syscall(SYS_getppid);
		else if (strcmp(how, "switch") == 0)
			ping();
		else
			probed(i);
		if (rate && i % 64 == 0)
			wait_for_turn(begun, i, rate);
	}
	printf("%llu\n", (unsigned long long)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - used));
	return 0;
}
