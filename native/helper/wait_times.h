/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From waits to time in slices. What goes on at a drain is told up to a slice's beginning; how far is remembered, so that
 * only the rest is told when it has ended. A wait within one slice is never told before its end.
 */
#ifndef EMBERSCOPE_WAIT_TIMES_H
#define EMBERSCOPE_WAIT_TIMES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel_records.h"

struct told_wait {
	u32 tid; /* 0: the place is free */
	u32 zero;
	u64 left_ns; /* which of the thread's */
	u64 until_ns;
};

struct told_waits {
	struct told_wait *slots;
	size_t capacity; /* a power of two */
};

struct wait_times {
	struct wire_wait *rows;
	size_t count, capacity;
	struct told_waits before, now; /* this drain's, and the one before's */
	u64 step_ns;   /* time is split at its multiples */
	u64 missing;   /* waits that found no memory */
};

/* A drain begins, with that many waits that go on. False: no memory, and they will be told later. */
bool wait_times_begin(struct wait_times *times, size_t open_waits);
/* It goes on; `until_ns` is the time of the flip. */
void wait_times_add_open(struct wait_times *times, const struct wait *wait, u64 until_ns, bool last, u64 least_ns);
void wait_times_add_ended(struct wait_times *times, const struct ended_wait *ended);
/* Those within a slice. */
void wait_times_add_sum(struct wait_times *times, const struct wait_key *key, const struct wait_sum *sum);
void wait_times_end(struct wait_times *times);
void wait_times_close(struct wait_times *times);

#endif
