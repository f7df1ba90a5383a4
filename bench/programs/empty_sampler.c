// SPDX-License-Identifier: Apache-2.0
/*
 * The floor of what sampling can cost: the same events as Emberscope's, with a BPF program of two
 * instructions (r0 = 0; exit) on each. Usage: empty-sampler TGID FREQUENCY SECONDS
 */
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As native/helper/wire.h: up to this frequency one event per CPU, above it one per thread. */
#include "../../native/helper/wire.h"

static int load_empty(void)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_PERF_EVENT,
		.insns = (uintptr_t)program,
		.insn_cnt = sizeof(program) / sizeof(program[0]),
		.license = (uintptr_t)"GPL",
	};
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(int program, pid_t tid, int cpu, unsigned long frequency)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_freq = frequency,
		.freq = 1,
		.inherit = tid >= 0,
		.exclude_idle = 1,
	};
	int event = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

static int attach_threads(int program, pid_t tgid, unsigned long frequency)
{
	char folder[64];
	snprintf(folder, sizeof(folder), "/proc/%d/task", tgid);
	DIR *tasks = opendir(folder);
	if (!tasks)
		return -errno;
	int result = 0;
	for (struct dirent *entry; !result && (entry = readdir(tasks));)
		if (entry->d_name[0] != '.')
			result = attach(program, atoi(entry->d_name), -1, frequency);
	closedir(tasks);
	return result;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: empty-sampler TGID FREQUENCY SECONDS\n");
		return 2;
	}
	unsigned long frequency = strtoul(argv[2], NULL, 10);
	int program = load_empty();
	int result = program < 0 ? -errno : 0;
	if (frequency > WIRE_PER_CPU_FREQUENCY)
		result = result ? result : attach_threads(program, atoi(argv[1]), frequency);
	else
		for (int cpu = 0; !result && cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++)
			result = attach(program, -1, cpu, frequency);
	if (result) {
		fprintf(stderr, "empty-sampler: %s\n", strerror(-result));
		return 1;
	}
	sleep((unsigned)atoi(argv[3]));
	return 0;
}
