/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes of a session: what the engine asked for (probes.c, probe_request.c), how it is brought into the kernel
 * (probe_program.c and probe_attach*.c), and what comes of it at every drain (probe_drain.c, probe_send.c).
 */
#ifndef EMBERSCOPE_PROBES_H
#define EMBERSCOPE_PROBES_H

#include <stdbool.h>

#include "frames.h"
#include "kernel_records.h"
#include "modules.h"
#include "object_symbols.h"
#include "sampler.h"

#include "../../bpf/probe_records.h"

struct bpf_object;
struct bpf_program;
struct ring_buffer;
struct session;

/* The columns of the wire are those of the record, in its order. */
_Static_assert(offsetof(struct probe_event, arguments) == WIRE_COLUMN_ARGUMENT_1 * sizeof(u64) &&
		       offsetof(struct probe_event, probe) == WIRE_COLUMN_PROBE * sizeof(u64) &&
		       offsetof(struct probe_event, text) ==
			       WIRE_COLUMN_PROBE * sizeof(u64) + (WIRE_COLUMN_TEXT_LENGTH - WIRE_COLUMN_PROBE) * sizeof(u32) &&
		       PROBE_TEXT == WIRE_EVENT_TEXT_SIZE,
	       "probe_records.h and wire_probes.h");
_Static_assert(PROBE_BY_THREAD == WIRE_PROBE_BY_THREAD && PROBE_BY_STACK == WIRE_PROBE_BY_STACK &&
		       PROBE_EVENTS == WIRE_PROBE_EVENTS && PROBE_EVENT_STACKS == WIRE_PROBE_EVENT_STACKS &&
		       PROBE_SYSCALL == WIRE_PROBE_SYSCALL && PROBE_TEXT_OF_KERNEL == WIRE_PROBE_TEXT_OF_KERNEL,
	       "probe_records.h and wire_probes.h");
_Static_assert(MEASURE_COUNT == WIRE_MEASURE_COUNT && MEASURE_LATENCY == WIRE_MEASURE_LATENCY &&
		       MEASURE_ARGUMENT == WIRE_MEASURE_ARGUMENT && MEASURE_RETURN == WIRE_MEASURE_RETURN &&
		       TEST_EQUAL == WIRE_TEST_EQUAL && TEST_OTHER == WIRE_TEST_OTHER &&
		       TEST_ABOVE == WIRE_TEST_ABOVE && TEST_BELOW == WIRE_TEST_BELOW &&
		       WIDTH_SIGNED == WIRE_WIDTH_SIGNED && PROBE_ARGUMENTS == WIRE_PROBE_ARGUMENTS,
	       "probe_records.h and wire_probes.h");
_Static_assert(HIT_RETURN == WIRE_HIT_RETURN && HIT_IRQS_KNOWN == WIRE_HIT_IRQS_KNOWN &&
		       HIT_IRQS_OFF == WIRE_HIT_IRQS_OFF && HIT_PREEMPT_KNOWN == WIRE_HIT_PREEMPT_KNOWN,
	       "probe_records.h and wire_probes.h");

/* For probe_attach*.c: the programs of an object that a probe is made of. */
enum { PROGRAM_ENTER, PROGRAM_LEAVE, PROGRAM_OTHER, PROGRAM_COUNT };

/* A program at all places of a file. */
struct probe_hook {
	struct object_place *places;
	size_t count;
	int program_fd;
	bool leaves;
};

/* A process that is hit. */
struct probe_process {
	u32 tgid;
	int link_fds[PROGRAM_COUNT]; /* -1: none */
};

/* Of one probe, at the same time. */
#define PROBE_PROCESSES_MAX 64

struct probe {
	struct wire_probe request;
	char *text;	    /* of the names, each ended by a zero byte */
	const char **names; /* in it */
	u32 name_count;
	struct probe_settings settings;
	enum wire_mechanism mechanism;
	u32 functions; /* attached */
	bool ending;   /* unhooked: what it left is sent with the next drain, and then `reason` */
	bool drained;  /* that is this one */
	enum wire_probe_reason reason;
	s64 reason_value;

