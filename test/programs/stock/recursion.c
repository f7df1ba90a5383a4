/* SPDX-License-Identifier: Apache-2.0 */
/* recursion DEPTH: main, then descend DEPTH times, then reach_bottom, where it is busy. */
#include <stdlib.h>
#include "work.h"

FUNCTION void reach_bottom(void)
{
	WORK(4000000);
}

FUNCTION long descend(long left)
{
	long below = left > 1 ? descend(left - 1) : (reach_bottom(), 0);

	STAY();
	return below + left;
}

int main(int argc, char **argv)
{
	long depth = argc > 1 ? atol(argv[1]) : 200;

	for (;;)
		descend(depth);
}
