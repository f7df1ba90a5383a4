/* SPDX-License-Identifier: Apache-2.0 */
/* storm fork|exec COUNT STEPS: one child after the other, each busy for STEPS and then gone. main, storm, child_work in
 * those that only fork; main, child_work in those that exec. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "work.h"

FUNCTION void child_work(long steps)
{
	WORK(steps);
}

FUNCTION int storm(int execs, int count, char *steps)
{
	for (; count > 0; count--) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (child == 0) {
			if (execs) {
				execl("/proc/self/exe", "storm", steps, (char *)NULL);
				_exit(1);
			}
			child_work(atol(steps));
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		child_work(atol(argv[1]));
		return 0;
	}
	if (argc != 4)
		return 2;
	int failed = storm(!strcmp(argv[1], "exec"), atoi(argv[2]), argv[3]);

	STAY();
	return failed;
}
