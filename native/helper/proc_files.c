/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "proc_files.h"

#define PF_KTHREAD 0x00200000u

/* Returns the length, or -errno. */
static int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t filled = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (filled < size - 1 && (n = read(fd, text + filled, size - 1 - filled)) > 0)
		filled += (size_t)n;
	n = n < 0 ? -errno : 0;
	close(fd);
	text[filled] = 0;
	return n < 0 ? (int)n : (int)filled;
}

int proc_stat_read(uint32_t tgid, struct proc_stat *ret)
{
	char path[32], text[1024], *open_bracket, *close_bracket;
	unsigned int flags, parent;
	unsigned long long start;
	size_t length;
	int r;

	snprintf(path, sizeof(path), "/proc/%u/stat", tgid);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	/* The name may hold anything, brackets too: it ends at the last one. */
	open_bracket = strchr(text, '(');
	close_bracket = strrchr(text, ')');
	if (!open_bracket || !close_bracket || close_bracket < open_bracket)
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	length = (size_t)(close_bracket - open_bracket) - 1;
	memcpy(ret->comm, open_bracket + 1, length < WIRE_COMM_SIZE - 1 ? length : WIRE_COMM_SIZE - 1);
	/* proc_pid_stat(5): state ppid pgrp session tty tpgid flags ... starttime is the 22nd */
	if (sscanf(close_bracket + 1,
		   " %c %u %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ret->state, &parent, &flags, &start) != 4)
		return -EBADMSG;
	ret->parent_tgid = parent;
	ret->kernel_thread = flags & PF_KTHREAD;
	ret->start_ticks = start;
	return 0;
}

int proc_check_process(uint32_t tgid, struct proc_stat *ret)
{
	char path[32], text[4096], *line;
	int r;

	if (tgid == 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%u/status", tgid);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	line = strstr(text, "\nTgid:");
	if (!line || strtoul(line + 6, NULL, 10) != tgid)
		return -ESRCH;
	r = proc_stat_read(tgid, ret);
	if (r == 0 && (ret->state == 'Z' || ret->state == 'X'))
		return -ESRCH;
	return r == -ENOENT ? -ESRCH : r;
}

int proc_hold(uint32_t tgid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)tgid, 0);

	if (fd >= 0)
		return fd;
	return errno == ENOSYS || errno == EPERM ? -ENOTSUP : -ESRCH;
}

bool proc_release(int held)
{
	bool same;

	if (held < 0)
		return true;
	/* EPERM, of another user's process, is not "gone": only ESRCH is. */
	same = syscall(SYS_pidfd_send_signal, held, 0, NULL, 0) == 0 || errno != ESRCH;
	close(held);
	return same;
}

int proc_comm_read(uint32_t tgid, uint32_t tid, char ret_comm[WIRE_COMM_SIZE])
{
	char path[64], text[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", tgid, tid);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	if (r > 0 && text[r - 1] == '\n')
		text[--r] = 0;
	memset(ret_comm, 0, WIRE_COMM_SIZE);
	memcpy(ret_comm, text, (size_t)r < WIRE_COMM_SIZE - 1 ? (size_t)r : WIRE_COMM_SIZE - 1);
	return 0;
}

int proc_cpu_time_read(uint32_t tgid, uint32_t tid, uint64_t *ret_ns)
{
	char path[64], text[128];
	int r;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/schedstat", tgid, tid);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	*ret_ns = strtoull(text, NULL, 10);
	return 0;
}

int proc_switches_read(uint32_t tgid, uint32_t tid, struct proc_switches *ret)
{
	char path[64], text[4096], *state, *voluntary, *involuntary;
	int r;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/status", tgid, tid);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	state = strstr(text, "\nState:\t");
	voluntary = strstr(text, "\nvoluntary_ctxt_switches:");
	involuntary = strstr(text, "\nnonvoluntary_ctxt_switches:");
	if (!state || !voluntary || !involuntary)
		return -EBADMSG;
	ret->state = state[strlen("\nState:\t")];
	ret->count = strtoull(strchr(voluntary, ':') + 1, NULL, 10) + strtoull(strchr(involuntary, ':') + 1, NULL, 10);
	return 0;
}

int proc_system_cpu_time_read(uint64_t *ret_ns)
{
	unsigned long long user, nice, system, irq, softirq;
	char text[512];
	int r = read_file("/proc/stat", text, sizeof(text));

	if (r < 0)
		return r;
	if (sscanf(text, "cpu %llu %llu %llu %*u %*u %llu %llu", &user, &nice, &system, &irq, &softirq) != 5)
		return -EBADMSG;
	*ret_ns = (user + nice + system + irq + softirq) * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
	return 0;
}

uint64_t proc_start_monotonic_ns(const struct proc_stat *stat)
{
	uint64_t started = stat->start_ticks * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
	uint64_t suspended = clock_ns(CLOCK_BOOTTIME) - monotonic_ns();

	return started > suspended ? started - suspended : 0;
}

static int for_each_number(const char *path, int (*visit)(void *context, uint32_t number), void *context)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!folder)
		return -errno;
	while (r >= 0 && (entry = readdir(folder))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			r = visit(context, (uint32_t)strtoul(entry->d_name, NULL, 10));
	}
	closedir(folder);
	return r < 0 ? r : 0;
}

struct thread_visit {
	uint32_t tgid;
	int (*visit)(void *context, uint32_t tgid, uint32_t tid);
	void *context;
};

static int visit_thread(void *context, uint32_t tid)
{
	const struct thread_visit *visit = context;

	return visit->visit(visit->context, visit->tgid, tid);
}

int proc_for_each_thread(uint32_t tgid, int (*visit)(void *context, uint32_t tgid, uint32_t tid),
			 void *context)
{
	struct thread_visit inner = { tgid, visit, context };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/task", tgid);
	return for_each_number(path, visit_thread, &inner);
}

int proc_for_each_process(int (*visit)(void *context, uint32_t tgid), void *context)
{
	return for_each_number("/proc", visit, context);
}

int proc_online_cpus(int **ret_list)
{
	char text[4096], *position = text;
	int *list = NULL, count = 0;
	int r = read_file("/sys/devices/system/cpu/online", text, sizeof(text));

	if (r < 0)
		return r;
	/* "0-3,8,10-11" */
	while (*position >= '0' && *position <= '9') {
		unsigned long first = strtoul(position, &position, 10), last = first;
		int *grown;

		if (*position == '-')
			last = strtoul(position + 1, &position, 10);
		if (*position == ',')
			position++;
		if (last < first || last > 65535) {
			free(list);
			return -EBADMSG;
		}
		grown = realloc(list, ((size_t)count + last - first + 1) * sizeof(*list));
		if (!grown) {
			free(list);
			return -ENOMEM;
		}
		list = grown;
		for (; first <= last; first++)
			list[count++] = (int)first;
	}
	*ret_list = list;
	return count > 0 ? count : -EBADMSG;
}
