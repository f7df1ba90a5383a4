/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the place of sampler.c, bpf_program.c, sampling_events.c, sideband.c, kernel_symbols.c, capabilities.c and the privileges:
 * a kernel that tells at random of samples, processes, names and mappings, in no sensible order, of few numbers
 * and addresses, so that they meet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../native/helper/clock.h"
#include "../../native/helper/kernel_symbols.h"
#include "../../native/helper/session.h"
#include "../../native/helper/wait_times.h"
#include "kernel_double.h"

#define EVENTS 8
#define STACKS 4
#define COUNTS 8
#define CODES 1024
#define WAITERS 8

/* One lives; the others are above any limit and do not. */
static u32 random_tgid(void)
{
	u32 number = (u32)(random_number() % 5);

	return number == 0 ? living_tgid : 5000000 + number;
}

static u32 random_tid(u32 tgid)
{
	return random_number() & 1 ? tgid : 6000000 + (u32)(random_number() % 8);
}

static u32 random_generation(void)
{
	return (u32)(random_number() % 3) << 16 | (u32)(random_number() % 3);
}

static struct mapping random_mapping(void)
{
	static const char *const paths[] = { "/usr/lib/a", "/usr/lib/b (deleted)", "[vdso]", "//anon", "" };
	const char *path = paths[random_number() % 5];
	struct mapping mapping = {
		.start = 0x1000 * (1 + random_number() % 16),
		.file_offset = 0x1000 * (random_number() % 4),
		.inode = random_number() % 3,
	};

	mapping.end = mapping.start + 0x1000 * (random_number() % 6);
	mapping_set_path(&mapping, path, strlen(path), NULL);
	return mapping;
}

/* ---- the sideband ---- */

int sideband_open(struct sideband *sideband, const int *cpus, int cpu_count, bool at_once, struct failure *ret)
{
	(void)cpus, (void)cpu_count, (void)at_once, (void)ret;
	*sideband = (struct sideband){ .events = calloc(EVENTS, sizeof(struct side_event)) };
	return sideband->events ? 0 : -1;
}

int sideband_add_lifecycles(struct sideband *sideband, int ring_fd, struct failure *ret)
{
	(void)sideband, (void)ring_fd, (void)ret;
	return 0;
}

static struct side_event random_event(void)
{
	struct side_event event = { .time_ns = monotonic_ns(), .tgid = random_tgid() };

	switch (random_number() % 4) {
	case 0:
		event.kind = SIDE_NAME;
		event.name.tid = random_tid(event.tgid);
		event.name.exec = random_number() % 4 == 0;
		memset(event.name.comm, 'n', random_number() % 15);
		break;
	case 1:
		event.kind = SIDE_MAPPING;
		event.mapping = random_mapping();
		break;
	default:
		event.kind = SIDE_LIFECYCLE;
		event.lifecycle = (struct lifecycle){
			.time_ns = event.time_ns,
			.cpu_ns = random_number() % 1000000,
			.kind = (u32)(1 + random_number() % 5),
			.tgid = event.tgid,
			.tid = random_tid(event.tgid),
			.parent_tgid = random_tgid(),
			.generation = random_generation(),
			.last = random_number() % 16 == 0,
			.space = (u32)(random_number() % 4 ? random_number() % CODES : 0),
			.comm = "double",
		};
		event.lifecycle.parent_tid = random_tid(event.lifecycle.parent_tgid);
	}
	return event;
}

void sideband_read(struct sideband *sideband)
{
	while (sideband->next < sideband->count) {
		struct side_event *event = &sideband->events[sideband->next++];

		if (event->kind == SIDE_MAPPING)
			mapping_clear(&event->mapping);
	}
	sideband->next = sideband->count = 0;
	for (u64 i = random_number() % EVENTS; i > 0; i--)
		sideband->events[sideband->count++] = random_event();
	sideband->lost += random_number() % 16 == 0;
}

struct side_event *sideband_next(struct sideband *sideband, u64 until_ns)
{
	(void)until_ns;
	return sideband->next < sideband->count ? &sideband->events[sideband->next++] : NULL;
}

