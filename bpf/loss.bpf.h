/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Count what fires and every way in which it may come to nothing. */
#ifndef EMBERSCOPE_LOSS_BPF_H
#define EMBERSCOPE_LOSS_BPF_H

#include "vmlinux.h"
#include "records.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct ledger);
} ledgers SEC(".maps");

static __always_inline struct ledger *ledger_of(u32 buffer)
{
	return bpf_map_lookup_elem(&ledgers, &buffer);
}

#endif
