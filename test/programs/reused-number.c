/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reused-number: begins a process, prints its number, and on a byte from stdin ends it and gives the number
 * to another one (which only root can bring about). Prints "reused" or "failed". Lives until stdin ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long sink;

__attribute__((noinline)) void meant(void)
{
	for (;;)
		sink++;
}

__attribute__((noinline)) void stranger(void)
{
	for (;;)
		sink++;
}

static int ask_for(pid_t number)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	dprintf(fd, "%d", number - 1);
	return close(fd);
}

int main(void)
{
	pid_t number = fork(), other;
	char byte;

	if (number == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		meant();
	}
	printf("%d\n", number);
	fflush(stdout);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	kill(number, SIGKILL);
	waitpid(number, NULL, 0);
	/* Others fork as well. */
	for (int attempt = 0; attempt < 1000; attempt++) {
		if (ask_for(number) < 0)
			break;
		other = fork();
		if (other == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getpid() == number)
				stranger();
			_exit(0);
		}
		if (other == number) {
			puts("reused");
			fflush(stdout);
			return read(STDIN_FILENO, &byte, 1) < 0;
		}
		waitpid(other, NULL, 0);
	}
	puts("failed");
	return 1;
}
