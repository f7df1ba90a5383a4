/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this kernel lets the helper do. Each thing is done once, with a program that does nothing and at a place where
 * nobody notices, and given up at once: releases, options and numbers in /proc do not tell it reliably.
 */
#ifndef EMBERSCOPE_CAPABILITIES_H
#define EMBERSCOPE_CAPABILITIES_H

#include "privileges.h"

#define CAPABILITY_KINDS ((size_t)WIRE_CAPABILITY_TRACE_MODE)

/* Fills CAPABILITY_KINDS, one of each kind, in their order. Takes some 100 ms. `sampling`: perf events are open, so they can be had. */
void capabilities_try(const struct privileges *privileges, bool sampling, struct wire_capability *ret);

/* 0 or -errno: -ENOENT where there is no such file. */
int capability_read_number(const char *path, int64_t *ret);

/* capability_probes.c: attaching to something. 0 or -errno; `ret_step` says at what it was, or failed. Of 48 bytes. */
int capability_load_program(void);
int capability_tracepoint(char *ret_step);
int capability_raw_tracepoint(char *ret_step);
int capability_kprobe(char *ret_step);
int capability_kprobe_multi(char *ret_step);
int capability_fentry(char *ret_step);
int capability_uprobe(char *ret_step);
int capability_uprobe_multi(char *ret_step);

#endif
