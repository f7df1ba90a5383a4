/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EMBERSCOPE_HASH_BPF_H
#define EMBERSCOPE_HASH_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

static __always_inline u64 hash_step(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 32);
}

#endif
