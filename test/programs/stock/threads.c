/* SPDX-License-Identifier: Apache-2.0 */
/* threads COUNT: main and COUNT more are busy. main, turn; and <libc>, run, turn. */
#include <pthread.h>
#include <stdlib.h>
#include "work.h"

FUNCTION void turn(void)
{
	WORK(100000);
}

static void *run(void *unused)
{
	for (;;) {
		turn();
		STAY();
	}
	return unused;
}

int main(int argc, char **argv)
{
	for (int i = argc > 1 ? atoi(argv[1]) : 64; i > 0; i--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run, NULL) != 0)
			return 1;
	}
	for (;;) {
		turn();
		STAY();
	}
}