	struct bpf_object *object;
	int program_fds[PROGRAM_COUNT];
	u32 program_count;
	int figures_fd, cells_fd, groups_fds[2];
	int *link_fds; /* closing them ends the probe */
	size_t link_count, link_capacity;
	/* Where the kernel can: only these processes are hit, and their children once they are known. */
	bool scoped;
	int file_fd; /* 0: none */
	struct probe_hook hooks[PROGRAM_COUNT];
	u32 hook_count;
	struct probe_process processes[PROBE_PROCESSES_MAX];
	u32 process_count;
	char told[256]; /* with ATTACHED: what the arguments of a tracepoint are called */

	struct probe_figures figures; /* as they were read last */
	struct probe_cell *sent;      /* of PROBE_CELLS: what the engine was told */
	u64 sent_count;		      /* likewise: how many values that are */
	u64 lost, dropped;	      /* by the helper itself */
	/* Attaching and taking away take some 30 ms, in which a return may come without its entry: of `missed` that is not. */
	u64 missed_before, missed_at_end;
	int cpus;
	u64 bpf_ns, trap_ns; /* of its programs, by the runs that timed themselves; what a hit costs beside, 0: not known */
	u64 second_from_ns, bpf_ns_then, hits_then;
	u32 permille;
};

/* A value of the groups that were drained. */
struct probe_value {
	struct probe *probe;
	struct probe_group key;
	struct probe_cell cell;
};

struct probes {
	struct object_file function_object, ready_object;
	struct probe *list[WIRE_MAX_PROBES]; /* NULL: free */
	u32 count;
	u32 last_number;
	int events_fd; /* 0: there is no probe yet */
	u64 ended_ns;  /* that the programs of those ran which are gone */
	struct ring_buffer *ring;
	/* What this drain brought. */
	struct probe_value *values;
	size_t value_count, value_capacity;
	struct probe_event *events;
	size_t event_count, event_capacity;
};

/* Why a probe is not, or no longer, there. */
struct probe_refusal {
	enum wire_probe_reason reason;
	s64 value;
	char text[192];
};

/* Fills `ret` and returns -1. */
int refuse_probe(struct probe_refusal *ret, enum wire_probe_reason reason, s64 value, const char *text);

/* probes.c: PROBE, DETACH and ASK. 0, or -1 with the failure filled in: no engine sends that. */
int probes_take(struct session *session, const struct frame *frame, struct failure *ret);
/* No more hits from now on; what there were is still to be drained. */
void probes_quiesce(struct probes *probes);
/* Those that ended, now that what they left was sent. */
void probes_bury(struct session *session);
struct probe *probes_find(const struct probes *probes, u32 number);
void probe_end(struct probe *probe, enum wire_probe_reason reason, s64 value);
void probes_close(struct probes *probes);

/* probe_request.c: -EBADMSG: no engine sends that. Otherwise the probe, or NULL with the refusal filled in. */
int probe_request_read(const struct frame *frame, struct probe **ret, struct probe_refusal *ret_refusal);
void probe_free(struct probe *probe);

/* probe_operands.c: the arguments of a static probe, by the words of its note. */
void probe_read_operands(const char *text, struct probe_operand ret[PROBE_ARGUMENTS]);

/* probe_program.c: loads and attaches. 0, or -1 with the refusal filled in; the probe can be closed either way. */
int probe_attach(struct probe *probe, struct session *session, struct probe_refusal *ret);
void probe_unhook(struct probe *probe);
void probe_close(struct probe *probe);

