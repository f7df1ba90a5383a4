/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The app's part: run as a user, starts its arguments with a socket pair as stdin, as Node does, so that
 * SO_PEERCRED names that user. Waits for one byte before; what then comes on its own stdin goes on. Its exit
 * status is the program's.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *environment[] = { "LANG=C.UTF-8", NULL };
	char buffer[4096];
	int pair[2], status;
	ssize_t r;
	pid_t child;

	if (argc < 2 || read(STDIN_FILENO, buffer, 1) != 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 99;
	child = fork();
	if (child == 0) {
		dup2(pair[1], STDIN_FILENO);
		execve(argv[1], argv + 1, environment);
		perror("caller");
		_exit(99);
	}
	close(pair[1]);
	while ((r = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (send(pair[0], buffer, (size_t)r, MSG_NOSIGNAL) != r)
			break;
	close(pair[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
