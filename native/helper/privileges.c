/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* Descriptors for the events of 10,000 threads and more; the usual value of fs.nr_open. */
#define WANTED_DESCRIPTORS (1ul << 20)
/* Linux's overflow gid, "nogroup": where the caller's group is not known. */
#define NO_GROUP 65534

/* Who asked, as the environment has it. */
struct caller {
	bool by_pkexec, by_sudo;
	bool malformed;
	uid_t uid;
	gid_t gid;
};

static int fail(struct privileges *ret, enum wire_error error, int code, const char *what)
{
	ret->error = error;
	ret->what = what;
	return -code;
}

/* Decimal without sign, space or leading zero; (uid_t)-1 means "nobody" to the kernel and is refused. */
static bool parse_id(const char *text, uint32_t *ret_id)
{
	uint64_t id = 0;
	size_t length = strlen(text);

	if (length == 0 || length > 10 || (length > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		id = id * 10 + (uint64_t)(text[i] - '0');
	}
	if (id >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

static void read_caller(struct caller *ret)
{
	const char *pkexec_uid = getenv("PKEXEC_UID");
	const char *sudo_uid = getenv("SUDO_UID"), *sudo_gid = getenv("SUDO_GID");

	memset(ret, 0, sizeof(*ret));
	ret->uid = getuid();
	ret->gid = getuid() == 0 ? NO_GROUP : getgid();
	if (pkexec_uid) {
		ret->by_pkexec = true;
		ret->malformed = !parse_id(pkexec_uid, &ret->uid);
	} else if (sudo_uid && getuid() == 0) {
		ret->by_sudo = true;
		ret->malformed = !parse_id(sudo_uid, &ret->uid) || (sudo_gid && !parse_id(sudo_gid, &ret->gid));
	}
}

/* No descriptor may be opened before this: it could become one of 0 to 2. */
static int clean_descriptors(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 || fcntl(STDOUT_FILENO, F_GETFD) < 0)
		return -errno;
	if (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_WRONLY) != STDERR_FILENO)
		return -EBADF;
	/* The raw call: glibc has a wrapper since 2.34 only. */
	if (syscall(SYS_close_range, 3u, ~0u, 0u) < 0)
		return -errno;
	return 0;
}

static int clean_signals(void)
{
	const struct itimerval none = { 0 };
	sigset_t empty;

	for (int number = 1; number < NSIG; number++) {
		/* EINVAL: SIGKILL, SIGSTOP and the two that the C library keeps. */
		if (signal(number, SIG_DFL) == SIG_ERR && errno != EINVAL)
			return -errno;
	}
	/* Timers survive exec; their signals would now end us. */
	setitimer(ITIMER_REAL, &none, NULL);
	setitimer(ITIMER_VIRTUAL, &none, NULL);
	setitimer(ITIMER_PROF, &none, NULL);
	sigemptyset(&empty);
	return sigprocmask(SIG_SETMASK, &empty, NULL) < 0 ? -errno : 0;
}

static int clean_inherited(void)
{
	int r = clean_signals();

	if (r < 0)
		return r;
	if (clearenv() != 0)
		return -ENOMEM;
	if (chdir("/") < 0)
		return -errno;
	umask(077);
	/* A terminal's ^C is for the app. EPERM: this is the leader of its own process group already. */
	if (setsid() < 0 && errno != EPERM)
		return -errno;
	return 0;
}

/* As high as can be had: without CAP_SYS_RESOURCE (containers) that is the inherited hard limit. */
static unsigned long raise_limit(int resource, rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return 0;
	if (limit.rlim_max < wanted) {
		const struct rlimit raised = { .rlim_cur = wanted, .rlim_max = wanted };

		if (setrlimit(resource, &raised) == 0)
			return wanted;
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(resource, &limit);
	return getrlimit(resource, &limit) < 0 ? 0 : limit.rlim_cur;
}

/*
 * The other end of stdin, if it is a socket, must be the user served. SO_PEERCRED is what the peer was
 * when the pair was made, so handing the socket on does not help. Anything but AF_UNIX has no peer
 * with a uid and is refused as well.
 */
static int check_peer(const struct caller *caller, gid_t *ret_gid)
{
	struct stat status;
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (fstat(STDIN_FILENO, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return 0;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	if (length != sizeof(peer) || peer.pid == 0 || peer.uid != caller->uid)
		return -EPERM;
	*ret_gid = peer.gid;
	return 0;
}

static int change_user(uid_t uid, gid_t gid)
{
	uid_t real, effective, saved;

	if (getuid() == 0) {
		/* Also for uid 0 itself: supplementary groups of root open doors too. */
		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0)
			return -errno;
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresuid(uid, uid, uid) < 0)
			return -errno;
	}
	/* Trust nothing of the above. */
	if (getresuid(&real, &effective, &saved) < 0)
		return -errno;
	return real == uid && effective == uid && saved == uid ? 0 : -EPERM;
}

/* After the change of user, which clears the parent death signal and sets dumpable anew. */
static int bind_to_parent(pid_t parent)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

/*
 * On for as long as the descriptor is open; that takes CAP_SYS_ADMIN, which is gone afterwards. Every run of any BPF program
 * on the machine takes some 30 ns more then: a probe would cost twice what it must, so where they are traced it is only
 * tried, and their programs time themselves.
 */
static int enable_bpf_statistics(bool keep)
{
	union bpf_attr attributes;
	int fd;

	memset(&attributes, 0, sizeof(attributes));
	attributes.enable_stats.type = BPF_STATS_RUN_TIME;
	fd = (int)syscall(SYS_bpf, BPF_ENABLE_STATS, &attributes, sizeof(attributes));
	if (fd < 0)
		return -errno;
	if (!keep)
		close(fd);
	return 0;
}

static int find_caller(const struct caller *caller, struct privileges *ret)
{
	gid_t gid = caller->gid;
	int r = 0;

	if (caller->malformed)
		return fail(ret, WIRE_ERROR_NOT_CALLER, EINVAL, "PKEXEC_UID or SUDO_UID is not a user id");
	/* Only root has it from pkexec; from anybody else it is a claim. */
	if (geteuid() != getuid() || (getuid() != 0 && caller->uid != getuid()))
		return fail(ret, WIRE_ERROR_NOT_CALLER, EPERM, "PKEXEC_UID is not the user who started the helper");
	if (!caller->by_sudo)
		r = check_peer(caller, &gid);
	if (r < 0)
		return fail(ret, WIRE_ERROR_NOT_CALLER, -r, "the other end of stdin is not the user who asked");
	ret->uid = caller->uid;
	ret->gid = gid;
	return 0;
}

int privileges_enter(int argc, char **argv, struct privileges *ret)
{
	const pid_t parent = getppid();
	const struct rlimit no_core = { 0 };
	struct caller caller;
	int r;

	*ret = (struct privileges){ .uid_lock_fd = -1, .total_lock_fd = -1, .bpf_stats_error = -EPERM };
	r = clean_descriptors();
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "stdin and stdout must be open");
	if (argc != 2 || (strcmp(argv[1], "profile") != 0 && strcmp(argv[1], "trace") != 0))
		return fail(ret, WIRE_ERROR_MALFORMED, EINVAL, "the helper takes exactly one argument: profile or trace");
	ret->may_trace = strcmp(argv[1], "trace") == 0;
	read_caller(&caller);
	r = clean_inherited();
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "the inherited state could not be reset");
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, errno, "core dumps could not be switched off");
	ret->descriptor_limit = raise_limit(RLIMIT_NOFILE, WANTED_DESCRIPTORS);
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY); /* kernels before 5.11 charge BPF maps to it */

	r = find_caller(&caller, ret);
	if (r < 0)
		return r;
	r = privileges_check_capabilities();
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r,
			    "the helper needs the capabilities bpf, perfmon, sys_ptrace, syslog and dac_read_search");

	if (getuid() == 0) {
		r = privileges_lock(ret->uid, &ret->uid_lock_fd, &ret->total_lock_fd);
		if (r == -EAGAIN)
			return fail(ret, WIRE_ERROR_TOO_MANY_SESSIONS, EAGAIN, "too many sessions run already");
		if (r < 0)
			return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "no session lock in " PRIVILEGES_RUN_FOLDER);
	}
	ret->bpf_stats_error = enable_bpf_statistics(!ret->may_trace);

	r = privileges_drop_bounding_set();
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "the capability bounding set could not be dropped");
	r = change_user(ret->uid, ret->gid);
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "the helper could not change to the caller's user");
	r = privileges_keep_capabilities(ret->may_trace, &ret->keeps_sys_admin);
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "the capabilities could not be reduced");
	r = bind_to_parent(parent);
	if (r < 0)
		return fail(ret, WIRE_ERROR_PRIVILEGES, -r, "the app that started the helper is gone");
	return 0;
}
