/* SPDX-License-Identifier: Apache-2.0 */
/* narrow: a program of 32 bits without any library. outer calls middle calls inner, which is busy. */
static volatile unsigned int sink;

__attribute__((noinline)) void inner(void)
{
	for (int step = 0; step < 100000; step++)
		sink = sink * 1664525u + 1;
}

__attribute__((noinline)) void middle(void)
{
	inner();
	sink++;
}

__attribute__((noinline)) void outer(void)
{
	for (;;)
		middle();
}

/* The outermost frame has no frame pointer, by the ABI. */
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tcall outer\n");