void sideband_close(struct sideband *sideband)
{
	for (size_t i = sideband->next; i < sideband->count; i++) {
		if (sideband->events[i].kind == SIDE_MAPPING)
			mapping_clear(&sideband->events[i].mapping);
	}
	free(sideband->events);
}

/* ---- the sampler ---- */

int sampler_load(struct sampler *sampler, const struct object_file *file, const struct wire_start *start, int cpus,
		 struct failure *ret)
{
	(void)file, (void)cpus;
	*sampler = (struct sampler){ .start = *start, .per_thread = start->frequency > WIRE_PER_CPU_FREQUENCY };
	sampler->stacks_fd = eventfd(0, EFD_CLOEXEC);
	sampler->drained.counts = calloc(COUNTS, sizeof(struct count));
	sampler->drained.stacks = calloc(STACKS, sizeof(struct stack_record));
	sampler->drained.codes = calloc(STACKS, sizeof(struct python_code));
	if (start->flags & WIRE_START_UNWIND_TABLES) {
		sampler->mapped_code_count = CODES;
		sampler->mapped_codes = calloc(CODES, sizeof(*sampler->mapped_codes));
		sampler->block_maps = 1;
	}
	if (random_number() % 16 == 0)
		return fail(ret, WIRE_ERROR_LOAD, 13, "the double does not want to");
	return 0;
}

/* ---- waits ---- */

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

int sampler_follow_processes(struct sampler *sampler, struct failure *ret)
{
	(void)sampler, (void)ret;
	return 0;
}

int sampler_add_target(struct sampler *sampler, u32 tgid, struct failure *ret)
{
	(void)sampler, (void)tgid, (void)ret;
	return 0;
}

void sampler_remove_target(struct sampler *sampler, u32 tgid)
{
	(void)sampler, (void)tgid;
}

int sampler_open_cpus(struct sampler *sampler, const int *cpus, int cpu_count, struct failure *ret)
{
	(void)sampler, (void)cpus, (void)cpu_count, (void)ret;
	return 0;
}

int sampler_open_thread(struct sampler *sampler, u32 tid, struct failure *ret)
{
	(void)sampler, (void)tid, (void)ret;
	return (int)(random_number() % 2);
}

int sampler_enable(struct sampler *sampler, struct failure *ret)
{
	(void)sampler, (void)ret;
	return 0;
}

void sampler_disable(struct sampler *sampler)
{
	(void)sampler;
}

static size_t put_stack(uint8_t *at, u64 hash)
{
	struct stack_record stack = {
		.hash = hash,
		.tgid = random_tgid(),
		.generation = random_generation(),
		.frame_count = (u32)(random_number() % (STACK_DEPTH_MAX + 1)),
		.space = (u16)(random_number() % 2),
	};
	size_t length = offsetof(struct stack_record, frames) + stack.frame_count * sizeof(u64);

	for (u32 i = 0; i < stack.frame_count && i < 4 && random_number() & 1; i++)
		stack.frames[i] = FRAME_PYTHON | (1 + random_number() % (PYTHON_CODES - 1)) << FRAME_PLACE_BITS | 7;
	memcpy(at, &stack, length);
	return length;
}

/* Its lines are its id, so that they can be told from another's. */
static size_t put_code(uint8_t *at, u64 id)
{
	struct python_code code = {
		.id = id,
		.tgid = random_tgid(),
		.lines_length = (u32)(random_number() % 2 ? random_number() % 32 : random_number() % PYTHON_LINES_MAX),
	};
	size_t length = offsetof(struct python_code, lines) + code.lines_length;

	memset(code.lines, (int)id, code.lines_length);
	memcpy(at, &code, length);
	return (length + 7) & ~(size_t)7;
}

