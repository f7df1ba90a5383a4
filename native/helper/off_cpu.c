/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "off_cpu.h"
#include "wait_times.h"

#define PROGRAMS 4
#define BATCH 4096u
#define SYSTEM_THREADS 65536
#define SYSTEM_RING (4u << 20)

struct off_cpu {
	struct bpf_object *object;
	struct bpf_link *links[PROGRAMS];
	struct ring_buffer *ring;
	int open_fd, sums_fds[2], ended_fd, ledgers_fd, seen_fd, codes_fd;
	int possible_cpus;
	struct wait_ledger *ledger_buffer;
	struct wait_times times;
	struct wait *open; /* as they were at this drain */
	size_t open_count, open_capacity;
	u64 least_ns;
	u64 attached_ns;
	u64 detached_ns; /* 0: it is attached */
};

/* What walks need and what carries stacks. Scratch is not: a sample may be taken in the midst of a switch. */
static int share_maps(struct off_cpu *off_cpu, const struct bpf_object *sampler)
{
	static const char *const shared[] = { "targets", "remaps",	 "stacks", "python_code_ring",
					      "blocks",	 "blocks_0",	 "mapped_codes", "address_spaces" };
	struct bpf_map *map, *theirs;
	int r = 0;

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]) && r == 0; i++) {
		map = bpf_object__find_map_by_name(off_cpu->object, shared[i]);
		theirs = bpf_object__find_map_by_name(sampler, shared[i]);
		r = map && theirs ? bpf_map__reuse_fd(map, bpf_map__fd(theirs)) : -ENOENT;
	}
	bpf_object__for_each_map (map, off_cpu->object) {
		if (r < 0 || !strstr(bpf_map__name(map), ".bss"))
			continue;
		r = -ENOENT;
		bpf_object__for_each_map (theirs, sampler) {
			if (strstr(bpf_map__name(theirs), ".bss"))
				r = bpf_map__reuse_fd(map, bpf_map__fd(theirs));
		}
	}
	return r;
}

static int configure(struct off_cpu *off_cpu, const struct sampler *sampler)
{
	struct bpf_program *program = bpf_object__find_program_by_name(off_cpu->object, "on_waking");
	struct bpf_map *map, *rodata = NULL;
	size_t length = 0;
	int r = 0;

	bpf_object__for_each_map (map, off_cpu->object) {
		const char *name = bpf_map__name(map);

		if (strstr(name, ".rodata") && !strstr(name, ".str"))
			rodata = map;
		if (!sampler->settings.system)
			continue;
		if (strcmp(name, "open_waits") == 0 || strncmp(name, "waits_", 6) == 0)
			r = bpf_map__set_max_entries(map, SYSTEM_THREADS);
		else if (strcmp(name, "ended_waits") == 0)
			r = bpf_map__set_max_entries(map, SYSTEM_RING);
		if (r < 0)
			return r;
	}
	if (!program || !rodata || !bpf_map__initial_value(rodata, &length) ||
	    length != sizeof(sampler->settings))
		return -EINVAL;
	r = bpf_program__set_autoload(program, sampler->settings.wakers);
	return r < 0 ? r : bpf_map__set_initial_value(rodata, &sampler->settings, length);
}

static int find_maps(struct off_cpu *off_cpu)
{
	const struct {
		const char *name;
		int *ret_fd;
	} wanted[] = {
		{ "open_waits", &off_cpu->open_fd },	  { "waits_0", &off_cpu->sums_fds[0] },
		{ "waits_1", &off_cpu->sums_fds[1] },	  { "ended_waits", &off_cpu->ended_fd },
		{ "wait_ledgers", &off_cpu->ledgers_fd }, { "seen", &off_cpu->seen_fd },
		{ "python_codes", &off_cpu->codes_fd },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].ret_fd = bpf_object__find_map_fd_by_name(off_cpu->object, wanted[i].name);
		if (*wanted[i].ret_fd < 0)
			return -ENOENT;
	}
	return 0;
}

