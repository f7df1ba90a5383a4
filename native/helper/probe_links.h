/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's ways to probe are called, where the build machine's headers may not have them yet. */
#ifndef EMBERSCOPE_PROBE_LINKS_H
#define EMBERSCOPE_PROBE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

/* BPF_TRACE_KPROBE_MULTI (5.18) and BPF_TRACE_UPROBE_MULTI (6.6). */
#define TRACE_KPROBE_MULTI 42
#define TRACE_UPROBE_MULTI 48
#define MULTI_RETURN 1u

/* What BPF_LINK_CREATE takes for them. */
struct link_create_multi {
	uint32_t program_fd, target_fd, attach_type, flags;
	union {
		struct {
			uint32_t flags, count;
			uint64_t names, addresses, cookies;
		} kprobe;
		struct {
			uint64_t path, offsets, semaphores, cookies;
			uint32_t count, flags, tgid, zero;
		} uprobe;
	};
};

/* privileges_capabilities.c: whether programs can be probed without perf events, which ask for CAP_SYS_ADMIN. */
bool probe_has_uprobe_multi(void);
/* probe_kernel.c: the kernel tells a program which of several functions was hit (5.15). */
bool probe_has_cookies(void);
/* A small file of sysfs or procfs that is a number. -1: there is none. */
long probe_read_number(const char *path);
/* So "config:N". */
long probe_read_bit(const char *path);

#endif
