/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to processes while they are sampled: names and executable mappings by dummy perf events
 * on every CPU, beginnings and ends by the BPF program. Together in the order of time.
 */
#ifndef EMBERSCOPE_SIDEBAND_H
#define EMBERSCOPE_SIDEBAND_H

#include <stdbool.h>

#include "failure.h"
#include "kernel_records.h"
#include "mappings.h"

enum side_kind {
	SIDE_LIFECYCLE,
	SIDE_NAME,
	SIDE_MAPPING,
};

struct side_event {
	u64 time_ns;
	enum side_kind kind;
	u32 tgid;
	union {
		struct lifecycle lifecycle;
		struct {
			u32 tid;
			bool exec;
			char comm[WIRE_COMM_SIZE];
		} name;
		struct mapping mapping;
	};
};

struct perf_ring {
	int fd;
	void *memory;
};

struct sideband {
	struct perf_ring *rings;
	int ring_count;
	size_t ring_length; /* bytes of data, a power of two */
	struct ring_buffer *lifecycles;
	struct side_event *events;
	size_t next, count, capacity;
	u64 lost; /* records, since the start */
};

/* 0, or -1 with the failure filled in. */
/* `at_once`: its rings wake whoever waits with every record, not when they fill up. */
int sideband_open(struct sideband *sideband, const int *cpus, int cpu_count, bool at_once, struct failure *ret);
int sideband_add_lifecycles(struct sideband *sideband, int ring_fd, struct failure *ret);
/* Reads all there is. What is older than `until_ns` is then complete, for sideband_next(). */
void sideband_read(struct sideband *sideband);
/* The next event in time, NULL when none is left before `until_ns`. Valid until the next read. */
struct side_event *sideband_next(struct sideband *sideband, u64 until_ns);
void sideband_close(struct sideband *sideband);

/* Whether mmap2 records can carry build ids (since 5.12). */
bool sideband_has_build_ids(void);

#endif
