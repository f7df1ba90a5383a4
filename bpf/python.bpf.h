/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frames of a Python program, as its interpreter (CPython 3.11 to 3.13) keeps them. They are collected before the
 * native stack is walked, in groups: the frames that one call of the interpreter's function runs. Each such call keeps
 * an object of its own on the native stack; so a group belongs to the native frame in which that lies.
 */
#ifndef EMBERSCOPE_PYTHON_BPF_H
#define EMBERSCOPE_PYTHON_BPF_H

#include "vmlinux.h"
#include "hash.bpf.h"
#include "python_code.bpf.h"
#include "python_layout.h"
#include "records.h"
#include "target.bpf.h"
#include "unwind.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* A process with more threads than this is not searched to its end. */
#define PYTHON_THREADS_MAX 256
/* Threads of other languages are not searched for again at once. */
#define PYTHON_SEARCH_AGAIN_NS 10000000ull
#define PYTHON_PLACE_MASK (PYTHON_LIST - 1)

struct python_thread {
	u64 state;    /* address of its PyThreadState; 0: it has none */
	u64 again_ns; /* when to search again, then */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64); /* tgid, tid */
	__type(value, struct python_thread);
} python_threads SEC(".maps");

/* The number of the running thread that it sees itself: of the innermost pid namespace. */
static __always_inline u32 own_number(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct upid *number;

	if (!pid)
		return 0;
	number = (void *)&pid->numbers + BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);
	return BPF_CORE_READ(number, nr);
}

static __always_inline u64 read_word(u64 address)
{
	u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)address);
	return word;
}

/* The state among those of the main interpreter that is this thread's; 0: there is none. */
__noinline int search_python_thread(void)
{
	struct walk *walk = this_walk();
	struct python *python = this_python();
	u64 state;
	u32 i;

	if (!walk || !python)
		return 0;
	state = read_word(walk->space.python_runtime + PYTHON_RUNTIME_MAIN(walk->space.python));
	if (state)
		state = read_word(state + PYTHON_INTERPRETER_THREADS(walk->space.python));
#pragma clang loop unroll(disable)
	for (i = 0; i < PYTHON_THREADS_MAX; i++) {
		if (!state || read_word(state + PYTHON_THREAD_NATIVE_ID(walk->space.python)) == python->own_number)
			break;
		state = read_word(state + PYTHON_THREAD_NEXT);
	}
	python->state = i < PYTHON_THREADS_MAX ? state : 0;
	return 0;
}

/* Leaves the thread's state in python->state; 0: it has none. */
static __always_inline void find_python_thread(const struct walk *walk, struct python *python)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 key = (u64)walk->stacks[SPACE_USER].tgid << 32 | (u32)BPF_CORE_READ(task, pid);
	struct python_thread *known = bpf_map_lookup_elem(&python_threads, &key), thread = {};

	python->own_number = own_number(task);
	python->state = known ? known->state : 0;
	if (python->state &&
	    read_word(python->state + PYTHON_THREAD_NATIVE_ID(walk->space.python)) == python->own_number)
		return;
	python->state = 0;
	thread.again_ns = bpf_ktime_get_ns();
	if (known && !known->state && thread.again_ns < known->again_ns)
		return;
	search_python_thread();
	thread.state = python->state;
	thread.again_ns += PYTHON_SEARCH_AGAIN_NS;
	bpf_map_update_elem(&python_threads, &key, &thread, BPF_ANY);
}

/* What marks the group on the native stack, if that is known yet. */
static __always_inline void begin_group(struct python *python, u64 mark)
{
	u32 at = python->length & PYTHON_PLACE_MASK;

	python->list[at] = mark;
	python->list[(at + 1) & PYTHON_PLACE_MASK] = 0;
	python->group = at;
	python->length = at + 2;
}

/* The next group begins where this one ends, unless that was the outermost frame. */
static __always_inline void end_group(struct python *python, u32 version, u64 mark)
{
	if (version == 313)
		python->list[python->group & PYTHON_PLACE_MASK] = mark;
	if (!python->frame)
		return;
	if (version != 313)
		mark = python->cframe = read_word(python->cframe + PYTHON_CFRAME_PREVIOUS(version));
	python->list[(python->group + 1) & PYTHON_PLACE_MASK] = python->length;
	begin_group(python, version == 313 ? 0 : mark);
}

