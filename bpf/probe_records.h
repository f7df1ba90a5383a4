/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the helper tells a probe's programs, and what they keep for it. Compiled by both, as records.h is. The values of
 * flags, measures and tests are those of native/helper/wire_probes.h.
 */
#ifndef EMBERSCOPE_PROBE_RECORDS_H
#define EMBERSCOPE_PROBE_RECORDS_H

#define PROBE_ARGUMENTS 6
/* The return value, where an argument's number stands. */
#define PROBE_RETURN 7
#define PROBE_TEXT 64
/* Calls of a thread within one another that are kept. */
#define PROBE_CALLS 8

#define PROBE_BY_THREAD 2
#define PROBE_BY_STACK 4
#define PROBE_EVENTS 8
#define PROBE_EVENT_STACKS 16
#define PROBE_SYSCALL 32
#define PROBE_TEXT_OF_KERNEL 64

#define MEASURE_COUNT 0
#define MEASURE_LATENCY 1
#define MEASURE_ARGUMENT 2
#define MEASURE_RETURN 3

#define TEST_EQUAL 1
#define TEST_OTHER 2
#define TEST_ABOVE 3
#define TEST_BELOW 4

#define WIDTH_SIGNED 0x80

/* Of a tracepoint's record. */
struct probe_field {
	u16 offset;
	u16 width; /* bytes, and WIDTH_SIGNED; 0: it is no number */
};

/* Where an argument of a static probe is. Registers by their place among those that a program is given. */
struct probe_operand {
	s64 offset; /* or the constant */
	u16 kind;
	u16 width; /* bytes, and WIDTH_SIGNED */
	u16 place;
	u16 index; /* of memory, beside it, times `scale` */
	u16 scale; /* 0: there is none */
	u16 zero[3];
};
#define OPERAND_NONE 0
#define OPERAND_CONSTANT 1
#define OPERAND_REGISTER 2
#define OPERAND_MEMORY 3

/* Choices made before the program is loaded, one probe each. */
struct probe_settings {
	u64 filter_value;
	u64 least_ns;
	u64 cgroup; /* of version 2: its number; 0: any */
	u32 probe;
	u32 flags;
	u32 measure;
	u32 argument;
	u32 filter_argument; /* PROBE_RETURN: the return value; 0: none */
	u32 filter_test;
	u32 text_argument;
	u32 most_events; /* a second */
	u32 at_return;	 /* what is measured is measured at the return; else at the entry */
	u32 event_at_return;
	u32 of_program;	    /* the function is a program's: a call is known by its stack pointer */
	u32 has_cookie;	    /* the kernel tells which of the functions it is */
	u32 preemptible;    /* another program of this probe may run on the same CPU before this one has ended */
	u32 argument_count; /* that the context has: fentry, raw tracepoints */
	u32 has_value;	    /* likewise: the function returns something */
	u32 text_is_inside; /* of a tracepoint: the text lies in the record itself */
	u8 widths[8];	    /* bytes, and WIDTH_SIGNED; 0: 8. The last but one: of the return value */
	struct probe_field fields[PROBE_ARGUMENTS];
	struct probe_operand operands[PROBE_ARGUMENTS];
};

/* Per CPU; only ever added to. */
struct probe_figures {
	u64 calls;
	u64 measured;
	u64 filtered;
	u64 missed;
	u64 recursed;
	u64 dropped;
	u64 above_rate; /* of them: beyond most_events */
	u64 lost;
	u64 foreign; /* hits that are no calls: of others than targets */
	u64 runs;    /* of its programs */
	u64 timed_runs, timed_ns; /* of them: those that timed themselves */
	u64 next_timed;		  /* the number of a run; of one CPU alone it says something */
};

struct probe_cell {
	u64 count;
	s64 sum;
};

/* Of values from 0, and then as many of negative ones by their magnitude: wire_probes.h says what a bucket is. */
#define PROBE_BUCKETS 496
#define PROBE_CELLS (2 * PROBE_BUCKETS)

/* Per CPU; only ever added to. */
struct probe_cells {
	struct probe_cell of[PROBE_CELLS];
};

/* Where values are told apart by more than their bucket. Counted as struct probe_cell. */
struct probe_group {
	u64 user_stack;
	u64 kernel_stack;
	u64 group;
	u32 tgid; /* 0: threads are not told apart */
	u32 tid;
	u32 cell;
	u32 zero;
};

#define HIT_RETURN 1
#define HIT_IRQS_KNOWN 2
#define HIT_IRQS_OFF 4
#define HIT_PREEMPT_KNOWN 32

/* Without `text` where the probe asks for none. */
struct probe_event {
	u64 time_ns;
	u64 duration_ns;
	u64 user_stack;
	u64 kernel_stack;
	s64 value;
	u64 arguments[PROBE_ARGUMENTS];
	u32 probe;
	u32 function;
	u32 tgid;
	u32 tid;
	u32 cpu;
	u32 flags;
	char text[PROBE_TEXT];
};

#endif
