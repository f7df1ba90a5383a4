/* SPDX-License-Identifier: Apache-2.0 */
/* many-threads [THREADS]: says "ready" when all run; each works a little now and then, one CPU together at most. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long sink;

__attribute__((noinline)) void work_a_little(void)
{
	for (int step = 0; step < 100000; step++)
		sink = sink * 6364136223846793005ul + 1;
}

static void *run(void *unused)
{
	for (;;) {
		sleep(5);
		work_a_little();
	}
	return unused;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 10000;
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &small, run, NULL) != 0) {
			fprintf(stderr, "only %d threads could be started\n", i);
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		work_a_little();
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
}