/* Loads the object with the programs named, as they are to be attached. */
struct probe_programs {
	const char *names[PROGRAM_COUNT]; /* NULL: none */
	int fds[PROGRAM_COUNT];		  /* filled in; -1: none */
	u32 attach_type;		  /* of uprobe_multi and kprobe.multi, else 0 */
	const char *attach_to;		  /* fentry and fexit: the function */
};
/* The form of a program that is enough: one that only counts, one that knows what a hit is, one that can walk as well. */
const char *probe_form(const struct probe *probe, const char *counts, const char *hits, const char *walks);
/* Nothing is asked but how often it is hit. */
bool probe_counts_alone(const struct probe *probe);
int probe_load(struct probe *probe, struct session *session, struct probe_programs *programs, struct probe_refusal *ret);
/* Keeps the descriptor, or closes it and returns -ENOMEM. */
int probe_keep_link(struct probe *probe, int fd);
/* Attaches to a perf event, with the number of the function where the kernel can tell it. 0 or -errno. */
int probe_keep_event(struct probe *probe, int event_fd, int program_fd, u32 function);
/* Of an errno with which the kernel refused. Returns -1. */
int probe_refuse_errno(struct probe_refusal *ret, int code);

int probe_attach_user(struct probe *probe, struct session *session, struct probe_refusal *ret);
int probe_attach_kernel(struct probe *probe, struct session *session, struct probe_refusal *ret);
int probe_attach_ready(struct probe *probe, struct session *session, struct probe_refusal *ret);
/* probe_attach_user.c. The mechanism; the module's file; all places of it. 0 (or the descriptor), or -1 as above. */
int probe_choose_uprobes(struct probe *probe, struct probe_refusal *ret);
int probe_open_module(const struct session *session, u32 module, struct probe_refusal *ret);
/* Of an errno with which the kernel refused a link. Returns -1. */
int probe_refuse_link(const struct probe *probe, int r, struct probe_refusal *ret);
int probe_link_places(struct probe *probe, int fd, const struct object_places *places, int program_fd, bool leaves,
		      struct probe_refusal *ret);
/* probe_scope.c: whether only targets are to be hit. */
bool probe_can_be_scoped(const struct session *session);
/* Keeps what is to be linked, in this order. 0 or -ENOMEM. */
int probe_keep_hook(struct probe *probe, int fd, const struct object_places *places, int program_fd, bool leaves);
/* Links it for processes that are new. 0, or the first -errno. */
int probe_follow(struct probe *probe, const struct session *session);
void probes_follow(struct session *session);
/* Ends that, too: nothing is hit any more. */
void probe_forsake(struct probe *probe);
/* probe_attach_user.c: by uprobe_multi, of one process or (0) all. A descriptor or -errno. */
int probe_link_multi(int fd, const struct object_place *places, size_t count, int program_fd, bool leaves, u32 tgid);
/* probe_attach_kernel.c: by kprobe or kprobe.multi, as its mechanism says. 0 or -errno. */
int probe_link_address(struct probe *probe, u64 address, int program_fd, bool leaves);
/* probe_cost.c: ns that a hit costs beside its program; 0: not known. Some ms, once for each mechanism. */
u64 probe_trap_cost(const struct probe *probe);
int probe_attach_tracepoint(struct probe *probe, struct session *session, struct probe_refusal *ret);

/* probe_drain.c: what the programs kept since the flip before; before processes are announced. */
int probes_drain(struct probes *probes, struct sampler *sampler);
/* The figures as they are now, and then the cells, of all CPUs together. 0 or -errno. */
int probe_read_figures(const struct probe *probe, int cpus, struct probe_figures *ret);
int probe_read_cells(const struct probe *probe, int cpus, struct probe_cell *ret);
/* Hits that the kernel kept from a program which already ran. */
u64 probe_recursions(const struct probe *probe);

/* probe_send.c: after the stacks of the drain. */
void probes_send(struct session *session);
/* ns that the programs of all probes ran, as far as they were drained. */
u64 probes_run_time(const struct probes *probes);
/* probe_send_events.c: those of the drain. */
void probes_send_events(struct session *session);
/* Whether the engine knows who it is of. */
bool probe_owner_is_known(struct session *session, u32 tgid, u32 tid);

#endif