int sampler_drain(struct sampler *sampler)
{
	struct drained *drained = &sampler->drained;

	drained->flipped_ns = monotonic_ns();
	drained->ledger = (struct ledger){ .not_ours = random_number() % 100 };
	drained->recursions = random_number() % 3;
	drained->stacks_length = drained->codes_length = drained->count_count = 0;
	if (sampler->off_cpu)
		off_cpu_drain(sampler->off_cpu, 0, drained);
	for (u64 i = random_number() % STACKS; i > 0; i--)
		drained->codes_length +=
			put_code(drained->codes + drained->codes_length, 1 + random_number() % (PYTHON_CODES - 1));
	for (u64 i = random_number() % STACKS; i > 0; i--)
		drained->stacks_length += put_stack(drained->stacks + drained->stacks_length, 1 + random_number() % 16);
	for (u64 i = random_number() % COUNTS; i > 0; i--) {
		struct count *count = &drained->counts[drained->count_count++];
		u32 tgid = random_tgid();

		*count = (struct count){
			.key = { .user_stack = random_number() % 17,
				 .kernel_stack = random_number() % 17,
				 .slice = 7,
				 .tgid = tgid,
				 .tid = random_tid(tgid) },
			.samples = random_number() % 5,
		};
		drained->ledger.stored += count->samples;
	}
	drained->ledger.lost[LOSS_FAULT] = random_number() % 2;
	drained->ledger.fired = drained->ledger.stored + drained->ledger.not_ours + drained->ledger.lost[LOSS_FAULT];
	return 0;
}

void sampler_set_remap(struct sampler *sampler, u32 tgid, u32 remap)
{
	(void)sampler, (void)tgid, (void)remap;
}

int sampler_execs(const struct sampler *sampler, u32 tgid)
{
	(void)sampler, (void)tgid;
	return (int)(random_number() % 4) - 1;
}

bool sampler_next_target(const struct sampler *sampler, u32 *tgid)
{
	(void)sampler;
	*tgid = random_tgid();
	return random_number() % 3 == 0;
}

void sampler_forget_stack(struct sampler *sampler, u64 hash)
{
	(void)sampler, (void)hash;
}

void sampler_forget_code(struct sampler *sampler, u64 id)
{
	(void)sampler;
	if (id == 0 || id >= PYTHON_CODES)
		abort();
}

int sampler_add_block_map(struct sampler *sampler)
{
	if (sampler->block_maps == BLOCK_MAPS_MAX || random_number() % 64 == 0)
		return -ENOSPC;
	sampler->block_maps++;
	return 0;
}

int sampler_write_block(struct sampler *sampler, u32 number, const void *bytes)
{
	static u8 block[BLOCK_BYTES];

	memcpy(block, bytes, sizeof(block));
	if (number >= sampler->block_maps * BLOCKS_PER_MAP)
		abort();
	return random_number() % 64 == 0 ? -EFAULT : 0;
}

/* What the kernel would search: sorted, apart, within the map. */
void sampler_set_space(struct sampler *sampler, u32 tgid, const struct address_space *space)
{
	u64 until = 0;

	(void)tgid;
	if (space->first == 0 || space->first > CODES || space->count > CODES - space->first)
		abort();
	for (u32 i = 0; i < space->count; i++) {
		const struct mapped_code *code = &sampler->mapped_codes[space->first + i];

		if (code->start < until || code->end <= code->start ||
		    code->index_block + code->row_blocks >= sampler->block_maps * BLOCKS_PER_MAP)
			abort();
		until = code->end;
	}
}

void sampler_forget_space(struct sampler *sampler, u32 tgid, u32 first)
{
	(void)sampler, (void)tgid;
	if (first == 0 || first >= CODES)
		abort();
}

u64 sampler_run_time(const struct sampler *sampler)
{
	(void)sampler;
	return 0;
}

void sampler_close(struct sampler *sampler)
{
	off_cpu_close(sampler->off_cpu);
	if (sampler->drained.counts)
		close(sampler->stacks_fd);
	free(sampler->drained.counts);
	free(sampler->drained.stacks);
	free(sampler->drained.codes);
	free(sampler->mapped_codes);
}

/* ---- the rest ---- */

int kernel_symbols_send(struct send_queue *queue)
{
	(void)queue;
	return 0;
}

void capabilities_try(const struct privileges *privileges, bool sampling, struct wire_capability *ret)
{
	(void)privileges, (void)sampling;
	for (size_t i = 0; i < CAPABILITY_KINDS; i++)
		ret[i] = (struct wire_capability){ .kind = (u32)i + 1, .error = (u32)(random_number() % 3), .text = "double" };
}

int privileges_drop_sys_admin(struct privileges *privileges)
{
	(void)privileges;
	return 0;
}
