/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which capabilities stay. The raw calls: libcap would be one more library in a privileged process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"
#include "probe_links.h"

#define CAPABILITY(number) (1ull << (number))
#define BASE_CAPABILITIES                                                                                    \
	(CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_SYSLOG) | \
	 CAPABILITY(CAP_DAC_READ_SEARCH))
/* For /proc/PID/map_files; not worth refusing to run without. */
#define WELCOME_CAPABILITIES CAPABILITY(CAP_CHECKPOINT_RESTORE)

static int read_permitted(uint64_t *ret_permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*ret_permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* Inheritable becomes empty. */
static int write_capabilities(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)effective, .permitted = (uint32_t)permitted },
		{ .effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int privileges_check_capabilities(void)
{
	uint64_t permitted = 0;
	int r = read_permitted(&permitted);

	if (r < 0)
		return r;
	return (permitted & BASE_CAPABILITIES) == BASE_CAPABILITIES ? 0 : -EPERM;
}

/* Only CAP_SETPCAP may drop it. Without (never root) no_new_privs and the filter stand in. */
int privileges_drop_bounding_set(void)
{
	uint64_t permitted = 0;
	int r = read_permitted(&permitted);

	if (r < 0)
		return r;
	if (!(permitted & CAPABILITY(CAP_SETPCAP)))
		return 0;
	for (int number = 0; number < 64; number++) {
		if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) {
			if (errno == EINVAL) /* past the kernel's last capability */
				break;
			return -errno;
		}
	}
	return 0;
}

/* Opens what every session opens, on any CPU that is online (0 need not be). */
static bool may_open_events(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.disabled = 1,
	};
	unsigned cpu = 0;
	long fd;

	syscall(SYS_getcpu, &cpu, NULL, NULL);
	fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno != EACCES && errno != EPERM; /* the sampler will say what else is wrong */
	close((int)fd);
	return true;
}

/* Where it is, a folder is refused as such. */
static bool find_uprobe_multi(void)
{
	const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	const uint64_t offset = 0;
	struct link_create_multi link = {
		.attach_type = TRACE_UPROBE_MULTI,
		.uprobe = { .path = (uintptr_t)"/", .offsets = (uintptr_t)&offset, .count = 1 },
	};
	union bpf_attr attributes;
	long program, made;
	bool has;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_KPROBE;
	attributes.expected_attach_type = TRACE_UPROBE_MULTI;
	attributes.insns = (uint64_t)(uintptr_t)nothing;
	attributes.insn_cnt = sizeof(nothing) / sizeof(nothing[0]);
	attributes.license = (uint64_t)(uintptr_t)"Dual BSD/GPL";
	program = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (program < 0)
		return false;
	link.program_fd = (uint32_t)program;
	made = syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	has = made < 0 && errno == EBADF;
	if (made >= 0)
		close((int)made);
	close((int)program);
	return has;
}

bool probe_has_uprobe_multi(void)
{
	static int has = -1;

	if (has < 0)
		has = find_uprobe_multi();
	return has;
}

/* What is tried with the base capabilities alone: events, and for probes the way that does not take events. */
static bool may_do_without(bool may_trace)
{
	return may_open_events() && (!may_trace || probe_has_uprobe_multi());
}

/*
 * Debian and Ubuntu patch perf_event_paranoid: above 2 (Debian's default is 3) perf_event_open() is for
 * CAP_SYS_ADMIN, whatever else one has. Only then it is kept: asked of the kernel, not guessed from the
 * number, and only until a session's events are open. To probe a program through perf takes it on every kernel:
 * where there is no other way, a helper that traces keeps it to the end. What it could do beyond that (mount, setns, others' BPF
 * programs, ...) the filter refuses.
 */
int privileges_keep_capabilities(bool may_trace, bool *ret_keeps_sys_admin)
{
	const uint64_t admin = CAPABILITY(CAP_SYS_ADMIN);
	uint64_t permitted = 0, base, kept, now = 0;
	int r;

	r = read_permitted(&permitted);
	if (r < 0)
		return r;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return -errno;

	base = permitted & (BASE_CAPABILITIES | WELCOME_CAPABILITIES);
	kept = base;
	r = write_capabilities(base | (permitted & admin), base);
	if (r < 0)
		return r;
	if ((permitted & admin) && !may_do_without(may_trace)) {
		r = write_capabilities(base | admin, base | admin);
		if (r < 0)
			return r;
		if (may_open_events())
			kept = base | admin;
	}
	r = write_capabilities(kept, kept);
	if (r < 0)
		return r;

	r = read_permitted(&now);
	if (r < 0)
		return r;
	*ret_keeps_sys_admin = kept != base;
	return now == kept && (kept & BASE_CAPABILITIES) == BASE_CAPABILITIES ? 0 : -EPERM;
}

int privileges_drop_sys_admin(struct privileges *privileges)
{
	uint64_t permitted = 0;
	int r = read_permitted(&permitted);

	if (r < 0)
		return r;
	if (!(permitted & CAPABILITY(CAP_SYS_ADMIN)) || privileges->may_trace)
		return 0;
	permitted &= ~CAPABILITY(CAP_SYS_ADMIN);
	r = write_capabilities(permitted, permitted);
	if (r == 0)
		privileges->keeps_sys_admin = false;
	return r;
}
