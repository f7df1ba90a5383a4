/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of probes kept, out of their maps. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes.h"

#define BATCH 4096u
/* Some 90 MB; what comes beyond is dropped and counted. The ring holds a little less than half as many. */
#define EVENTS_MAX ((size_t)1 << 19)
#define EVENT_LEAST offsetof(struct probe_event, text)
#define CPUS_MAX 8192

/* Makes room for one more. False: there is no memory, or too many. */
static bool has_room(void **list, size_t *capacity, size_t count, size_t size, size_t most)
{
	size_t wanted = *capacity ? *capacity * 2 : 1024;
	void *grown;

	if (count < *capacity)
		return true;
	grown = count < most ? realloc(*list, wanted * size) : NULL;
	if (!grown)
		return false;
	*list = grown;
	*capacity = wanted;
	return true;
}

static void keep_value(struct probes *probes, struct probe *probe, const struct probe_group *key,
		       const struct probe_cell *cell)
{
	if (has_room((void **)&probes->values, &probes->value_capacity, probes->value_count, sizeof(*probes->values),
		     SIZE_MAX))
		probes->values[probes->value_count++] = (struct probe_value){ probe, *key, *cell };
	else
		probe->lost += cell->count;
}

static int drain_groups(struct probes *probes, struct probe *probe, u32 buffer)
{
	static struct probe_group keys[BATCH];
	static struct probe_cell cells[BATCH];
	u32 position, count;
	bool first = true;
	int r;

	do {
		count = BATCH;
		r = bpf_map_lookup_and_delete_batch(probe->groups_fds[buffer], first ? NULL : &position, &position, keys,
						    cells, &count, NULL);
		if (r < 0 && r != -ENOENT)
			return r;
		first = false;
		for (u32 i = 0; i < count; i++)
			keep_value(probes, probe, &keys[i], &cells[i]);
	} while (r == 0);
	return 0;
}

static int keep_event(void *context, void *data, size_t length)
{
	struct probes *probes = context;
	const struct probe_event *event = data;
	struct probe_event *kept;
	struct probe *probe = length >= EVENT_LEAST ? probes_find(probes, event->probe) : NULL;

	if (!probe)
		return 0; /* it ended, and the engine was told so */
	if (!has_room((void **)&probes->events, &probes->event_capacity, probes->event_count, sizeof(*probes->events),
		      EVENTS_MAX)) {
		probe->dropped++;
		return 0;
	}
	kept = &probes->events[probes->event_count++];
	memcpy(kept, event, EVENT_LEAST);
	if (length >= sizeof(*event))
		memcpy(kept->text, event->text, sizeof(event->text));
	else
		kept->text[0] = '\0';
	return 0;
}

static int drain_events(struct probes *probes)
{
	int r;

	if (!probes->events_fd)
		return 0;
	if (!probes->ring) {
		probes->ring = ring_buffer__new(probes->events_fd, keep_event, probes, NULL);
		if (!probes->ring)
			return -errno;
	}
	r = ring_buffer__consume(probes->ring);
	return r < 0 ? r : 0;
}

static bool has_groups(const struct probe *probe)
{
	return probe->settings.flags & (PROBE_BY_THREAD | PROBE_BY_STACK) || probe->request.kind == WIRE_PROBE_READY;
}

int probes_drain(struct probes *probes, struct sampler *sampler)
{
	const u32 buffer = 1 - (sampler->control->active & 1);
	int r = 0;

	probes->value_count = probes->event_count = 0;
	for (size_t i = 0; r == 0 && i < WIRE_MAX_PROBES; i++) {
		struct probe *probe = probes->list[i];

		if (!probe)
			continue;
		probe->drained = probe->ending;
		if (has_groups(probe))
			r = drain_groups(probes, probe, buffer);
	}
	return r < 0 ? r : drain_events(probes);
}

/* Adds up what each CPU has: `words` of u64 each. */
static int read_sum(int fd, int cpus, u64 *ret, size_t words)
{
	const u32 zero = 0;
	u64 *of_cpus;
	int r;

	if (cpus <= 0 || cpus > CPUS_MAX)
		return -EINVAL;
	of_cpus = malloc((size_t)cpus * words * sizeof(*of_cpus));
	if (!of_cpus)
		return -ENOMEM;
	r = bpf_map_lookup_elem(fd, &zero, of_cpus) < 0 ? -errno : 0;
	memset(ret, 0, words * sizeof(*ret));
	for (size_t i = 0; r == 0 && i < (size_t)cpus * words; i++)
		ret[i % words] += of_cpus[i];
	free(of_cpus);
	return r;
}

int probe_read_figures(const struct probe *probe, int cpus, struct probe_figures *ret)
{
	int r = read_sum(probe->figures_fd, cpus, (u64 *)ret, sizeof(*ret) / sizeof(u64));

	if (probe_counts_alone(probe))
		ret->measured = ret->calls;
	return r;
}

int probe_read_cells(const struct probe *probe, int cpus, struct probe_cell *ret)
{
	return read_sum(probe->cells_fd, cpus, (u64 *)ret, PROBE_CELLS * sizeof(*ret) / sizeof(u64));
}

static struct bpf_prog_info info_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		memset(&info, 0, sizeof(info));
	return info;
}

u64 probe_recursions(const struct probe *probe)
{
	u64 sum = 0;

	for (u32 i = 0; i < probe->program_count; i++)
		sum += info_of(probe->program_fds[i]).recursion_misses;
	return sum;
}
