// SPDX-License-Identifier: Apache-2.0
/*
 * A fixed amount of work, twelve calls deep, told in CPU time: what a profiler adds to it is its slowdown.
 * Usage: work UNITS. Waits for a line on stdin (so that a profiler can attach), works, prints CPU nanoseconds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t sink;

static __attribute__((noinline)) uint64_t leaf(uint64_t seed)
{
	for (int i = 0; i < 20000; i++)
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed;
}

static __attribute__((noinline)) uint64_t descend(uint64_t seed, int depth)
{
	uint64_t result = depth == 0 ? leaf(seed) : descend(seed ^ (uint64_t)depth, depth - 1);
	sink = result; /* keeps each level a real call */
	return result + (uint64_t)depth;
}

static uint64_t cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	long units = argc > 1 ? atol(argv[1]) : 1000;
	if (getchar() == EOF)
		return 1;
	uint64_t began = cpu_ns();
	for (long i = 0; i < units; i++)
		descend((uint64_t)i, 12);
	printf("%llu\n", (unsigned long long)(cpu_ns() - began));
	return 0;
}
