/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a command until it may run: `emberscope-hold FILE NAME [ARGUMENT…]` becomes FILE once it is let go, as the
 * same process. Until then it maps a page of each file that it is told of, so that whoever looks into the process (the
 * helper, which takes no path from anybody) finds the files whose code the command is going to have.
 *
 * Descriptor 3 is a socket. What comes is paths, each ended by a zero byte and answered by a byte. When the other side will
 * say no more (it has shut down its half) the command runs; when it is gone, nothing ever does.
 *
 * Without a C library: one that is mapped here would be taken for the command's.
 */
#include "system_call.h"

#define SOCKET 3
#define PATH_MAX 4096
#define PAGE 4096 /* what is mapped at least, whatever the size of a page */

/* poll.h, fcntl.h, mman.h, errno.h: the same for both architectures. */
#define POLLIN 0x1
#define POLLHUP 0x10
#define POLLRDHUP 0x2000
#define O_CLOEXEC_NOCTTY_NONBLOCK 02004400
#define PROT_READ_EXEC 5
#define MAP_PRIVATE 2
#define AT_FDCWD (-100)
#define F_SETFD 2
#define FD_CLOEXEC 1
#define EINTR 4
#define ENOEXEC 8
#define ENOENT 2

struct pollfd {
	int fd;
	short events;
	short revents;
};

static void leave(int status)
{
	for (;;)
		system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

/* A file that cannot be mapped is none that a probe could find: whoever asks for it is told so there. */
static void map(const char *path)
{
	long fd = system_call(SYS_openat, AT_FDCWD, (long)path, O_CLOEXEC_NOCTTY_NONBLOCK, 0, 0, 0);

	if (fd < 0)
		return;
	system_call(SYS_mmap, 0, PAGE, PROT_READ_EXEC, MAP_PRIVATE, fd, 0);
	system_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void take_paths(void)
{
	static char text[PATH_MAX];
	static long kept;
	long length = system_call(SYS_read, SOCKET, (long)text + kept, PATH_MAX - kept, 0, 0, 0), start = 0;

	if (length <= 0 && length != -EINTR)
		leave(1);
	if (length > 0)
		kept += length;
	for (long i = 0; i < kept; i++) {
		if (text[i])
			continue;
		map(text + start);
		start = i + 1;
		system_call(SYS_write, SOCKET, (long)"", 1, 0, 0, 0);
	}
	if (kept - start == PATH_MAX)
		leave(1);
	kept -= start;
	for (long i = 0; i < kept; i++)
		text[i] = text[start + i];
}

/* By polling, and without a last read: a probe of reads has nothing to count of ours. */
static void wait_for_leave(void)
{
	for (;;) {
		struct pollfd socket = { SOCKET, POLLIN | POLLRDHUP, 0 };

		if (system_call(SYS_ppoll, (long)&socket, 1, 0, 0, 0, 0) < 0)
			continue;
		if (socket.revents & ~(POLLIN | POLLRDHUP))
			leave(1);
		if (socket.revents & POLLRDHUP)
			return;
		take_paths();
	}
}

static void complain(const char *path)
{
	static const char words[] = "emberscope-hold: the command cannot be run: ";
	long length = 0;

	while (path[length])
		length++;
	system_call(SYS_write, 2, (long)words, sizeof(words) - 1, 0, 0, 0);
	system_call(SYS_write, 2, (long)path, length, 0, 0, 0);
	system_call(SYS_write, 2, (long)"\n", 1, 0, 0, 0);
}

/* As the C library's execvp: what the kernel does not know is a text for the shell. Its path takes the place of ours. */
static long run_as_script(char **arguments, char **environment)
{
	static char shell[] = "/bin/sh";

	arguments[1] = arguments[0];
	arguments[0] = shell;
	return system_call(SYS_execve, (long)shell, (long)arguments, (long)environment, 0, 0, 0);
}

/* What the kernel left on the stack: a count, the arguments, 0, the environment, 0. */
__attribute__((used)) void start(long *stack)
{
	char **arguments = (char **)(stack + 1), **environment = arguments + stack[0] + 1;
	long error;

	if (stack[0] < 3)
		leave(2);
	system_call(SYS_fcntl, SOCKET, F_SETFD, FD_CLOEXEC, 0, 0, 0);
	wait_for_leave();
	error = system_call(SYS_execve, (long)arguments[1], (long)(arguments + 2), (long)environment, 0, 0, 0);
	if (error == -ENOEXEC)
		error = run_as_script(arguments + 1, environment);
	complain(arguments[1]);
	leave(error == -ENOENT ? 127 : 126);
}
