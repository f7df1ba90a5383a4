/* SPDX-License-Identifier: Apache-2.0 */
/* deep-recursion [DEPTH]: busy at the bottom of that many calls of one function. */
#include <stdlib.h>

static volatile unsigned long sink;

__attribute__((noinline)) void reach_bottom(void)
{
	for (int step = 0; step < 100000; step++)
		sink = sink * 6364136223846793005ul + 1;
}

__attribute__((noinline)) void descend(int depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		reach_bottom();
	sink++; /* so that it is a call, not a jump */
}

int main(int argc, char **argv)
{
	for (;;)
		descend(argc > 1 ? atoi(argv[1]) : 1000);
}
