/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of off_cpu.c: threads that wait at random, of whom it is known how long. */
#include <stdlib.h>

#include "../../native/helper/clock.h"
#include "../../native/helper/session.h"
#include "../../native/helper/wait_times.h"
#include "kernel_double.h"

#define WAITERS 8

struct off_cpu {
	struct wait_times times;
	u64 from_ns[WAITERS]; /* of those that go on; 0: it runs */
	u64 told_ns[WAITERS]; /* of all that it waited, what is over */
	u64 sent_ns[WAITERS];
	u64 least_ns;
	u64 detached_ns;
};

int off_cpu_load(struct sampler *sampler, const struct object_file *file, struct failure *ret)
{
	(void)file, (void)ret;
	sampler->off_cpu = calloc(1, sizeof(struct off_cpu));
	if (sampler->off_cpu)
		sampler->off_cpu->least_ns = sampler->start.least_wait_ns;
	return sampler->off_cpu ? 0 : -1;
}

int off_cpu_attach(struct off_cpu *off_cpu, struct failure *ret)
{
	(void)off_cpu, (void)ret;
	return 0;
}

bool off_cpu_add_sleeper(struct off_cpu *off_cpu, u32 tgid, u32 tid, u32 state)
{
	(void)off_cpu, (void)tgid, (void)tid, (void)state;
	return random_number() & 1;
}

void off_cpu_remove_sleeper(struct off_cpu *off_cpu, u32 tid)
{
	(void)off_cpu, (void)tid;
}

void off_cpu_detach(struct off_cpu *off_cpu)
{
	if (!off_cpu->detached_ns)
		off_cpu->detached_ns = monotonic_ns();
}

static struct wait random_wait(u32 index, u64 left_ns)
{
	const u32 tgid = living_tgid;
	struct wait wait = {
		.user_stack = random_number() % 17,
		.kernel_stack = random_number() % 17,
		.waker_user_stack = random_number() % 17,
		.left_ns = left_ns,
		.woken_ns = random_number() % 2 ? left_ns + random_number() % (4 * SLICE_NS) : 0,
		.tgid = random_number() % 8 ? tgid : random_tgid(),
		.tid = 7000000 + index,
		.waker_tgid = random_tgid(),
		.state = (u32)(random_number() % 3),
		.preempted = random_number() % 4 == 0,
	};

	wait.waker_tid = random_tid(wait.waker_tgid);
	return wait;
}

/* Every thread begins, goes on with, or ends waits; of each, no time is told twice, and none is missing. */
int off_cpu_drain(struct off_cpu *off_cpu, u32 buffer, struct drained *ret)
{
	const bool last = off_cpu->detached_ns != 0;
	const u64 until_ns = last ? off_cpu->detached_ns : ret->flipped_ns;
	struct wait_times *times = &off_cpu->times;
	bool ends[WAITERS];

	(void)buffer;
	wait_times_begin(times, random_number() % 8 ? WAITERS : 3000);
	for (u32 i = 0; i < WAITERS; i++) {
		if (!off_cpu->from_ns[i] && !last)
			off_cpu->from_ns[i] = until_ns - random_number() % (64 * SLICE_NS);
		ends[i] = off_cpu->from_ns[i] && !last && random_number() % 3 == 0;
		if (off_cpu->from_ns[i]) {
			const struct wait wait = random_wait(i, off_cpu->from_ns[i]);

			wait_times_add_open(times, &wait, until_ns, last, off_cpu->least_ns);
		}
	}
	for (u32 i = 0; i < WAITERS; i++) {
		struct ended_wait ended = { .wait = random_wait(i, off_cpu->from_ns[i]), .ended_ns = until_ns };

		if (!ends[i])
			continue;
		wait_times_add_ended(times, &ended);
		off_cpu->told_ns[i] += until_ns - off_cpu->from_ns[i];
		off_cpu->from_ns[i] = 0;
	}
	wait_times_end(times);
	for (size_t i = 0; i < times->count; i++)
		off_cpu->sent_ns[times->rows[i].tid - 7000000] += times->rows[i].ns;
	for (u32 i = 0; i < WAITERS; i++) {
		const u64 open = off_cpu->from_ns[i] ? until_ns - off_cpu->from_ns[i] : 0;

		/* Less what may still come of the one that goes on. */
		if (off_cpu->sent_ns[i] < off_cpu->told_ns[i] || off_cpu->sent_ns[i] > off_cpu->told_ns[i] + open)
			abort();
	}
	ret->waits = times->rows;
	ret->wait_count = times->count;
	ret->wait_ledger = (struct wait_ledger){ .short_waits = random_number() % 3 };
	return 0;
}

void off_cpu_close(struct off_cpu *off_cpu)
{
	if (off_cpu)
		wait_times_close(&off_cpu->times);
	free(off_cpu);
}
