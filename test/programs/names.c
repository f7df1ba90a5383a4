/* SPDX-License-Identifier: Apache-2.0 */
/* names: threads, and the process itself, with names that are not meant well. All of them are busy a third of the
 * time. */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

static const char *const names[] = {
	"<script>x", "\"'&;`$(x)", "a\nb\tc", "\x1b[31mred", "\xff\xfe\x80", ") R 1 1 1", "", "../../etc",
};

static volatile unsigned long sink;

static void *run(void *name)
{
	prctl(PR_SET_NAME, name);
	for (;;) {
		for (int step = 0; step < 100000; step++)
			sink = sink * 6364136223846793005ul + 1;
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	return NULL;
}

int main(void)
{
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run, (void *)names[i]) != 0)
			return 1;
	}
	run((void *)names[0]);
	return 0;
}
