/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EMBERSCOPE_TASK_STATE_BPF_H
#define EMBERSCOPE_TASK_STATE_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* 0: it could run. */
static __always_inline u32 state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return (u32)BPF_CORE_READ((struct task_struct___old *)task, state);
}

#endif
