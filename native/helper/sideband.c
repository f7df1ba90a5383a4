/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sideband.h"

/* An exec of a program with 10 libraries is about 1.5 KiB. */
#define RING_LENGTH ((size_t)256 << 10)
#define EVENTS_MAX ((size_t)1 << 17)

/* What sample_id_all appends for PERF_SAMPLE_TID | PERF_SAMPLE_TIME. */
struct sample_id {
	u32 tgid, tid;
	u64 time_ns;
};

struct mmap2_record {
	struct perf_event_header header;
	u32 tgid, tid;
	u64 address, length, file_offset;
	union {
		struct {
			u32 major, minor;
			u64 inode, inode_generation;
		};
		struct {
			u8 build_id_length, reserved_1;
			u16 reserved_2;
			u8 build_id[20];
		};
	};
	u32 protection, flags;
	char path[];
};

struct comm_record {
	struct perf_event_header header;
	u32 tgid, tid;
	char comm[];
};

struct lost_record {
	struct perf_event_header header;
	u64 id, lost;
};

static int open_dummy(int cpu, bool build_ids, bool at_once)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.build_id = build_ids,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = at_once ? 1 : RING_LENGTH / 2,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

bool sideband_has_build_ids(void)
{
	int fd = open_dummy(0, true, false);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int sideband_open(struct sideband *sideband, const int *cpus, int cpu_count, bool at_once,
		  struct failure *ret)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	bool build_ids = sideband_has_build_ids();

	*sideband = (struct sideband){ .ring_length = RING_LENGTH };
	sideband->rings = calloc((size_t)cpu_count, sizeof(*sideband->rings));
	if (!sideband->rings)
		return fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory");
	for (int i = 0; i < cpu_count; i++) {
		struct perf_ring *ring = &sideband->rings[i];

		ring->fd = open_dummy(cpus[i], build_ids, at_once);
		if (ring->fd < 0 && (errno == EACCES || errno == EPERM))
			return fail(ret, WIRE_ERROR_NOT_PERMITTED, errno,
				    "the kernel does not let the helper open a perf event");
		if (ring->fd < 0)
			return fail(ret, WIRE_ERROR_PERF_EVENT, errno, "dummy event: %s", strerror(errno));
		sideband->ring_count = i + 1;
		ring->memory =
			mmap(NULL, page + RING_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
		if (ring->memory == MAP_FAILED) {
			ring->memory = NULL;
			return fail(ret, WIRE_ERROR_MEMORY, errno, "buffer of a perf event: %s",
				    strerror(errno));
		}
	}
	return 0;
}

static struct side_event *append(struct sideband *sideband)
{
	if (sideband->count == sideband->capacity) {
		size_t capacity = sideband->capacity ? sideband->capacity * 2 : 256;
		struct side_event *grown =
			capacity <= EVENTS_MAX ? realloc(sideband->events, capacity * sizeof(*grown)) : NULL;

		if (!grown) {
			sideband->lost++;
			return NULL;
		}
		sideband->events = grown;
		sideband->capacity = capacity;
	}
	return &sideband->events[sideband->count];
}

static void take_mapping(struct sideband *sideband, const struct mmap2_record *record, size_t path_length,
			 u64 time_ns)
{
	struct side_event *event = append(sideband);
	struct mapping mapping = {
		.start = record->address,
		.end = record->address + record->length,
		.file_offset = record->file_offset,
	};

	if (!event || record->address >> 63 || mapping.end <= mapping.start)
		return;
	if (record->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
		mapping.build_id_length =
			record->build_id_length <= WIRE_BUILD_ID_MAX ? record->build_id_length : 0;
		memcpy(mapping.build_id, record->build_id, mapping.build_id_length);
	} else {
		mapping.inode = record->inode;
		mapping.inode_generation = record->inode_generation;
		mapping.device_major = record->major;
		mapping.device_minor = record->minor;
	}
	if (mapping_set_path(&mapping, record->path, strnlen(record->path, path_length), NULL) < 0) {
		sideband->lost++;
		return;
	}
	if (mapping.flags & (WIRE_MAPPING_ANONYMOUS | WIRE_MAPPING_VDSO))
		mapping.file_offset = 0;
	*event = (struct side_event){ time_ns, SIDE_MAPPING, record->tgid, { .mapping = mapping } };
	sideband->count++;
}

static void take_name(struct sideband *sideband, const struct comm_record *record, size_t comm_length,
		      u64 time_ns)
{
	struct side_event *event = append(sideband);

	if (!event)
		return;
	*event = (struct side_event){ .time_ns = time_ns, .kind = SIDE_NAME, .tgid = record->tgid };
	event->name.tid = record->tid;
	event->name.exec = record->header.misc & PERF_RECORD_MISC_COMM_EXEC;
	memcpy(event->name.comm, record->comm, strnlen(record->comm, comm_length < 15 ? comm_length : 15));
	sideband->count++;
}

static void take_record(struct sideband *sideband, const struct perf_event_header *header)
{
	const size_t length = header->size;
	const struct sample_id *id = (const void *)((const char *)header + length - sizeof(*id));

	if (header->type == PERF_RECORD_MMAP2 && length > sizeof(struct mmap2_record) + sizeof(*id))
		take_mapping(sideband, (const void *)header,
			     length - sizeof(struct mmap2_record) - sizeof(*id), id->time_ns);
	else if (header->type == PERF_RECORD_COMM && length > sizeof(struct comm_record) + sizeof(*id))
		take_name(sideband, (const void *)header, length - sizeof(struct comm_record) - sizeof(*id),
			  id->time_ns);
	else if (header->type == PERF_RECORD_LOST && length >= sizeof(struct lost_record))
		sideband->lost += ((const struct lost_record *)header)->lost;
}

static void read_ring(struct sideband *sideband, struct perf_ring *ring)
{
	static u64 whole[(1 << 16) / sizeof(u64)];
	struct perf_event_mmap_page *page = ring->memory;
	const char *data = (const char *)page + page->data_offset;
	const size_t mask = sideband->ring_length - 1;
	u64 head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE), tail = page->data_tail;

	while (tail < head) {
		const struct perf_event_header *header = (const void *)(data + (tail & mask));
		size_t length = header->size, first = sideband->ring_length - (tail & mask);

		if (length < sizeof(*header))
			break;
		if (length > first) {
			memcpy(whole, header, first);
			memcpy((char *)whole + first, data, length - first);
			header = (const void *)whole;
		}
		take_record(sideband, header);
		tail += length;
	}
	__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
}

