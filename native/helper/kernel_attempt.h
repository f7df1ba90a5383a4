/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching a probe to functions of the kernel: what its mechanisms share. */
#ifndef EMBERSCOPE_KERNEL_ATTEMPT_H
#define EMBERSCOPE_KERNEL_ATTEMPT_H

#include "kernel_functions.h"
#include "session.h"

struct kernel_attempt {
	struct probe *probe;
	struct session *session;
	struct kernel_places places;
	struct probe_programs programs;
	u32 links; /* of kprobe.multi, tried */
};

/* Whether it asks about the end of calls, too. */
static inline bool probe_returns(const struct probe *probe)
{
	return probe->settings.at_return || probe->settings.event_at_return;
}

/* probe_attach_typed.c: its one function, by fentry. 0, or -1 with the refusal filled in. */
int kernel_attach_typed(struct kernel_attempt *attempt, struct probe_refusal *ret);
/* probe_attach_multi.c: all that can be, by kprobe.multi. 0, or -1 with the refusal filled in. */
int kernel_attach_multi(struct kernel_attempt *attempt, struct probe_refusal *ret);
/* A link, or -errno. */
int kernel_link_multi(int program_fd, const u64 *addresses, const u64 *cookies, size_t count, bool leaves);

#endif
