/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jumps: calls that leave no frame, and one that never comes back. Per cent of the time, self:
 *
 *   main
 *     first            20   ends with a jump to second, which takes its place
 *     second           20   ends with a jump to third
 *     third            20
 *     last_call         0   its last instruction is a call: the return address lies behind it
 *       never_returns  40   goes back by longjmp
 */
#include <setjmp.h>
#include "work.h"

#define FIFTH 40000

static jmp_buf back;

FUNCTION void third(void)
{
	WORK(FIFTH);
}

FUNCTION void second(void)
{
	WORK(FIFTH);
	third();
}

FUNCTION void first(void)
{
	WORK(FIFTH);
	second();
}

__attribute__((noreturn)) FUNCTION void never_returns(void)
{
	WORK(2 * FIFTH);
	longjmp(back, 1);
}

FUNCTION void last_call(void)
{
	char locals[40];

	USE(locals);
	never_returns();
}

int main(void)
{
	for (;;) {
		first();
		STAY();
		if (!setjmp(back))
			last_call();
	}
}
