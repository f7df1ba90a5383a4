/* SPDX-License-Identifier: Apache-2.0 */
/* coroutine: half of the time on another stack, which begins in libc and not in main. main, outside; and
 * <libc>, inside, inside_leaf. */
#include <stdlib.h>
#include <ucontext.h>
#include "work.h"

static ucontext_t outer, inner;

FUNCTION void inside_leaf(void)
{
	WORK(10000000);
}

static void inside(void)
{
	for (;;) {
		inside_leaf();
		swapcontext(&inner, &outer);
	}
}

FUNCTION void outside(void)
{
	WORK(10000000);
}

int main(void)
{
	if (getcontext(&inner) != 0)
		return 1;
	inner.uc_stack.ss_size = 1 << 16;
	inner.uc_stack.ss_sp = malloc(inner.uc_stack.ss_size);
	if (!inner.uc_stack.ss_sp)
		return 1;
	makecontext(&inner, inside, 0);
	for (;;) {
		outside();
		swapcontext(&outer, &inner);
	}
}
