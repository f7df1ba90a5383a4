/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "off_cpu.h"
#include "sampler.h"

#define BATCH 4096u
/* A second of the largest ring; above it the rest is asked for again. */
#define STACKS_MAX ((size_t)64 << 20)

int sampler_add_target(struct sampler *sampler, u32 tgid, struct failure *ret)
{
	struct target target = { 0 };
	int r;

	/* Before it is in the map: from then on its children are, which makes it no longer the only one. */
	__atomic_store_n(&sampler->control->lone, sampler->has_targets ? 0 : tgid, __ATOMIC_SEQ_CST);
	sampler->has_targets = true;
	r = bpf_map_update_elem(sampler->targets_fd, &tgid, &target, BPF_ANY);
	return r < 0 ? fail(ret, WIRE_ERROR_MEMORY, -r, "the map of targets is full") : 0;
}

void sampler_remove_target(struct sampler *sampler, u32 tgid)
{
	bpf_map_delete_elem(sampler->targets_fd, &tgid);
}

int sampler_execs(const struct sampler *sampler, u32 tgid)
{
	struct target target;

	return bpf_map_lookup_elem(sampler->targets_fd, &tgid, &target) < 0 ? -1 : (int)target.execs;
}

bool sampler_next_target(const struct sampler *sampler, u32 *tgid)
{
	return bpf_map_get_next_key(sampler->targets_fd, *tgid ? tgid : NULL, tgid) == 0;
}

void sampler_set_remap(struct sampler *sampler, u32 tgid, u32 remap)
{
	if (remap == 0) {
		bpf_map_delete_elem(sampler->remaps_fd, &tgid);
		return;
	}
	/* Where this fails, stacks keep the old generation; nothing else can be done about it. */
	bpf_map_update_elem(sampler->remaps_fd, &tgid, &remap, BPF_ANY);
	*(volatile u32 *)&sampler->control->remapped = 1;
}

void sampler_forget_stack(struct sampler *sampler, u64 hash)
{
	bpf_map_delete_elem(sampler->seen_fd, &hash);
	if (sampler->off_cpu)
		off_cpu_forget_stack(sampler->off_cpu, hash);
}

void sampler_forget_code(struct sampler *sampler, u64 id)
{
	bpf_map_delete_elem(sampler->python_codes_fd, &id);
	if (sampler->off_cpu)
		off_cpu_forget_code(sampler->off_cpu, id);
}

/* Appends a record. False: no room. */
static bool keep(uint8_t **bytes, size_t *length, size_t *capacity, const void *record, size_t record_length)
{
	while (*length + record_length > *capacity) {
		size_t wanted = *capacity ? *capacity * 2 : 1 << 20;
		uint8_t *grown = wanted <= STACKS_MAX ? realloc(*bytes, wanted) : NULL;

		if (!grown)
			return false;
		*bytes = grown;
		*capacity = wanted;
	}
	memcpy(*bytes + *length, record, record_length);
	*length += record_length;
	return true;
}

static int keep_stack(void *context, void *data, size_t length)
{
	struct sampler *sampler = context;
	struct drained *drained = &sampler->drained;
	const struct stack_record *stack = data;

	if (length < offsetof(struct stack_record, frames) || stack->frame_count > STACK_DEPTH_MAX ||
	    length < offsetof(struct stack_record, frames) + stack->frame_count * sizeof(u64))
		return 0;
	/* The ring rounds lengths up. */
	length = offsetof(struct stack_record, frames) + stack->frame_count * sizeof(u64);
	if (!keep(&drained->stacks, &drained->stacks_length, &sampler->stacks_capacity, data, length))
		sampler_forget_stack(sampler, stack->hash);
	return 0;
}

static int keep_code(void *context, void *data, size_t length)
{
	struct sampler *sampler = context;
	struct drained *drained = &sampler->drained;
	const struct python_code *code = data;
	size_t used = offsetof(struct python_code, lines);

	if (length < used || code->lines_length >= PYTHON_LINES_MAX || length < used + code->lines_length)
		return 0;
	used += code->lines_length;
	if (!keep(&drained->codes, &drained->codes_length, &sampler->codes_capacity, data, used))
		sampler_forget_code(sampler, code->id);
	/* The next one at a multiple of 8; there may be no room for it yet. */
	drained->codes_length = (drained->codes_length + 7) & ~(size_t)7;
	return 0;
}

static int consume(struct ring_buffer **ring, int fd, ring_buffer_sample_fn take, struct sampler *sampler)
{
	int r;

	if (!*ring) {
		*ring = ring_buffer__new(fd, take, sampler, NULL);
		if (!*ring)
			return -errno;
	}
	r = ring_buffer__consume(*ring);
	return r < 0 ? r : 0;
}

/* Stacks first: the code objects of their frames were handed over before them. */
static int drain_rings(struct sampler *sampler)
{
	int r;

	sampler->drained.stacks_length = sampler->drained.codes_length = 0;
	r = consume(&sampler->stack_ring, sampler->stacks_fd, keep_stack, sampler);
	return r < 0 ? r : consume(&sampler->code_ring, sampler->python_code_ring_fd, keep_code, sampler);
}

