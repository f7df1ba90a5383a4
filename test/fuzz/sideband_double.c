/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of sideband.c: processes, names and mappings that come and go at random. */
#include <stdlib.h>
#include <string.h>

#include "../../native/helper/clock.h"
#include "../../native/helper/session.h"
#include "kernel_double.h"

#define EVENTS 8

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
			.kind = (u32)(1 + random_number() % 6),
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
