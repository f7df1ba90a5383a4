/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a frame to its caller. The two halves, find_row() and step(), are global functions without arguments, so that
 * the verifier looks at each once and not once for every frame; what they work on lies in struct walk.
 */
#ifndef EMBERSCOPE_UNWIND_BPF_H
#define EMBERSCOPE_UNWIND_BPF_H

#include "vmlinux.h"
#include "hash.bpf.h"
#include "records.h"
#include "registers.bpf.h"
#include "target.bpf.h"
#include "unwind_rows.bpf.h"
#include <bpf/bpf_helpers.h>

#ifndef WALKS_ARE_KNOWN
#define WALKS_ARE_KNOWN 0
#endif

static __always_inline void do_not_remember(struct walk *walk)
{
	if (WALKS_ARE_KNOWN)
		walk->reads.repeatable = 0;
}

/* One word of the stack was read, or with READ_TWO two; `second` is 0 else. */
static __always_inline void note_read(struct walk *walk, u64 at, u32 two, u64 first, u64 second)
{
	u64 place = at - walk->reads.from.sp;
	u32 i = walk->reads.count;

	if (!WALKS_ARE_KNOWN)
		return;
	if (i >= WALK_READS || (place & 0xffffffff00000007ull)) {
		walk->reads.repeatable = 0;
		return;
	}
	walk->reads.places[i & (WALK_READS - 1)] = (u32)place | two;
	walk->reads.count = i + 1;
	walk->reads.hash = hash_step(hash_step(walk->reads.hash, first), second);
}

/* The caller's frame pointer and the return address, as a callee saved them at `fp`. 0: read. */
static __always_inline long read_frame(u64 fp, bool narrow, u64 frame[2])
{
	u32 words[2];
	long error;

	if (!narrow)
		return bpf_probe_read_user(frame, 2 * sizeof(u64), (void *)fp);
	error = bpf_probe_read_user(words, sizeof(words), (void *)fp);
	if (!error) {
		frame[0] = words[0];
		frame[1] = words[1];
	}
	return error;
}

/* Python's perf trampoline, whose return address is followed by: add $8, %rsp; ret. It keeps no frame pointer. */
static __always_inline bool is_python_trampoline(u64 ip)
{
	u8 code[5] = {};

	if (bpf_probe_read_user(code, sizeof(code), (void *)ip))
		return false;
	return code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xc4 && code[3] == 8 && code[4] == 0xc3;
}

/* Along the chain of saved frame pointers. One of 0 is the outermost frame's by the ABI. Returns an end. */
static __always_inline u32 step_by_frame_pointer(struct walk *walk)
{
	struct user_registers *from = &walk->from;
	const bool narrow = from->narrow;
	u64 fp = from->fp, frame[2];

	if (fp == 0)
		return END_OUTERMOST;
	if (fp < from->sp || (fp & (narrow ? 3 : 7)))
		return END_BAD_FRAME;
	if (read_frame(fp, narrow, frame))
		return END_READ_FAULT;
	note_read(walk, fp, READ_TWO, frame[0], frame[1]);
	if (frame[1] == 0)
		return END_OUTERMOST;
	from->ip = frame[1];
	from->fp = frame[0];
	from->sp = fp + (narrow ? sizeof(frame) / 2 : sizeof(frame));
	return END_NOT_YET;
}

/* To the frame that a signal interrupted: struct sigcontext keeps rbp, rbx, rdx, rax, rcx, rsp, rip in this order. */
static __always_inline u32 step_over_signal(struct walk *walk)
{
	struct user_registers *from = &walk->from;
	u64 saved = from->sp + 8 * (s64)walk->row.cfa, registers[7];

	if (bpf_probe_read_user(registers, sizeof(registers), (void *)(saved - 40)))
		return END_READ_FAULT;
	do_not_remember(walk);
	from->fp = registers[0];
	from->sp = registers[5];
	from->ip = registers[6];
	walk->exact = 1;
	return END_NOT_YET;
}