static int drain_ledger(struct sampler *sampler, u32 buffer)
{
	struct ledger *sum = &sampler->drained.ledger;
	size_t words = sizeof(*sum) / sizeof(u64);

	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(sampler->ledgers_fd, &buffer, sampler->ledger_buffer) < 0)
		return -errno;
	for (int cpu = 0; cpu < sampler->possible_cpus; cpu++) {
		for (size_t i = 0; i < words; i++)
			((u64 *)sum)[i] += ((u64 *)&sampler->ledger_buffer[cpu])[i];
	}
	memset(sampler->ledger_buffer, 0, (size_t)sampler->possible_cpus * sizeof(struct ledger));
	return bpf_map_update_elem(sampler->ledgers_fd, &buffer, sampler->ledger_buffer, BPF_ANY) < 0 ? -errno
												      : 0;
}

static int drain_counts(struct sampler *sampler, int fd)
{
	static struct count_key keys[BATCH];
	static u64 values[BATCH];
	struct drained *drained = &sampler->drained;
	u32 position, count;
	bool first = true;
	int r;

	drained->count_count = 0;
	do {
		count = BATCH;
		r = bpf_map_lookup_and_delete_batch(fd, first ? NULL : &position, &position, keys, values,
						    &count, NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		first = false;
		if (drained->count_count + count > sampler->count_capacity) {
			size_t capacity = (drained->count_count + count) * 2;
			struct count *grown = realloc(drained->counts, capacity * sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			drained->counts = grown;
			sampler->count_capacity = capacity;
		}
		for (u32 i = 0; i < count; i++)
			drained->counts[drained->count_count++] = (struct count){ keys[i], values[i] };
	} while (r == 0);
	return 0;
}

/* Every program that saw the old buffer has ended afterwards. */
static void wait_for_programs(void)
{
	/* Refused on kernels with full dynamic ticks. A sampling program takes microseconds. */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

static u64 recursions(const struct sampler *sampler)
{
	struct bpf_prog_info info = { 0 };
	u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(sampler->sample_fd, &info, &length) < 0 ? 0 : info.recursion_misses;
}

int sampler_drain(struct sampler *sampler)
{
	struct drained *drained = &sampler->drained;
	u32 buffer = sampler->control->active;
	u64 missed, counted = 0;
	int r;

	drained->flipped_ns = monotonic_ns();
	__atomic_store_n(&sampler->control->active, 1 - buffer, __ATOMIC_SEQ_CST);
	wait_for_programs();

	/* Before the stacks that they need, some of which are younger than the flip. */
	r = sampler->off_cpu ? off_cpu_drain(sampler->off_cpu, buffer, drained) : 0;
	if (r == 0)
		r = drain_rings(sampler);
	if (r == 0)
		r = drain_ledger(sampler, buffer);
	drained->count_count = 0;
	if (r == 0 && drained->ledger.stored > 0)
		r = drain_counts(sampler, sampler->counts_fds[buffer]);
	if (r < 0)
		return r;

	/* What was counted and does not come out of the map is lost, whatever ate it. */
	for (size_t i = 0; i < drained->count_count; i++)
		counted += drained->counts[i].samples;
	if (counted < drained->ledger.stored) {
		drained->ledger.lost[LOSS_FAULT] += drained->ledger.stored - counted;
		drained->ledger.stored = counted;
	}
	missed = recursions(sampler);
	drained->recursions = missed - sampler->recursions_before;
	sampler->recursions_before = missed;
	return 0;
}

u64 sampler_run_time(const struct sampler *sampler)
{
	u64 sum = 0;

	for (int i = 0; i < SAMPLER_PROGRAMS; i++) {
		struct bpf_prog_info info = { 0 };
		u32 length = sizeof(info);

		if (bpf_obj_get_info_by_fd(sampler->program_fds[i], &info, &length) == 0)
			sum += info.run_time_ns;
	}
	return sampler->off_cpu ? sum + off_cpu_run_time(sampler->off_cpu) : sum;
}

void sampler_close(struct sampler *sampler)
{
	sampler_disable(sampler);
	off_cpu_close(sampler->off_cpu);
	for (int i = 0; i < SAMPLER_PROGRAMS; i++)
		bpf_link__destroy(sampler->links[i]);
	ring_buffer__free(sampler->stack_ring);
	ring_buffer__free(sampler->code_ring);
	if (sampler->control)
		munmap(sampler->control, CONTROL_LENGTH);
	if (sampler->mapped_codes)
		munmap(sampler->mapped_codes, sampler->mapped_code_count * sizeof(*sampler->mapped_codes));
	for (u32 i = 1; i < sampler->block_maps; i++) /* the first is the object's */
		close(sampler->block_map_fds[i]);
	bpf_object__close(sampler->object);
	free(sampler->ledger_buffer);
	free(sampler->event_fds);
	free(sampler->drained.counts);
	free(sampler->drained.stacks);
	free(sampler->drained.codes);
	*sampler = (struct sampler){ 0 };
}