/* Takes the frame at python->frame, and leaves the one that called it there; 0: there is none. */
__noinline int step_python(void)
{
	struct walk *walk = this_walk();
	struct python *python = this_python();
	u64 *raw, address;
	const u8 *bytes;
	u32 version;

	if (!walk || !python)
		return 0;
	version = walk->space.python;
	address = python->frame;
	python->frame = 0;
	raw = python->raw_frame;
	bytes = (const u8 *)raw;
	if (bpf_probe_read_user(raw, sizeof(python->raw_frame), (void *)address)) {
		walk->python_cut = 1;
		return 0;
	}
	if (version == 311) {
		python->code_address = raw[PYTHON_FRAME_CODE(311) / sizeof(u64)];
		python->frame = raw[PYTHON_FRAME_PREVIOUS(311) / sizeof(u64)];
	} else {
		python->code_address = raw[PYTHON_FRAME_CODE(312) / sizeof(u64)];
		python->frame = raw[PYTHON_FRAME_PREVIOUS(312) / sizeof(u64)];
		if (bytes[PYTHON_FRAME_OWNER] == PYTHON_OWNED_BY_CSTACK) {
			end_group(python, version, address);
			return 0;
		}
	}
	python->instruction = raw[PYTHON_FRAME_INSTRUCTION / sizeof(u64)];
	if (python->taken < settings.stack_depth && python->length < PYTHON_LIST - 4) {
		python->taken++;
		address = python_frame();
		if (address) {
			python->list[python->length & PYTHON_PLACE_MASK] = python->value;
			python->length++;
		}
	}
	if (version == 311 && bytes[PYTHON_FRAME_IS_ENTRY])
		end_group(python, version, 0);
	return 0;
}

/* Collects the frames of the Python program, if the thread runs one. */
__noinline int walk_python(void)
{
	struct walk *walk = this_walk();
	struct python *python;
	u32 version, i;
	u64 mark = 0;

	if (!walk)
		return 0;
	walk->python_group = walk->python_frame = walk->python_cut = 0;
	version = walk->space.python;
	if (!version || walk->from.narrow)
		return 0;
	python = this_python();
	if (!python)
		return 0;
	find_python_thread(walk, python);
	if (!python->state)
		return 0;
	python->frame = read_word(python->state + PYTHON_THREAD_FRAME(version));
	if (version != 313) {
		mark = python->cframe = python->frame;
		python->frame = read_word(mark + PYTHON_CFRAME_CURRENT(version));
	}
	if (!python->frame)
		return 0;
	python->length = 1;
	python->taken = 0;
	begin_group(python, mark);
#pragma clang loop unroll(disable)
	for (i = 0; i < 2 * STACK_DEPTH_MAX; i++) {
		/* Beyond what is taken, only the end of the group is of interest, where that is its mark. */
		if (!python->frame || python->length >= PYTHON_LIST - 4 ||
		    (version != 313 && python->taken >= settings.stack_depth))
			break;
		step_python();
	}
	python->list[python->length & PYTHON_PLACE_MASK] = 0;
	walk->python_group = 1;
	return 0;
}

/* The next frame of the open group, into walk->frame; 0: it has no more. */
static __always_inline int take_python_frame(struct walk *walk)
{
	struct python *python = this_python();
	u64 frame = python ? python->list[walk->python_frame & PYTHON_PLACE_MASK] : 0;

	if (!(frame & FRAME_PYTHON)) {
		walk->python_frame = 0;
		return 0;
	}
	walk->python_frame++;
	walk->frame = frame;
	return 1;
}

/* Opens the next group and takes its first frame. */
static __always_inline int open_group(struct walk *walk, const struct python *python)
{
	u32 group = walk->python_group;

	walk->python_frame = group + 2;
	walk->python_group = python->list[(group + 1) & PYTHON_PLACE_MASK];
	return take_python_frame(walk);
}

/* If the next group belongs to the native frame that lies from `low` up to `high`, its first frame is taken. */
static __always_inline int enter_python(struct walk *walk, u64 low, u64 high)
{
	struct python *python = this_python();
	u64 mark;

	if (!python)
		return 0;
	mark = python->list[walk->python_group & PYTHON_PLACE_MASK];
	if (mark >= high || mark == 0)
		return 0;
	if (mark >= low)
		return open_group(walk, python);
	/* Of a call that has returned while the interpreter had not noted it yet. */
	walk->python_group = python->list[(walk->python_group + 1) & PYTHON_PLACE_MASK];
	return 0;
}

/*
 * The native walk ended: what is left of Python's frames is still true. It lies further out, so an end that looked like
 * the outermost frame was none.
 */
static __always_inline int go_on_with_python(struct walk *walk, u64 low)
{
	struct python *python;

	if (!walk->python_group)
		return 0;
	python = this_python();
	if (!python || python->list[walk->python_group & PYTHON_PLACE_MASK] < low)
		return 0;
	if (walk->end == END_OUTERMOST)
		walk->end = END_BAD_FRAME;
	return open_group(walk, python);
}

#endif
