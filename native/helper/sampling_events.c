/* SPDX-License-Identifier: Apache-2.0 */
/* The perf events that fire the sampling program: one per CPU, or inherited ones of threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sampler.h"

static int perf_event_open(struct perf_event_attr *attr, pid_t tid, int cpu)
{
	return (int)syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

bool sampler_has_cycles(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.sample_freq = 99,
		.freq = 1,
		.disabled = 1,
	};
	int fd = perf_event_open(&attr, 0, -1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int refuse_event(int code, struct failure *ret)
{
	switch (code) {
	case EPERM:
	case EACCES:
		return fail(ret, WIRE_ERROR_NOT_PERMITTED, code,
			    "the kernel does not let the helper open a perf event");
	case EMFILE:
	case ENFILE:
		return fail(ret, WIRE_ERROR_DESCRIPTORS, (int64_t)sysconf(_SC_OPEN_MAX),
			    "one is needed for every event");
	case ENOMEM:
		return fail(ret, WIRE_ERROR_MEMORY, code, "no memory for perf events");
	default:
		return fail(ret, WIRE_ERROR_PERF_EVENT, code, "%s", strerror(code));
	}
}

static int keep_event(struct sampler *sampler, int fd)
{
	if (sampler->event_count == sampler->event_capacity) {
		size_t capacity = sampler->event_capacity ? sampler->event_capacity * 2 : 64;
		int *grown = realloc(sampler->event_fds, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		sampler->event_fds = grown;
		sampler->event_capacity = capacity;
	}
	sampler->event_fds[sampler->event_count++] = fd;
	return 0;
}

static int open_event(struct sampler *sampler, pid_t tid, int cpu, struct failure *ret)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		/* A fixed period: the kernel would make the same of a frequency, but only below a limit
		 * that it lowers by itself. */
		.sample_period = 1000000000u / sampler->start.frequency,
		.disabled = 1,
		.inherit = cpu < 0,
		.exclude_idle = 1,
	};
	int fd, r;

	if (sampler->start.event == WIRE_EVENT_CYCLES) {
		attr.type = PERF_TYPE_HARDWARE;
		attr.config = PERF_COUNT_HW_CPU_CYCLES;
		attr.freq = 1;
		attr.sample_freq = sampler->start.frequency;
	}
	fd = perf_event_open(&attr, tid, cpu);
	if (fd < 0 && errno == ESRCH && tid > 0)
		return 1;
	if (fd < 0)
		return refuse_event(errno, ret);
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, sampler->sample_fd) < 0) {
		r = errno;
		close(fd);
		return refuse_event(r, ret);
	}
	if (keep_event(sampler, fd) < 0) {
		close(fd);
		return refuse_event(ENOMEM, ret);
	}
	return 0;
}

int sampler_open_cpus(struct sampler *sampler, const int *cpus, int cpu_count, struct failure *ret)
{
	for (int i = 0; i < cpu_count; i++) {
		if (open_event(sampler, -1, cpus[i], ret) < 0)
			return -1;
	}
	return 0;
}

int sampler_open_thread(struct sampler *sampler, u32 tid, struct failure *ret)
{
	return open_event(sampler, (pid_t)tid, -1, ret);
}

int sampler_enable(struct sampler *sampler, struct failure *ret)
{
	for (size_t i = 0; i < sampler->event_count; i++) {
		if (ioctl(sampler->event_fds[i], PERF_EVENT_IOC_ENABLE, 0) < 0)
			return refuse_event(errno, ret);
	}
	return 0;
}

void sampler_disable(struct sampler *sampler)
{
	/* Closing detaches the program, from inherited events too. */
	for (size_t i = 0; i < sampler->event_count; i++)
		close(sampler->event_fds[i]);
	sampler->event_count = 0;
}