int off_cpu_load(struct sampler *sampler, const struct object_file *file, struct failure *ret)
{
	struct off_cpu *off_cpu;
	int r;

	if (!file->bytes)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, ENOENT, OFF_CPU_OBJECT " is missing beside the helper");
	off_cpu = sampler->off_cpu = calloc(1, sizeof(*off_cpu));
	if (!off_cpu)
		return fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory");
	off_cpu->least_ns = sampler->start.least_wait_ns;
	off_cpu->object = bpf_object__open_mem(file->bytes, file->length, NULL);
	if (!off_cpu->object)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, errno, OFF_CPU_OBJECT " cannot be read");
	r = configure(off_cpu, sampler);
	if (r == 0)
		r = share_maps(off_cpu, sampler->object);
	if (r < 0)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, -r, OFF_CPU_OBJECT " does not belong to this helper");
	r = bpf_object__load(off_cpu->object);
	if (r < 0)
		return sampler_refuse_load(-r, ret);
	if (find_maps(off_cpu) < 0)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, 0, OFF_CPU_OBJECT " does not belong to this helper");
	off_cpu->possible_cpus = sampler->possible_cpus;
	off_cpu->ledger_buffer = calloc((size_t)off_cpu->possible_cpus, sizeof(struct wait_ledger));
	return off_cpu->ledger_buffer ? 0 : fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory");
}

/* In the order of the object: what ends a sleep comes after what begins it, and misses those of a few microseconds. */
int off_cpu_attach(struct off_cpu *off_cpu, struct failure *ret)
{
	struct bpf_program *program;
	int count = 0;

	off_cpu->attached_ns = monotonic_ns();
	bpf_object__for_each_program (program, off_cpu->object) {
		if (bpf_program__fd(program) < 0 || count == PROGRAMS)
			continue;
		if (sampler_attach(program, &off_cpu->links[count++], ret) < 0)
			return -1;
	}
	return 0;
}

bool off_cpu_add_sleeper(struct off_cpu *off_cpu, u32 tgid, u32 tid, u32 state)
{
	const struct wait wait = { .left_ns = off_cpu->attached_ns, .tgid = tgid, .tid = tid, .state = state };

	return bpf_map_update_elem(off_cpu->open_fd, &tid, &wait, BPF_NOEXIST) == 0;
}

void off_cpu_remove_sleeper(struct off_cpu *off_cpu, u32 tid)
{
	struct wait wait;

	if (bpf_map_lookup_elem(off_cpu->open_fd, &tid, &wait) == 0 && wait.left_ns == off_cpu->attached_ns)
		bpf_map_delete_elem(off_cpu->open_fd, &tid);
}

void off_cpu_detach(struct off_cpu *off_cpu)
{
	for (int i = 0; i < PROGRAMS; i++) {
		bpf_link__destroy(off_cpu->links[i]);
		off_cpu->links[i] = NULL;
	}
	if (!off_cpu->detached_ns)
		off_cpu->detached_ns = monotonic_ns();
}

