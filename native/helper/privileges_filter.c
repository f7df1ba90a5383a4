/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a sealed helper: a list of what it needs. Everything else is ENOSYS, as on a
 * kernel that lacks the call, so that the C library falls back; what was considered and refused is EPERM.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "privileges.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* O_TMPFILE contains O_DIRECTORY, which is harmless. */
#define OPEN_WRITES (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))
/* The type field of every PERF_EVENT_IOC_*; the rest of the number differs by size and direction. */
#define IOCTL_TYPE_MASK 0xff00
#define IOCTL_TYPE_PERF ('$' << 8)

/* test/privileges builds the helper with a fatal one: a call that is missing here must not pass as ENOSYS. */
#ifndef FILTER_DEFAULT
#define FILTER_DEFAULT SCMP_ACT_ERRNO(ENOSYS)
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int allowed[] = {
	/* files and folders; what they may be opened for is below */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
	SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(getcwd),
	/* Its flags lie in memory, out of a filter's sight. It is what confines a look-up to a target's
	 * root; what it could write, the caller may write without us. */
	SCMP_SYS(openat2),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(signalfd4),
	SCMP_SYS(pipe2), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(pidfd_open),
	/* memory, threads, signals to oneself */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(munlock),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(membarrier),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* clocks and accounting */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrandom), SCMP_SYS(getrlimit),
	/* who am I */
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getpgrp), SCMP_SYS(getsid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
	SCMP_SYS(capget),
	/* what it is for */
	SCMP_SYS(perf_event_open),
};

/* Named, so that a look at the filter (and its test) shows them; the default would refuse them too. */
static const int refused[] = {
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(execve),
	SCMP_SYS(execveat), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(open_by_handle_at), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(creat),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat2), SCMP_SYS(truncate),
	SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(setuid), SCMP_SYS(setresuid),
	SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(syslog),
};

/* The bpf(2) commands that load, read and attach one's own; not those that pin, or reach others'. */
static const int bpf_commands[] = {
	BPF_MAP_CREATE, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
	BPF_PROG_LOAD, BPF_PROG_TEST_RUN, BPF_OBJ_GET_INFO_BY_FD, BPF_RAW_TRACEPOINT_OPEN, BPF_BTF_LOAD,
	BPF_MAP_LOOKUP_AND_DELETE_ELEM, BPF_MAP_FREEZE, BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH, BPF_LINK_CREATE, BPF_LINK_UPDATE, BPF_LINK_DETACH,
	BPF_ENABLE_STATS, BPF_ITER_CREATE, BPF_PROG_BIND_MAP,
};

static int allow_list(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; i < COUNT(allowed) && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < COUNT(bpf_commands) && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				     SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)bpf_commands[i]));
	for (size_t i = 0; i < COUNT(refused) && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	return r;
}

/* Opens for reading; for writing they are EPERM, which says more than ENOSYS. */
static int allow_reading(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp reads_open = SCMP_A1_32(SCMP_CMP_MASKED_EQ, OPEN_WRITES, O_RDONLY);
	const struct scmp_arg_cmp reads_openat = SCMP_A2_32(SCMP_CMP_MASKED_EQ, OPEN_WRITES, O_RDONLY);
	static const int bits[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE & ~O_DIRECTORY };
	int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, reads_open);

	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, reads_openat);
	for (size_t i = 0; i < COUNT(bits) && r == 0; i++) {
		const scmp_datum_t bit = (scmp_datum_t)bits[i];

		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
				     SCMP_A1_32(SCMP_CMP_MASKED_EQ, bit, bit));
		if (r == 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
					     SCMP_A2_32(SCMP_CMP_MASKED_EQ, bit, bit));
	}
	return r;
}

static int allow_by_argument(scmp_filter_ctx filter)
{
	const struct {
		int call;
		struct scmp_arg_cmp argument;
	} rules[] = {
		/* no new code after the libraries are loaded */
		{ SCMP_SYS(mmap), SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
		/* threads, not processes; clone3 is ENOSYS by default, and glibc then takes clone */
		{ SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD) },
		{ SCMP_SYS(tgkill), SCMP_A0_32(SCMP_CMP_EQ, (scmp_datum_t)getpid()) }, /* abort() */
		{ SCMP_SYS(kill), SCMP_A1_32(SCMP_CMP_EQ, 0) },			       /* does it exist? */
		{ SCMP_SYS(pidfd_send_signal), SCMP_A1_32(SCMP_CMP_EQ, 0) },
		{ SCMP_SYS(prlimit64), SCMP_A0_32(SCMP_CMP_EQ, 0) }, /* its own; libbpf, RLIMIT_MEMLOCK */
		{ SCMP_SYS(prctl), SCMP_A0_32(SCMP_CMP_EQ, PR_SET_NAME) },
		{ SCMP_SYS(prctl), SCMP_A0_32(SCMP_CMP_EQ, PR_SET_VMA) }, /* newer glibc names its memory */
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_MASKED_EQ, IOCTL_TYPE_MASK, IOCTL_TYPE_PERF) },
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, TCGETS) },	/* isatty() */
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONREAD) },
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, FIONBIO) },
		/* PROCMAP_QUERY of linux/fs.h (6.11): the build id of a mapping, read by the kernel */
		{ SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, _IOC(_IOC_READ | _IOC_WRITE, 'f', 17, 104)) },
	};
	int r = 0;

	for (size_t i = 0; i < COUNT(rules) && r == 0; i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rules[i].call, 1, &rules[i].argument);
	return r;
}

int privileges_seal(const struct privileges *privileges)
{
	scmp_filter_ctx filter;
	int r;

	filter = seccomp_init(FILTER_DEFAULT);
	if (!filter)
		return -ENOMEM;
	/* no_new_privs is set already; with this off libseccomp would rely on CAP_SYS_ADMIN. */
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1);
	if (r == 0) /* a binary tree: some 130 calls would otherwise be compared one by one */
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = allow_list(filter);
	if (r == 0)
		r = allow_reading(filter);
	if (r == 0)
		r = allow_by_argument(filter);
	/* It can only take away: neither a permitted nor a bounding set ever grows. */
	if (r == 0)
		r = seccomp_rule_add(filter, privileges->keeps_sys_admin ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
				     SCMP_SYS(capset), 0);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
