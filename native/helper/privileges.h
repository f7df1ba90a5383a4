/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The privilege line: from whatever started this process to a process that can sample and do little else.
 *
 * privileges_enter() cleans what was inherited, finds out whom to serve, and changes to that user with
 * the base capabilities only. privileges_seal() then loads the system call filter. Both run before any
 * thread exists; nothing is read from stdin before both have succeeded.
 *
 * Afterwards signals have their default actions (SIGPIPE too), the umask is 077, the folder is /, the
 * environment is empty, and the process ends when its parent does.
 */
#ifndef EMBERSCOPE_PRIVILEGES_H
#define EMBERSCOPE_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire.h"

/* Sessions at the same time; a session is a running helper. */
#define PRIVILEGES_SESSIONS_PER_UID 8
#define PRIVILEGES_SESSIONS_TOTAL 32
#define PRIVILEGES_RUN_FOLDER "/run/emberscope"

struct privileges {
	uid_t uid; /* served; equal to the process's uid afterwards */
	gid_t gid; /* that user's group as far as it is known, otherwise "nogroup" */
	/* Held open for the whole session: their locks are the session count. -1: not locked, because
	 * the process was never root and so cannot write the folder. */
	int uid_lock_fd;
	int total_lock_fd;
	/* 0: the kernel can tell how long BPF programs run. -errno: it cannot, or not to us. */
	int bpf_stats_error;
	/* Started to trace: probes are taken. polkit has another action for that. */
	bool may_trace;
	/* The kernel asks for CAP_SYS_ADMIN to open any perf event, or to probe a program (see
	 * privileges_capabilities.c): it is kept until privileges_drop_sys_admin(). */
	bool keeps_sys_admin;
	unsigned long descriptor_limit; /* RLIMIT_NOFILE, now soft = hard */

	/* When a call returned a negative number: what to put into REFUSED. */
	enum wire_error error;
	const char *what; /* a phrase for its text; static */
};

/*
 * `argv` must be { name, "profile" } or { name, "trace" }. Trusts PKEXEC_UID or SUDO_UID only when the process is root;
 * a socket on stdin must come from the same user (not checked with SUDO_UID: over ssh it is sshd's).
 * Returns 0 or -errno; `ret` is filled in both cases.
 */
int privileges_enter(int argc, char **argv, struct privileges *ret);

/*
 * Loads the system call filter; afterwards there is no exec, ptrace, socket, mount, new process, or
 * open for writing. New threads are allowed. Returns 0 or -errno; then report PRIVILEGES.
 */
int privileges_seal(const struct privileges *privileges);

/* All events are open: CAP_SYS_ADMIN, if it was kept, goes, but for probes that are still to come. Returns 0 or -errno. */
int privileges_drop_sys_admin(struct privileges *privileges);

/* privileges_lock.c: takes one numbered lock of the user's and one of all. Returns 0 or -errno:
 * -EAGAIN when too many sessions run. */
int privileges_lock(uid_t uid, int *ret_uid_fd, int *ret_total_fd);

/* privileges_capabilities.c. All return 0 or -errno. */
int privileges_check_capabilities(void); /* -EPERM: the base capabilities are not there to keep */
int privileges_drop_bounding_set(void);
int privileges_keep_capabilities(bool may_trace, bool *ret_keeps_sys_admin); /* after the change of user */

#endif