static int read_open(struct off_cpu *off_cpu)
{
	static u32 keys[BATCH];
	static struct wait values[BATCH];
	u32 position, count;
	bool first = true;
	int r;

	off_cpu->open_count = 0;
	do {
		count = BATCH;
		r = bpf_map_lookup_batch(off_cpu->open_fd, first ? NULL : &position, &position, keys, values, &count,
					 NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		first = false;
		if (off_cpu->open_count + count > off_cpu->open_capacity) {
			size_t capacity = (off_cpu->open_count + count) * 2;
			struct wait *grown = realloc(off_cpu->open, capacity * sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			off_cpu->open = grown;
			off_cpu->open_capacity = capacity;
		}
		for (u32 i = 0; i < count; i++) {
			if (values[i].left_ns)
				off_cpu->open[off_cpu->open_count++] = values[i];
		}
	} while (r == 0);
	return 0;
}

static int take_ended(void *context, void *data, size_t length)
{
	struct off_cpu *off_cpu = context;

	if (length >= sizeof(struct ended_wait))
		wait_times_add_ended(&off_cpu->times, data);
	return 0;
}

static int drain_ended(struct off_cpu *off_cpu)
{
	int r;

	if (!off_cpu->ring) {
		off_cpu->ring = ring_buffer__new(off_cpu->ended_fd, take_ended, off_cpu, NULL);
		if (!off_cpu->ring)
			return -errno;
	}
	r = ring_buffer__consume(off_cpu->ring);
	return r < 0 ? r : 0;
}

static int drain_sums(struct off_cpu *off_cpu, int fd)
{
	static struct wait_key keys[BATCH];
	static struct wait_sum values[BATCH];
	u32 position, count;
	bool first = true;
	int r;

	do {
		count = BATCH;
		r = bpf_map_lookup_and_delete_batch(fd, first ? NULL : &position, &position, keys, values, &count,
						    NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		first = false;
		for (u32 i = 0; i < count; i++)
			wait_times_add_sum(&off_cpu->times, &keys[i], &values[i]);
	} while (r == 0);
	return 0;
}

static int drain_ledger(struct off_cpu *off_cpu, u32 buffer, struct wait_ledger *ret)
{
	*ret = (struct wait_ledger){ 0 };
	if (bpf_map_lookup_elem(off_cpu->ledgers_fd, &buffer, off_cpu->ledger_buffer) < 0)
		return -errno;
	for (int cpu = 0; cpu < off_cpu->possible_cpus; cpu++) {
		ret->short_waits += off_cpu->ledger_buffer[cpu].short_waits;
		ret->map_full += off_cpu->ledger_buffer[cpu].map_full;
		ret->stacks_lost += off_cpu->ledger_buffer[cpu].stacks_lost;
		ret->ends_untold += off_cpu->ledger_buffer[cpu].ends_untold;
	}
	memset(off_cpu->ledger_buffer, 0, (size_t)off_cpu->possible_cpus * sizeof(struct wait_ledger));
	return bpf_map_update_elem(off_cpu->ledgers_fd, &buffer, off_cpu->ledger_buffer, BPF_ANY) < 0 ? -errno : 0;
}

int off_cpu_drain(struct off_cpu *off_cpu, u32 buffer, struct drained *ret)
{
	const bool last = off_cpu->detached_ns != 0;
	int r = read_open(off_cpu);

	if (r < 0)
		return r;
	wait_times_begin(&off_cpu->times, off_cpu->open_count);
	for (size_t i = 0; i < off_cpu->open_count; i++)
		wait_times_add_open(&off_cpu->times, &off_cpu->open[i], last ? off_cpu->detached_ns : ret->flipped_ns,
				    last, off_cpu->least_ns);
	/* After the open ones: what ended meanwhile is told of the rest only. */
	r = drain_ended(off_cpu);
	if (r == 0)
		r = drain_sums(off_cpu, off_cpu->sums_fds[buffer]);
	if (r == 0)
		r = drain_ledger(off_cpu, buffer, &ret->wait_ledger);
	wait_times_end(&off_cpu->times);
	ret->waits = off_cpu->times.rows;
	ret->wait_count = off_cpu->times.count;
	ret->wait_ledger.map_full += off_cpu->times.missing;
	return r;
}

void off_cpu_forget_stack(const struct off_cpu *off_cpu, u64 hash)
{
	bpf_map_delete_elem(off_cpu->seen_fd, &hash);
}

void off_cpu_forget_code(const struct off_cpu *off_cpu, u64 id)
{
	bpf_map_delete_elem(off_cpu->codes_fd, &id);
}

u64 off_cpu_run_time(const struct off_cpu *off_cpu)
{
	struct bpf_program *program;
	u64 sum = 0;

	bpf_object__for_each_program (program, off_cpu->object) {
		struct bpf_prog_info info = { 0 };
		u32 length = sizeof(info);

		if (bpf_program__fd(program) >= 0 &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0)
			sum += info.run_time_ns;
	}
	return sum;
}

void off_cpu_close(struct off_cpu *off_cpu)
{
	if (!off_cpu)
		return;
	off_cpu_detach(off_cpu);
	ring_buffer__free(off_cpu->ring);
	bpf_object__close(off_cpu->object);
	wait_times_close(&off_cpu->times);
	free(off_cpu->open);
	free(off_cpu->ledger_buffer);
	free(off_cpu);
}
