/* SPDX-License-Identifier: Apache-2.0 */
/* plug LIBRARY: opens it, works in it, closes it and works alone, over and over. Half of the time each:
 * main, run_plugged, plugged, plugged_leaf; and main, alone. */
#include <dlfcn.h>
#include "work.h"

#define TURNS 100

FUNCTION int run_plugged(const char *path)
{
	void *library = dlopen(path, RTLD_LAZY);
	void (*plugged)(void) = library ? (void (*)(void))dlsym(library, "plugged") : 0;

	if (!plugged)
		return 1;
	for (int i = 0; i < TURNS; i++)
		plugged();
	int failed = dlclose(library);

	STAY();
	return failed;
}

FUNCTION void alone(void)
{
	WORK(100000l * TURNS);
}

int main(int argc, char **argv)
{
	for (;;) {
		alone();
		if (argc < 2 || run_plugged(argv[1]) != 0)
			return 1;
	}
}
