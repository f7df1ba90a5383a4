/* SPDX-License-Identifier: Apache-2.0 */
/* The ready questions: which programs of bpf/ready.bpf.c answer each, and where they are attached. */
#ifndef EMBERSCOPE_PROBE_READY_H
#define EMBERSCOPE_PROBE_READY_H

#include "probes.h"

#define READY_CALLS_MAX PROBE_ARGUMENTS

struct ready_question {
	const char *name;
	u32 measure; /* MEASURE_ARGUMENT: a number, or bytes */
	/* Raw tracepoints, each with its program; the last of them has a form that walks. */
	const char *tracepoints[PROGRAM_COUNT], *programs[PROGRAM_COUNT];
	const char *with_stacks;
	long calls[READY_CALLS_MAX]; /* of the kernel, plus one */
	bool by_call;		     /* these are told apart */
	/* Where the last of the tracepoints is not there: what is attached in its place, by the first of two names. */
	const char *older_programs[PROGRAM_COUNT], *functions[2];
	u32 looks_a_second; /* a program that is fired on each CPU, and by nothing else */
};

/* probe_ready_questions.c. NULL: there is none of this name. */
const struct ready_question *ready_question_find(const char *name);
/* probe_attach_allocators.c: "allocations". 0, or -1 with the refusal filled in. */
int probe_attach_allocators(struct probe *probe, struct session *session, struct probe_refusal *ret);

#endif
