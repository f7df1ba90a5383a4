/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The registers a walk starts from: the only file that knows an architecture. */
#ifndef EMBERSCOPE_REGISTERS_BPF_H
#define EMBERSCOPE_REGISTERS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)

/* What a program of a perf event is given: the kernel's stable layout, read as whole words (kernels
 * since 6.9 refuse a two-byte read of cs). */
struct event_registers {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	u64 ip, cs, flags, sp, ss;
};

struct pt_regs {
	unsigned long bp;
	unsigned long ip;
	unsigned long cs;
	unsigned long sp;
} __attribute__((preserve_access_index));

/* __USER32_CS: the code is of 32 bits, and so are the words that it pushes. */
#define CODE_IS_NARROW(cs) (((cs) & 0xffff) == 0x23)

#define event_ip(regs) ((regs)->ip)
#define event_fp(regs) ((regs)->bp)
#define event_sp(regs) ((regs)->sp)
#define event_in_user_mode(regs) (((regs)->cs & 3) == 3)
#define saved_ip(regs) BPF_CORE_READ(regs, ip)
#define saved_fp(regs) BPF_CORE_READ(regs, bp)
#define saved_sp(regs) BPF_CORE_READ(regs, sp)
#define event_is_narrow(regs) CODE_IS_NARROW((regs)->cs)
#define saved_is_narrow(regs) CODE_IS_NARROW(BPF_CORE_READ(regs, cs))
#define KERNEL_STACK_SIZE 16384
#define event_return(regs) ((regs)->ax)
#define event_irqs_are_off(regs) (!((regs)->flags & 1 << 9))
/* A return leaves the stack without the return address, which was there at the entry. */
#define sp_of_entry(sp_at_return) ((sp_at_return) - 8)

static __always_inline void read_arguments(const struct event_registers *regs, u64 ret[6])
{
	ret[0] = regs->di;
	ret[1] = regs->si;
	ret[2] = regs->dx;
	ret[3] = regs->cx;
	ret[4] = regs->r8;
	ret[5] = regs->r9;
}

/* Of a system call, whose function is given where its registers lie: from r10 to di, for the stack is small. */
static __always_inline void read_syscall_arguments(u64 at, u64 ret[6])
{
	struct {
		u64 r10, r9, r8, ax, cx, dx, si, di;
	} regs = {};

	bpf_probe_read_kernel(&regs, sizeof(regs), (void *)(at + __builtin_offsetof(struct event_registers, r10)));
	ret[0] = regs.di;
	ret[1] = regs.si;
	ret[2] = regs.dx;
	ret[3] = regs.r10;
	ret[4] = regs.r8;
	ret[5] = regs.r9;
}

#elif defined(__TARGET_ARCH_arm64)

struct event_registers {
	u64 regs[31], sp, pc, pstate;
};

struct user_pt_regs {
	u64 regs[31], sp, pc, pstate;
} __attribute__((preserve_access_index));

struct pt_regs {
	struct user_pt_regs user_regs;
} __attribute__((preserve_access_index));

#define event_ip(r) ((r)->pc)
#define event_fp(r) ((r)->regs[29])
#define event_sp(r) ((r)->sp)
#define event_in_user_mode(r) (((r)->pstate & 15) == 0)
#define saved_ip(r) BPF_CORE_READ(r, user_regs.pc)
#define saved_fp(r) BPF_CORE_READ(r, user_regs.regs[29])
#define saved_sp(r) BPF_CORE_READ(r, user_regs.sp)
/* Programs of 32 bits keep a frame pointer elsewhere, if at all. */
#define event_is_narrow(r) false
#define saved_is_narrow(r) false
#define KERNEL_STACK_SIZE 16384
#define event_return(r) ((r)->regs[0])
#define event_irqs_are_off(r) (!!((r)->pstate & 1 << 7))
#define sp_of_entry(sp_at_return) (sp_at_return)

static __always_inline void read_arguments(const struct event_registers *regs, u64 ret[6])
{
#pragma unroll
	for (int i = 0; i < 6; i++)
		ret[i] = regs->regs[i];
}

static __always_inline void read_syscall_arguments(u64 at, u64 ret[6])
{
	bpf_probe_read_kernel(ret, 6 * sizeof(u64), (void *)at);
}

#else
#error "registers.bpf.h does not know this architecture yet"
#endif

/* The context of a program of a perf event. */
struct bpf_perf_event_data {
	struct event_registers regs;
	u64 sample_period;
	u64 addr;
};

struct user_registers {
	u64 ip;
	u64 fp;
	u64 sp;
	u64 narrow; /* a saved word has 32 bits */
};

/* Of an event that interrupted user mode. */
static __always_inline void interrupted_registers(const struct event_registers *regs, struct user_registers *ret)
{
	ret->ip = event_ip(regs);
	ret->fp = event_fp(regs);
	ret->sp = event_sp(regs);
	ret->narrow = event_is_narrow(regs);
}

/* The registers with which the current task left user mode, while it is in the kernel; false where there are none. */
static __always_inline bool saved_registers(struct task_struct *task, struct user_registers *ret)
{
	struct pt_regs *saved;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		saved = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	} else {
		/* Before 5.15: they end where the kernel's stack begins. */
		void *stack = BPF_CORE_READ(task, stack);

		saved = stack + KERNEL_STACK_SIZE - bpf_core_type_size(struct pt_regs);
	}
	ret->ip = saved_ip(saved);
	ret->fp = saved_fp(saved);
	ret->sp = saved_sp(saved);
	ret->narrow = saved_is_narrow(saved);
	return ret->ip != 0 && (s64)ret->ip > 0;
}

/* Likewise, wherever a perf event finds it. */
static __always_inline bool user_registers(struct bpf_perf_event_data *ctx, struct task_struct *task,
					   struct user_registers *ret)
{
	if (!event_in_user_mode(&ctx->regs))
		return saved_registers(task, ret);
	interrupted_registers(&ctx->regs, ret);
	return ret->ip != 0;
}

#endif
