/* SPDX-License-Identifier: Apache-2.0 */
/* `into-cgroup FOLDER PROGRAM [ARGUMENT…]`: a child is born within the cgroup, becomes the program, and is waited for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ull
#endif

/* struct clone_args, as long as it has been since 5.7. */
struct arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

int main(int count, char **arguments)
{
	struct arguments clone = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int fd = count > 2 ? open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	long child;

	if (fd < 0)
		return 2;
	clone.cgroup = (uint64_t)fd;
	child = syscall(SYS_clone3, &clone, sizeof(clone));
	if (child < 0)
		return 3;
	if (child == 0) {
		execv(arguments[2], arguments + 2);
		_exit(4);
	}
	return waitpid((pid_t)child, NULL, 0) == child ? 0 : 5;
}
