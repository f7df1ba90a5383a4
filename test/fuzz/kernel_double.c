/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the place of sampler.c, bpf_program.c, sampling_events.c, kernel_symbols.c, capabilities.c and the privileges: a
 * kernel that tells at random of samples, in no sensible order, of few numbers and addresses, so that they meet. What else
 * it tells of is in sideband_double.c and wait_double.c.
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
#include "kernel_double.h"

#define STACKS 4
#define COUNTS 8

u32 random_tgid(void)
{
	u32 number = (u32)(random_number() % 5);

	return number == 0 ? living_tgid : 5000000 + number;
}

u32 random_tid(u32 tgid)
{
	return random_number() & 1 ? tgid : 6000000 + (u32)(random_number() % 8);
}

u32 random_generation(void)
{
	return (u32)(random_number() % 3) << 16 | (u32)(random_number() % 3);
}

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
