/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls: known shares of time in every kind of frame that compilers make. Per cent of the time, self:
 *
 *   main
 *     serve                        0   all callee-saved registers pushed, rbp among them as any other
 *       large_frame               10   64 KiB of locals
 *         bottom                  20   no frame at all
 *       variable_frame            10   alloca: its size is known at run time only
 *         bottom                  10
 *       aligned_frame             10   realigned: the caller's stack pointer is found through memory
 *         bottom                  20
 *       many_arguments            20   called with arguments on the stack
 */
#include <alloca.h>
#include "work.h"

#define TENTH 20000

static volatile long sizes[] = { 100, 2000, 700 };

FUNCTION void bottom(long tenths)
{
	WORK(tenths * TENTH);
}

FUNCTION void large_frame(void)
{
	char locals[64 << 10];

	USE(locals);
	WORK(TENTH);
	bottom(2);
	USE(locals);
}

FUNCTION void variable_frame(long size)
{
	char *locals = alloca((unsigned long)size);

	USE(locals);
	WORK(TENTH);
	bottom(1);
	USE(locals);
}

FUNCTION void aligned_frame(long size)
{
	_Alignas(64) char locals[256];
	char *more = alloca((unsigned long)size);

	USE(locals);
	USE(more);
	WORK(TENTH);
	bottom(2);
	USE(locals);
}

FUNCTION long many_arguments(long a, long b, long c, long d, long e, long f, long g, long h, long i)
{
	WORK(2 * TENTH);
	return a + b + c + d + e + f + g + h + i;
}

FUNCTION long serve(long a, long b, long c)
{
	long d = a * b, e = b * c, f = a * c;

	large_frame();
	variable_frame(a);
	aligned_frame(b);
	return many_arguments(a, b, c, d, e, f, a, b, c) + a + b + c + d + e + f;
}

int main(void)
{
	for (;;)
		serve(sizes[0], sizes[1], sizes[2]);
}