/* The caller's registers, given the CFA. */
static __always_inline u32 step_to(struct walk *walk, u64 cfa)
{
	struct user_registers *from = &walk->from;
	u64 saved[2]; /* frame pointer and return address, which mostly lie side by side */
	u64 fp = from->fp;

	/* Outwards, or never to an end. */
	if (cfa <= from->sp)
		return END_BAD_FRAME;
	if (walk->row.fp == -2 && walk->row.rule != UNWIND_PLT) {
		if (bpf_probe_read_user(saved, sizeof(saved), (void *)(cfa - sizeof(saved))))
			return END_READ_FAULT;
		note_read(walk, cfa - sizeof(saved), READ_TWO, saved[0], saved[1]);
		from->fp = saved[0];
	} else {
		if (bpf_probe_read_user(&saved[1], sizeof(u64), (void *)(cfa - sizeof(u64))))
			return END_READ_FAULT;
		note_read(walk, cfa - sizeof(u64), 0, saved[1], 0);
		if (walk->row.fp != 0 && walk->row.rule != UNWIND_PLT) {
			u64 place = walk->row.fp == UNWIND_FP_AT_FP ? fp : cfa + 8 * (s64)walk->row.fp;

			if (bpf_probe_read_user(&from->fp, sizeof(u64), (void *)place))
				return END_READ_FAULT;
			note_read(walk, place, 0, from->fp, 0);
		}
	}
	if (saved[1] == 0)
		return END_OUTERMOST;
	from->ip = saved[1];
	from->sp = cfa;
	walk->exact = 0;
	return END_NOT_YET;
}

static __always_inline u32 step_by_row(struct walk *walk)
{
	struct user_registers *from = &walk->from;
	u64 at, cfa;

	switch (walk->row.rule) {
	case UNWIND_SP:
		return step_to(walk, from->sp + 8 * (s64)walk->row.cfa);
	case UNWIND_FP:
		return step_to(walk, from->fp + 8 * (s64)walk->row.cfa);
	case UNWIND_PLT:
		return step_to(walk, from->sp + 8 * (s64)walk->row.cfa + ((from->ip & 15) >= (u8)walk->row.fp ? 8 : 0));
	case UNWIND_SP_DEREF:
	case UNWIND_SP_DEREF_8:
		at = from->sp + 8 * (s64)walk->row.cfa;
		if (bpf_probe_read_user(&cfa, sizeof(cfa), (void *)at))
			return END_READ_FAULT;
		note_read(walk, at, 0, cfa, 0);
		return step_to(walk, cfa + (walk->row.rule == UNWIND_SP_DEREF_8 ? 8 : 0));
	case UNWIND_FP_DEREF:
	case UNWIND_FP_DEREF_8:
		at = from->fp + 8 * (s64)walk->row.cfa;
		if (bpf_probe_read_user(&cfa, sizeof(cfa), (void *)at))
			return END_READ_FAULT;
		note_read(walk, at, 0, cfa, 0);
		return step_to(walk, cfa + (walk->row.rule == UNWIND_FP_DEREF_8 ? 8 : 0));
	case UNWIND_SIGNAL:
		return step_over_signal(walk);
	default:
		return END_NO_ROW;
	}
}

/* From the frame to its caller, or to the end of the walk in walk->end. */
__noinline int step(void)
{
	struct walk *walk = this_walk();

	if (!walk)
		return 0;
	if (walk->row.rule != BY_FRAME_POINTER) {
		walk->end = step_by_row(walk);
	} else if (settings.tables && !walk->from.narrow && !walk->exact && is_python_trampoline(walk->from.ip)) {
		do_not_remember(walk);
		walk->row.rule = UNWIND_SP;
		walk->row.fp = 0;
		walk->end = step_to(walk, walk->from.sp + 16);
	} else {
		/* What the code is was asked, too. */
		if (settings.tables && !walk->exact)
			do_not_remember(walk);
		walk->end = step_by_frame_pointer(walk);
		walk->exact = 0;
		if (walk->guessed && walk->end != END_NOT_YET)
			walk->end = END_NO_ROW;
	}
	if (walk->end == END_NOT_YET && (s64)walk->from.ip < 0)
		walk->end = END_BAD_FRAME;
	return 0;
}

#endif
