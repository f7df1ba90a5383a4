/* SPDX-License-Identifier: Apache-2.0 */
/* plt: hardly anything but calls through the procedure linkage table. main, through_table[, <stub> | , nothing]. */
#include "work.h"

long nothing(long value);

FUNCTION long through_table(long value)
{
	for (int i = 0; i < 100000; i++)
		value = nothing(value);
	return value;
}

int main(void)
{
	for (long value = 0;;)
		value = through_table(value);
}
