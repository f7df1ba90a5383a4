/* SPDX-License-Identifier: Apache-2.0 */
/* The library of plt and plug. */
#include "work.h"

FUNCTION long nothing(long value)
{
	return value + 1;
}

FUNCTION void plugged_leaf(void)
{
	WORK(100000);
}

FUNCTION void plugged(void)
{
	char locals[100];

	USE(locals);
	plugged_leaf();
	USE(locals);
}
