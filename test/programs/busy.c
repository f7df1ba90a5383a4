/* SPDX-License-Identifier: Apache-2.0 */
/* busy [THREADS [SECONDS]]: every thread uses a CPU as far as it gets one. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile unsigned long sink;

__attribute__((noinline)) void spin(void)
{
	unsigned long value = sink;

	for (int step = 0; step < 100000; step++)
		value = value * 6364136223846793005ul + 1;
	sink = value;
}

static void *run(void *unused)
{
	for (;;)
		spin();
	return unused;
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1, seconds = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run, NULL) != 0)
			return 1;
	}
	if (seconds)
		alarm((unsigned)seconds);
	run(NULL);
	return 0;
}
