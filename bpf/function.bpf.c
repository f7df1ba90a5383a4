/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long does a function take, how often is it called, with what? One object is loaded for each probe, with the
 * programs of its mechanism only; what its settings rule out is not there once the kernel has verified it.
 */
#include "vmlinux.h"
#include "hit.bpf.h"
#include "probe.bpf.h"
#include "registers.bpf.h"
#include <bpf/bpf_helpers.h>

/* Of a program: it ran with interrupts, and nothing kept it from being preempted. */
static __always_inline u16 flags_of(const struct event_registers *regs)
{
	if (probe.of_program)
		return HIT_IRQS_KNOWN | HIT_PREEMPT_KNOWN;
	return HIT_IRQS_KNOWN | (event_irqs_are_off(regs) ? HIT_IRQS_OFF : 0);
}

static __always_inline int enter_by_registers(struct event_registers *regs, bool stacks)
{
	struct hit hit = { .sp = event_sp(regs) };

	if (wants_arguments()) {
		read_arguments(regs, hit.arguments);
		if (probe.flags & PROBE_SYSCALL)
			read_syscall_arguments(hit.arguments[0], hit.arguments);
		hit.flags = flags_of(regs);
	}
	return begin(regs, probe.of_program ? regs : NULL, &hit, stacks);
}

/* Probes by kprobe, kprobe.multi, uprobe and uprobe.multi. */
SEC("kprobe")
int count_function(void)
{
	return count();
}

SEC("kprobe")
PROGRAM(enter_function, struct event_registers, regs)
{
	return enter_by_registers(regs, false);
}

SEC("kprobe")
PROGRAM(enter_with_stacks, struct event_registers, regs)
{
	return enter_by_registers(regs, true);
}

SEC("kprobe")
PROGRAM(leave_function, struct event_registers, regs)
{
	struct hit hit = {
		.sp = sp_of_entry(event_sp(regs)),
		.value = event_return(regs),
		.flags = flags_of(regs),
	};

	return end(regs, &hit);
}

static __always_inline u64 read_register(const struct event_registers *regs, u32 place)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const void *)regs + place * sizeof(u64));
	return value;
}

static __always_inline int hit_static(struct event_registers *regs, bool stacks)
{
	struct hit hit = { .sp = event_sp(regs) };

#pragma unroll
	for (u32 i = 0; i < PROBE_ARGUMENTS; i++) {
		const u32 kind = probe.operands[i].kind, width = probe.operands[i].width;
		u64 value = probe.operands[i].offset;

		if (!wants_arguments() || kind == OPERAND_NONE)
			continue;
		if (kind == OPERAND_REGISTER) {
			value = read_register(regs, probe.operands[i].place);
		} else if (kind == OPERAND_MEMORY) {
			u64 at = value + read_register(regs, probe.operands[i].place);

			if (probe.operands[i].scale)
				at += read_register(regs, probe.operands[i].index) * probe.operands[i].scale;
			value = 0;
			bpf_probe_read_user(&value, width & ~WIDTH_SIGNED & 15, (void *)at);
		}
		hit.arguments[i] = cut_to(value, width);
	}
	hit.flags = flags_of(regs);
	return begin(regs, regs, &hit, stacks);
}

SEC("kprobe")
PROGRAM(hit_static_probe, struct event_registers, regs)
{
	return hit_static(regs, false);
}

SEC("kprobe")
PROGRAM(hit_static_probe_with_stacks, struct event_registers, regs)
{
	return hit_static(regs, true);
}

/* Of a function that is traced by its type: the context has its arguments, and then its value. */
static __always_inline void read_typed_arguments(const u64 *context, u64 *ret)
{
#pragma unroll
	for (u32 i = 0; i < PROBE_ARGUMENTS; i++)
		if (i < probe.argument_count)
			ret[i] = context[i];
}

static __always_inline int enter_typed(u64 *context, bool stacks)
{
	struct hit hit = {};

	if (wants_arguments()) {
		read_typed_arguments(context, hit.arguments);
		if (probe.flags & PROBE_SYSCALL)
			read_syscall_arguments(hit.arguments[0], hit.arguments);
	}
	return begin(context, NULL, &hit, stacks);
}

SEC("fentry")
int count_traced(void)
{
	return count();
}

SEC("fentry")
PROGRAM(enter_traced, u64, context)
{
	return enter_typed(context, false);
}

SEC("fentry")
PROGRAM(enter_traced_with_stacks, u64, context)
{
	return enter_typed(context, true);
}

/* Each place by itself: a context may be read at constant places only. */
#define VALUE_AT(place)                                            \
	case place:                                                \
		hit.value = *(const volatile u64 *)&context[place]; \
		asm volatile("" : "+r"(hit.value) : "i"(place));    \
		break

SEC("fexit")
PROGRAM(leave_traced, u64, context)
{
	struct hit hit = {};

	switch (probe.has_value ? probe.argument_count : ~0u) {
		VALUE_AT(0);
		VALUE_AT(1);
		VALUE_AT(2);
		VALUE_AT(3);
		VALUE_AT(4);
		VALUE_AT(5);
		VALUE_AT(6);
		VALUE_AT(7);
		VALUE_AT(8);
		VALUE_AT(9);
		VALUE_AT(10);
		VALUE_AT(11);
		VALUE_AT(12);
	}
	return end(context, &hit);
}

static __always_inline int hit_record(void *record, bool stacks)
{
	struct hit hit = {};

#pragma unroll
	for (u32 i = 0; i < PROBE_ARGUMENTS; i++) {
		const u32 width = probe.fields[i].width, bytes = width & ~WIDTH_SIGNED & 15;

		if (!wants_arguments() || !probe.fields[i].offset)
			continue;
		/* Of a text within the record, where it is. */
		hit.arguments[i] = probe.fields[i].offset;
		if (width) {
			hit.arguments[i] = 0;
			bpf_probe_read_kernel(&hit.arguments[i], bytes, record + probe.fields[i].offset);
			hit.arguments[i] = cut_to(hit.arguments[i], width);
		}
	}
	return begin(record, NULL, &hit, stacks);
}

SEC("tracepoint")
int count_tracepoint(void)
{
	return count();
}

SEC("tracepoint")
PROGRAM(hit_tracepoint, void, record)
{
	return hit_record(record, false);
}

SEC("tracepoint")
PROGRAM(hit_tracepoint_with_stacks, void, record)
{
	return hit_record(record, true);
}

static __always_inline int hit_raw(u64 *context, bool stacks)
{
	struct hit hit = {};

	if (wants_arguments())
		read_typed_arguments(context, hit.arguments);
	return begin(context, NULL, &hit, stacks);
}

SEC("raw_tp")
int count_raw_tracepoint(void)
{
	return count();
}

SEC("raw_tp")
PROGRAM(hit_raw_tracepoint, u64, context)
{
	return hit_raw(context, false);
}

SEC("raw_tp")
PROGRAM(hit_raw_tracepoint_with_stacks, u64, context)
{
	return hit_raw(context, true);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
