/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of probe_program.c, probe_attach*.c, probe_scope.c, probe_drain.c and kernel_functions.c: probes that are hit at random. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../../native/helper/clock.h"
#include "../../native/helper/session.h"
#include "kernel_double.h"

#define VALUES 8
#define EVENTS 8

int probe_attach(struct probe *probe, struct session *session, struct probe_refusal *ret)
{
	(void)session;
	/* Every name ends within the text, and is of harmless characters. */
	for (u32 i = 0; i < probe->name_count; i++) {
		if (probe->names[i] < probe->text || strlen(probe->names[i]) > WIRE_PROBE_NAME_MAX ||
		    strpbrk(probe->names[i], "/%\n\\ *") != NULL)
			abort();
	}
	probe->mechanism = WIRE_MECHANISM_UPROBE;
	probe->functions = probe->name_count;
	if (random_number() % 4 == 0)
		return refuse_probe(ret, WIRE_PROBE_NOT_FOUND, 0, "the double does not want to");
	return 0;
}

void probe_unhook(struct probe *probe)
{
	probe->link_count = 0;
}

void probes_follow(struct session *session)
{
	(void)session;
}

void probe_close(struct probe *probe)
{
	probe_free(probe);
}

void probes_close(struct probes *probes)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		if (probes->list[i])
			probe_close(probes->list[i]);
	}
	free(probes->values);
	free(probes->events);
}

int probes_drain(struct probes *probes, struct sampler *sampler)
{
	(void)sampler;
	probes->value_count = probes->event_count = 0;
	if (!probes->values) {
		probes->values = calloc(VALUES, sizeof(*probes->values));
		probes->events = calloc(EVENTS, sizeof(*probes->events));
	}
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		struct probe *probe = probes->list[i];
		const u32 tid = (u32)(random_number() % 3 ? living_tgid : 0);

		if (!probe)
			continue;
		probe->drained = probe->ending;
		if (probes->value_count < VALUES)
			probes->values[probes->value_count++] = (struct probe_value){
				.probe = probe,
				.key = { .user_stack = random_number() % 17,
					 .tgid = living_tgid,
					 .tid = tid,
					 .cell = (u32)(random_number() % PROBE_CELLS) },
				.cell = { .count = random_number() % 5, .sum = -3 },
			};
		if (probes->event_count < EVENTS)
			probes->events[probes->event_count++] = (struct probe_event){
				.time_ns = monotonic_ns(),
				.user_stack = random_number() % 17,
				.probe = random_number() % 4 ? probe->request.probe : 77,
				.tgid = living_tgid,
				.tid = living_tgid,
			};
	}
	return 0;
}

/* Now and then a list of one line that is long, or has no end. */
int tracefs_open(const char *path)
{
	(void)path;
	return random_number() % 2 ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : -ENOENT;
}

int probe_read_figures(const struct probe *probe, int cpus, struct probe_figures *ret)
{
	(void)cpus;
	*ret = probe->figures;
	ret->calls += random_number() % 1000;
	ret->measured = ret->calls;
	ret->runs += random_number() % 1000;
	ret->timed_runs += random_number() % 3;
	ret->timed_ns += random_number() % 10000000;
	return random_number() % 16 ? 0 : -1;
}

int probe_read_cells(const struct probe *probe, int cpus, struct probe_cell *ret)
{
	(void)cpus;
	memcpy(ret, probe->sent, PROBE_CELLS * sizeof(*ret));
	ret[random_number() % PROBE_CELLS].count += random_number() % 7;
	return 0;
}

u64 probe_recursions(const struct probe *probe)
{
	(void)probe;
	return 0;
}
