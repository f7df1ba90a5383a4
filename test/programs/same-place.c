/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage: same-place ROUNDS. When a line comes on its standard input it waits ROUNDS times, in an order that looks random,
 * called by left() in nanosleep(2) or by right() in ppoll(2): with the same registers, and with a stack that differs in
 * one word alone, the return address into either. So the kernel's side of a wait tells which of them it was.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUNCTION static __attribute__((noinline)) long
/* Else the compiler makes one function of two. */
#define KEEP(result) __asm__ volatile("" : "+r"(result))

FUNCTION wait_here(long number, long a, long b, long c)
{
	long result = syscall(number, a, b, c, 0);

	KEEP(result);
	return result;
}

FUNCTION middle(long number, long a, long b, long c)
{
	long result = wait_here(number, a, b, c);

	KEEP(result);
	return result;
}

/* A time of its own: ppoll() leaves there what is left of it. */
FUNCTION left(void)
{
	struct timespec time = { .tv_nsec = 200000 };
	long result = middle(SYS_nanosleep, (long)&time, 0, 0);

	KEEP(result);
	return result;
}

FUNCTION right(void)
{
	struct timespec time = { .tv_nsec = 200000 };
	long result = middle(SYS_ppoll, 0, 0, (long)&time);

	KEEP(result);
	return result;
}

int main(int count, char **arguments)
{
	const int rounds = count > 1 ? atoi(arguments[1]) : 1000;
	uint32_t random = 1;

	if (getchar() == EOF)
		return 1;
	for (int i = 0; i < rounds; i++) {
		random = random * 1664525u + 1013904223u;
		if (random >> 31)
			left();
		else
			right();
	}
	return 0;
}
