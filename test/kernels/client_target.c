/* SPDX-License-Identifier: Apache-2.0 */
/* The target: outer -> middle -> leaf, nothing else, itself and in short-lived children. */
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

static volatile uint64_t sink;

static __attribute__((noinline, section("known_text"))) void known_leaf(unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		sink += i * sink;
}

static __attribute__((noinline, section("known_text"))) void known_middle(void)
{
	known_leaf(20000);
	sink++; /* not a tail call */
}

static __attribute__((noinline, section("known_text"))) void known_outer(uint64_t until_ns)
{
	struct timespec now;

	do {
		known_middle();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec < until_ns);
}

/* Half of the time itself, half in children that live 20 ms. */
void run_target(void)
{
	for (;;) {
		known_outer(now_ns() + 20000000);
		pid_t child = fork();
		if (child == 0) {
			known_outer(now_ns() + 20000000);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}