static int take_lifecycle(void *context, void *data, size_t length)
{
	struct sideband *sideband = context;
	const struct lifecycle *record = data;
	struct side_event *event;

	if (length < sizeof(*record))
		return 0;
	event = append(sideband);
	if (!event)
		return 0;
	*event = (struct side_event){
		record->time_ns, SIDE_LIFECYCLE, record->tgid, { .lifecycle = *record }
	};
	event->lifecycle.comm[WIRE_COMM_SIZE - 1] = 0;
	sideband->count++;
	return 0;
}

int sideband_add_lifecycles(struct sideband *sideband, int ring_fd, struct failure *ret)
{
	sideband->lifecycles = ring_buffer__new(ring_fd, take_lifecycle, sideband, NULL);
	return sideband->lifecycles ? 0
				    : fail(ret, WIRE_ERROR_MEMORY, errno, "ring buffer: %s", strerror(errno));
}

static int by_time(const void *a, const void *b)
{
	const struct side_event *left = a, *right = b;

	return left->time_ns < right->time_ns ? -1 : left->time_ns > right->time_ns;
}

void sideband_read(struct sideband *sideband)
{
	/* What was taken already has given its paths back. */
	if (sideband->next > 0) {
		memmove(sideband->events, sideband->events + sideband->next,
			(sideband->count - sideband->next) * sizeof(*sideband->events));
		sideband->count -= sideband->next;
		sideband->next = 0;
	}
	for (int i = 0; i < sideband->ring_count; i++)
		read_ring(sideband, &sideband->rings[i]);
	if (sideband->lifecycles)
		ring_buffer__consume(sideband->lifecycles);
	if (sideband->count > 1)
		qsort(sideband->events, sideband->count, sizeof(*sideband->events), by_time);
}

struct side_event *sideband_next(struct sideband *sideband, u64 until_ns)
{
	if (sideband->next == sideband->count || sideband->events[sideband->next].time_ns > until_ns)
		return NULL;
	return &sideband->events[sideband->next++];
}

void sideband_close(struct sideband *sideband)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < sideband->ring_count; i++) {
		if (sideband->rings[i].memory)
			munmap(sideband->rings[i].memory, page + sideband->ring_length);
		close(sideband->rings[i].fd);
	}
	ring_buffer__free(sideband->lifecycles);
	for (size_t i = sideband->next; i < sideband->count; i++) {
		if (sideband->events[i].kind == SIDE_MAPPING)
			mapping_clear(&sideband->events[i].mapping);
	}
	free(sideband->rings);
	free(sideband->events);
	*sideband = (struct sideband){ 0 };
}
