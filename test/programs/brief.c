/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is over at once: `brief COUNT` calls brief_work COUNT times from its first instruction on, passes the static
 * probe emberscope:hit as often, and exits. `brief COUNT LIBRARY FUNCTION` opens a library that it is not linked with,
 * waits half a second, and calls that function as often.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "static-probe.h"

__attribute__((noinline)) long brief_work(long value)
{
	__asm__ volatile("" ::: "memory");
	return value + 1;
}

int main(int count, char **arguments)
{
	const long calls = count > 1 ? atol(arguments[1]) : 0;
	long sum = 0;

	for (long i = 0; i < calls; i++) {
		sum += brief_work(i);
		STATIC_PROBE(emberscope, hit, i, calls);
	}
	if (count > 3) {
		void *library = dlopen(arguments[2], RTLD_NOW);
		long (*function)(long) = library ? (long (*)(long))dlsym(library, arguments[3]) : NULL;

		if (!function)
			return 2;
		usleep(500000);
		for (long i = 0; i < calls; i++)
			sum += function(i);
	}
	return sum < 0;
}
