/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_symbols.h"

/* 0 or -errno. The text is cut to `size` and ends with a zero byte. */
static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	r = n < 0 ? -errno : 0;
	text[n < 0 ? 0 : n] = 0;
	close(fd);
	return r;
}

int capability_read_number(const char *path, int64_t *ret)
{
	char text[32] = "";
	int r = read_text(path, text, sizeof(text));

	if (r == 0)
		*ret = strtoll(text, NULL, 10);
	return r;
}

static int open_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attributes = { .type = type, .size = sizeof(attributes), .config = config, .disabled = 1 };
	unsigned cpu = 0;
	long fd;

	if (type == PERF_TYPE_HARDWARE) {
		attributes.freq = 1;
		attributes.sample_freq = 99;
	}
	/* Any CPU that is online: 0 need not be. */
	syscall(SYS_getcpu, &cpu, NULL, NULL);
	fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

static int try_memory_limit(int64_t *ret)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	*ret = limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
	return 0;
}

/* -ENOENT: a kernel without. */
static int try_lockdown(int64_t *ret)
{
	char text[64] = "";
	int r = read_text("/sys/kernel/security/lockdown", text, sizeof(text));

	*ret = strstr(text, "[confidentiality]") ? 2 : strstr(text, "[integrity]") ? 1 : 0;
	return r;
}

/* 4.1 and later have it there, and for older tools below debugfs. */
static int try_tracefs(char *ret_path)
{
	static const char *const folders[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[64];
	int r = 0;

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/events", folders[i]);
		if (access(path, R_OK | X_OK) == 0) {
			strcpy(ret_path, folders[i]);
			return 0;
		}
		if (r == 0 || errno != ENOENT)
			r = -errno;
	}
	return r;
}

static int try_kind(enum wire_capability_kind kind, const struct privileges *privileges, bool sampling, int64_t *ret_value,
		    char *ret_text)
{
	switch (kind) {
	case WIRE_CAPABILITY_BTF:
		return access("/sys/kernel/btf/vmlinux", R_OK) < 0 ? -errno : 0;
	case WIRE_CAPABILITY_BPF:
		return capability_load_program();
	case WIRE_CAPABILITY_PERF_EVENTS:
		/* On kernels where it takes CAP_SYS_ADMIN that is gone once they are open. */
		return sampling ? 0 : open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK);
	case WIRE_CAPABILITY_CYCLES:
		return open_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
	case WIRE_CAPABILITY_KERNEL_SYMBOLS:
		capability_read_number("/proc/sys/kernel/kptr_restrict", ret_value);
		return kernel_symbols_are_visible() ? 0 : -EPERM;
	case WIRE_CAPABILITY_BPF_STATS:
		return privileges->bpf_stats_error;
	case WIRE_CAPABILITY_TRACEPOINTS:
		return capability_tracepoint(ret_text);
	case WIRE_CAPABILITY_RAW_TRACEPOINTS:
		return capability_raw_tracepoint(ret_text);
	case WIRE_CAPABILITY_KPROBES:
		return capability_kprobe(ret_text);
	case WIRE_CAPABILITY_KPROBE_MULTI:
		return capability_kprobe_multi(ret_text);
	case WIRE_CAPABILITY_FENTRY:
		return capability_fentry(ret_text);
	case WIRE_CAPABILITY_UPROBES:
		return capability_uprobe(ret_text);
	case WIRE_CAPABILITY_UPROBE_MULTI:
		return capability_uprobe_multi(ret_text);
	case WIRE_CAPABILITY_TRACEFS:
		return try_tracefs(ret_text);
	case WIRE_CAPABILITY_LOCKDOWN:
		return try_lockdown(ret_value);
	case WIRE_CAPABILITY_MEMLOCK:
		return try_memory_limit(ret_value);
	case WIRE_CAPABILITY_PARANOID:
		return capability_read_number("/proc/sys/kernel/perf_event_paranoid", ret_value);
	case WIRE_CAPABILITY_TRACE_MODE:
		*ret_value = privileges->keeps_sys_admin;
		return privileges->may_trace ? 0 : -EPERM;
	}
	return -EINVAL;
}

void capabilities_try(const struct privileges *privileges, bool sampling, struct wire_capability *ret)
{
	memset(ret, 0, CAPABILITY_KINDS * sizeof(*ret));
	for (size_t i = 0; i < CAPABILITY_KINDS; i++) {
		const enum wire_capability_kind kind = (enum wire_capability_kind)(i + 1);

		_Static_assert(sizeof(ret->text) == 48, "capabilities.h");
		ret[i].kind = kind;
		ret[i].error = (uint32_t)-try_kind(kind, privileges, sampling, &ret[i].value, ret[i].text);
	}
}
