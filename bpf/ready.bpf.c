/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The questions that are asked most: tracepoints and their pairs, which need neither kprobes nor fentry, and the allocator's
 * own functions. One object is loaded for each, with the programs of that question only.
 */
#include "vmlinux.h"
#include "ready_calls.bpf.h"
#include "ready_memory.bpf.h"
#include "ready_page_cache.bpf.h"
#include "ready_scheduler.bpf.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";
