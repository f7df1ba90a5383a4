/* SPDX-License-Identifier: Apache-2.0 */
/* One session: hello, START, drains until something ends it, END. One thread, one poll loop. */
#ifndef EMBERSCOPE_SESSION_H
#define EMBERSCOPE_SESSION_H

#include "capabilities.h"
#include "cpu_time.h"
#include "off_cpu.h"
#include "kernel_lists.h"
#include "privileges.h"
#include "probes.h"
#include "processes.h"
#include "sampler.h"
#include "sideband.h"
#include "stack_set.h"
#include "unwind_tables.h"

/* What woke the session (epoll's data). */
#define WAKE_DRAIN 0u
#define WAKE_LOOK 1u

#define SESSION_CAUSES (WIRE_LOSS_UNTOLD_ENDS + 1)

struct session {
	struct privileges privileges;
	struct object_file object, off_cpu_object;
	struct send_queue queue;
	struct frame_reader reader;
	u32 features;
	int *cpus;
	int cpu_count;

	bool preparing; /* after START, until the first tables are there */
	bool running;	/* sampling */
	struct wire_start start;
	struct sampler sampler;
	struct probes probes;
	struct kernel_lists lists;
	struct sideband sideband;
	struct processes processes;
	struct address_spaces spaces;
	struct unwind_tables tables;
	struct cpu_time cpu_time;
	struct stack_set sent_stacks;
	struct stack_set sent_codes; /* of Python */
	int wake_fd; /* epoll: a ring fills up, or something was mapped */

	struct wire_ledger ledger;
	u64 losses[SESSION_CAUSES];		/* not yet sent */
	u64 sideband_lost, short_lived, missed; /* counted so far */
	u64 heard_ns;
	u64 next_drain_ns;
	u64 next_look_ns;    /* at the sideband, between drains; 0: nothing came */
	u64 looked_ns;	     /* when that, or a drain, was last */
	u64 prepare_until_ns;
	u64 next_throttle_check_ns;
	u64 all_exited_ns; /* 0: a target lives */
	bool throttled;
	/* Of each kind, once somebody asked; of kind 0 before. */
	struct wire_capability capabilities[CAPABILITY_KINDS];
};

/* Runs the whole session. Returns the exit status. */
int session_run(struct session *session);

/* session_frames.c */
void session_send_hello(struct session *session);
/* Returns false when the session is over. */
bool session_take_frame(struct session *session, const struct frame *frame);
/* session_end.c: what was sampled up to now goes out before REFUSED (where there is a failure) and END. */
void session_end(struct session *session, const struct failure *failure, enum wire_end_reason reason);
/* session_start.c: everything up to the first tables. 0, or -1 with the failure filled in and the reason for END. */
int session_start(struct session *session, const struct frame *frame, struct failure *ret,
		  enum wire_end_reason *reason);
/* What happened while /proc was read. An exec that began before the tracepoints and ends now is waited for. */
void session_settle(struct session *session);
/* session_begin.c: samples from now on. 0, or -1 with the failure filled in. */
int session_begin(struct session *session, struct failure *ret);
/* session_tables.c: what the engine sends about modules. 0, or -1 with the failure filled in. */
int session_take_tables(struct session *session, const struct frame *frame, struct failure *ret);
/* session_answers.c: what ASK asks for. 0, or -1 with the failure filled in. */
int session_answer(struct session *session, const struct frame *frame, struct failure *ret);
/* session_drain.c: what happened since, so that walks in the kernel know of it before the next drain. */
void session_look(struct session *session);
/* session_stacks.c: those that are new since the last drain. */
void session_send_stacks(struct session *session);
/* Whether the engine has it; if not, its frames are to be sent again. */
bool session_knows_stack(struct session *session, u64 hash);
/* session_waits.c: those of this drain, after their stacks. */
void session_send_waits(struct session *session);
/* Waits from now on, those of threads that sleep already among them. 0, or -1 with the failure filled in. */
int session_begin_waits(struct session *session, struct failure *ret);
/* 0 or -errno. */
int session_drain(struct session *session, bool last);
/* Ends sampling; what was sampled is still to be drained, from both buffers. */
void session_quiesce(struct session *session);

#endif
