/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "wait_times.h"

#define CAPACITY_MIN ((size_t)1 << 10)
/* Rows of one drain: 24 MiB. */
#define ROWS_MAX ((size_t)1 << 18)
/*
 * A thread that sleeps all the time is a row a slice. Of many threads time is split more coarsely, so that they are not
 * more than some ten thousand rows a second.
 */
#define FINE_WAITS 256
#define COARSE_WAITS 2560
#define COARSE_SLICES 10
#define COARSEST_SLICES 50

static size_t place_of(const struct told_waits *told, u32 tid)
{
	size_t at = (tid * 0x9e3779b9u) & (told->capacity - 1);

	while (told->slots[at].tid && told->slots[at].tid != tid)
		at = (at + 1) & (told->capacity - 1);
	return at;
}

/* How far this wait was told; 0: not at all. */
static u64 told_until(const struct told_waits *told, const struct wait *wait)
{
	const struct told_wait *slot = told->capacity ? &told->slots[place_of(told, wait->tid)] : NULL;

	return slot && slot->tid && slot->left_ns == wait->left_ns ? slot->until_ns : 0;
}

bool wait_times_begin(struct wait_times *times, size_t open_waits)
{
	size_t capacity = CAPACITY_MIN;

	while (capacity < open_waits * 2)
		capacity *= 2;
	times->count = 0;
	times->missing = 0;
	times->step_ns = SLICE_NS * (open_waits <= FINE_WAITS	? 1
				     : open_waits <= COARSE_WAITS ? COARSE_SLICES
								  : COARSEST_SLICES);
	times->now.slots = calloc(capacity, sizeof(*times->now.slots));
	times->now.capacity = times->now.slots ? capacity : 0;
	return times->now.slots != NULL;
}

static struct wire_wait *add_row(struct wait_times *times)
{
	if (times->count == times->capacity) {
		size_t capacity = times->capacity ? times->capacity * 2 : 1024;
		struct wire_wait *grown =
			capacity <= ROWS_MAX ? realloc(times->rows, capacity * sizeof(*grown)) : NULL;

		if (!grown) {
			times->missing++;
			return NULL;
		}
		times->rows = grown;
		times->capacity = capacity;
	}
	return &times->rows[times->count++];
}

/* `ended`: the last piece of it counts as one. */
static void add_time(struct wait_times *times, const struct wait *wait, u32 kind, u64 from, u64 to, bool ended)
{
	while (from < to) {
		u64 edge = (from / times->step_ns + 1) * times->step_ns, until = edge < to ? edge : to;
		struct wire_wait *row = add_row(times);

		if (!row)
			return;
		*row = (struct wire_wait){
			.user_stack = wait->user_stack,
			.kernel_stack = wait->kernel_stack,
			.waker_user_stack = wait->waker_user_stack,
			.waker_kernel_stack = wait->waker_kernel_stack,
			.ns = until - from,
			.slice = (u32)(from / SLICE_NS),
			.kind = kind,
			.tgid = wait->tgid,
			.tid = wait->tid,
			.waker_tgid = wait->waker_tgid,
			.waker_tid = wait->waker_tid,
			.state = wait->state,
			.count = ended && until == to,
		};
		from = until;
	}
}

static void add_between(struct wait_times *times, const struct wait *wait, u64 from, u64 to, bool ended)
{
	const bool woken = wait->woken_ns != 0 && wait->woken_ns < to;
	const u64 queued_from = !woken ? to : wait->woken_ns > from ? wait->woken_ns : from;

	if (wait->preempted) {
		add_time(times, wait, WIRE_WAIT_PREEMPTED, from, to, ended);
		return;
	}
	add_time(times, wait, WIRE_WAIT_BLOCKED, from, queued_from, ended || woken);
	add_time(times, wait, WIRE_WAIT_RUN_QUEUE, queued_from, to, ended);
}

void wait_times_add_open(struct wait_times *times, const struct wait *wait, u64 until_ns, bool last, u64 least_ns)
{
	struct told_wait *slot;
	u64 told;

	if (!times->now.capacity || !wait->tid)
		return;
	told = told_until(&times->before, wait);
	if (!last)
		until_ns -= until_ns % times->step_ns;
	if (until_ns <= wait->left_ns || until_ns - wait->left_ns < least_ns || until_ns < told)
		until_ns = told;
	if (until_ns > told)
		add_between(times, wait, told > wait->left_ns ? told : wait->left_ns, until_ns, false);
	if (until_ns == 0)
		return;
	slot = &times->now.slots[place_of(&times->now, wait->tid)];
	*slot = (struct told_wait){ .tid = wait->tid, .left_ns = wait->left_ns, .until_ns = until_ns };
}

void wait_times_add_ended(struct wait_times *times, const struct ended_wait *ended)
{
	u64 from = ended->wait.left_ns, told = told_until(&times->now, &ended->wait);

	if (!told)
		told = told_until(&times->before, &ended->wait);
	add_between(times, &ended->wait, told > from ? told : from, ended->ended_ns, true);
}

void wait_times_add_sum(struct wait_times *times, const struct wait_key *key, const struct wait_sum *sum)
{
	const struct wire_wait common = {
		.user_stack = key->user_stack,
		.kernel_stack = key->kernel_stack,
		.waker_user_stack = key->waker_user_stack,
		.waker_kernel_stack = key->waker_kernel_stack,
		.slice = key->slice,
		.tgid = key->tgid,
		.tid = key->tid,
		.waker_tgid = key->waker_tgid,
		.waker_tid = key->waker_tid,
		.state = key->state,
	};
	struct wire_wait *row;

	if (sum->away_ns > 0 && (row = add_row(times))) {
		*row = common;
		row->kind = key->preempted ? WIRE_WAIT_PREEMPTED : WIRE_WAIT_BLOCKED;
		row->ns = sum->away_ns;
		row->count = (u32)sum->count;
	}
	if (sum->queued_ns > 0 && (row = add_row(times))) {
		*row = common;
		row->kind = WIRE_WAIT_RUN_QUEUE;
		row->ns = sum->queued_ns;
		row->count = (u32)sum->queued;
	}
}

void wait_times_end(struct wait_times *times)
{
	free(times->before.slots);
	times->before = times->now;
	times->now = (struct told_waits){ 0 };
}

void wait_times_close(struct wait_times *times)
{
	free(times->rows);
	free(times->before.slots);
	free(times->now.slots);
	*times = (struct wait_times){ 0 };
}
