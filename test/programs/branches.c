/* SPDX-License-Identifier: Apache-2.0 */
/* branches [DEPTH [THREADS]]: takes a different way down through eight functions every time, so that hardly any
 * stack is seen twice. */
#include <pthread.h>
#include <stdlib.h>

static volatile unsigned long sink;
static int deepest = 60;

typedef void step(unsigned long way, int depth);
static step turn_0, turn_1, turn_2, turn_3, turn_4, turn_5, turn_6, turn_7;
static step *const turns[] = { turn_0, turn_1, turn_2, turn_3, turn_4, turn_5, turn_6, turn_7 };

static __attribute__((noinline)) void go_on(unsigned long way, int depth)
{
	way = way * 6364136223846793005ul + 1442695040888963407ul;
	if (depth < deepest)
		turns[way >> 61](way, depth + 1);
	else
		for (int i = 0; i < 20000; i++)
			sink = sink * 6364136223846793005ul + 1;
	sink++;
}

#define TURN(number)                                                                                           \
	static __attribute__((noinline)) void turn_##number(unsigned long way, int depth)                      \
	{                                                                                                      \
		go_on(way + number, depth);                                                                    \
		sink += number;                                                                                \
	}
TURN(0) TURN(1) TURN(2) TURN(3) TURN(4) TURN(5) TURN(6) TURN(7)

static void *run(void *start)
{
	for (unsigned long way = (unsigned long)start;; way += 0x9e3779b97f4a7c15ul)
		go_on(way, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[2]) : 1;

	if (argc > 1)
		deepest = atoi(argv[1]);
	for (long i = 1; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run, (void *)i) != 0)
			return 1;
	}
	run(NULL);
	return 0;
}
