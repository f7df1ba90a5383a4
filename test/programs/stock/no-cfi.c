/* SPDX-License-Identifier: Apache-2.0 */
/* no-cfi: half of the time in a function that nothing tells how to leave. main, described; and hand_written, whose
 * callers cannot be known. */
#include "work.h"

void hand_written(long steps);

/* No .cfi directive: the assembler writes no unwind information for it. */
__asm__(".text\n"
	".globl hand_written\n"
	".type hand_written, @function\n"
	"hand_written:\n"
#ifdef __x86_64__
	"	push %rbp\n"
	"	push %rbx\n"
	"	mov $1, %ebp\n" /* no frame pointer, and no end of a chain of them */
	"1:	imul %rdi, %rbp\n"
	"	dec %rdi\n"
	"	jnz 1b\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
#else
	"	stp x29, x30, [sp, #-16]!\n"
	"	mov x29, #1\n"
	"1:	mul x29, x29, x0\n"
	"	subs x0, x0, #1\n"
	"	b.ne 1b\n"
	"	ldp x29, x30, [sp], #16\n"
	"	ret\n"
#endif
	".size hand_written, . - hand_written\n");

FUNCTION void described(void)
{
	WORK(100000);
}

int main(void)
{
	for (;;) {
		described();
		hand_written(133000);
		STAY();
	}
}
