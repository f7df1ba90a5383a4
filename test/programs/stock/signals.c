/* SPDX-License-Identifier: Apache-2.0 */
/* signals [alternate]: a timer interrupts main's work, wherever that is, and the handler works too; on a stack of its
 * own where asked. main, interrupted[, step], <the kernel's signal frame>, on_signal, handle. */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include "work.h"

FUNCTION void handle(void)
{
	WORK(1000000);
}

static void on_signal(int number)
{
	(void)number;
	handle();
	STAY();
}

/* Short, so that its first and last instructions are interrupted too. */
FUNCTION long step(long a, long b)
{
	char locals[64];

	USE(locals);
	WORK(5);
	return a * b;
}

FUNCTION void interrupted(void)
{
	long a = 1, b = 2, c = 3;

	for (;;) {
		a += step(b, c);
		b += step(a, c);
		c += step(a, b);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };

	(void)argv;
	if (argc > 1) {
		stack_t alternate = { .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };

		if (!alternate.ss_sp || sigaltstack(&alternate, NULL) != 0)
			return 1;
		action.sa_flags |= SA_ONSTACK;
	}
	if (sigaction(SIGPROF, &action, NULL) != 0 || setitimer(ITIMER_PROF, &often, NULL) != 0)
		return 1;
	interrupted();
	STAY();
	return 0;
}
