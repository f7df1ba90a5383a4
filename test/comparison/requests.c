/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers requests without end: six of seven take 1 ms, the seventh 20 ms, so that deciles up to 80 % are of the quick ones.
 * SLOWER: the seventh takes 60 ms, and nothing else changes. They sleep, since whoever sleeps is let onto a busy CPU soon.
 */
#define _GNU_SOURCE
#include <time.h>

#ifdef SLOWER
#define SEVENTH_MS 60
#else
#define SEVENTH_MS 20
#endif

__attribute__((noipa, noinline)) void answer_request(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

int main(void)
{
	for (unsigned long request = 0;; request++)
		answer_request(request % 7 == 6 ? SEVENTH_MS : 1);
}
