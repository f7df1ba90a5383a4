/* SPDX-License-Identifier: Apache-2.0 */
/* clock: asks what time it is, over and over, mostly in the vdso. main, read_clock, clock_gettime, <vdso>. */
#include <time.h>
#include "work.h"

FUNCTION void read_clock(void)
{
	struct timespec now;

	for (int i = 0; i < 10000; i++)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

int main(void)
{
	for (;;) {
		read_clock();
		STAY();
	}
}
