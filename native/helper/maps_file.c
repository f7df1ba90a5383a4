/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/TGID/maps, whose lines hold paths that the target chose: fs/proc/task_mmu.c, show_map_vma(). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "modules.h"

/* The numbers, and a path of PATH_MAX in which every byte is escaped as \ooo. */
#define LINE_MAX_BYTES (256 + 4 * 4096)

/* struct procmap_query of linux/fs.h since 6.11, which the distribution's headers lack. */
struct procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};
#define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query)

/* The kernel reads the note. Before 6.11, none is given: the engine reads the file itself. */
static void read_build_id(struct mapping *mapping, int fd)
{
	struct procmap_query query = {
		.size = sizeof(query),
		.query_addr = mapping->start,
		.build_id_size = WIRE_BUILD_ID_MAX,
		.build_id_addr = (uint64_t)(uintptr_t)mapping->build_id,
	};

	if (ioctl(fd, PROCMAP_QUERY, &query) == 0 && query.vma_start == mapping->start &&
	    query.build_id_size <= WIRE_BUILD_ID_MAX)
		mapping->build_id_length = query.build_id_size;
	else
		memset(mapping->build_id, 0, sizeof(mapping->build_id));
}

static bool is_same_file(const struct mapping *a, const struct mapping *b)
{
	return a->inode != 0 && a->inode == b->inode && a->device_major == b->device_major &&
	       a->device_minor == b->device_minor;
}

/* seq_path() writes a newline as \012. */
static size_t unescape(char *text, size_t length)
{
	size_t to = 0;

	for (size_t from = 0; from < length; from++) {
		if (length - from >= 4 && memcmp(text + from, "\\012", 4) == 0) {
			text[to++] = '\n';
			from += 3;
		} else {
			text[to++] = text[from];
		}
	}
	return to;
}

static int parse_line(struct mappings *mappings, char *line, size_t length, int fd, uint32_t tgid)
{
	struct mapping mapping = { 0 };
	const struct mapping *before;
	unsigned long long start, end, offset, inode;
	unsigned int major, minor;
	char permissions[5];
	int used = 0, r;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu%n", &start, &end, permissions, &offset, &major,
		   &minor, &inode, &used) != 7 ||
	    permissions[2] != 'x' || start >= end)
		return 0;
	if (start >> 63) /* vsyscall: the kernel's half */
		return 0;
	while ((size_t)used < length && line[used] == ' ')
		used++;
	mapping.start = start;
	mapping.end = end;
	mapping.file_offset = offset;
	mapping.inode = inode;
	mapping.device_major = major;
	mapping.device_minor = minor;
	before = mappings->count > 0 ? &mappings->list[mappings->count - 1] : NULL;
	r = mapping_set_path(&mapping, line + used, unescape(line + used, length - (size_t)used), before);
	if (r < 0)
		return r;
	if (mapping.flags & (WIRE_MAPPING_ANONYMOUS | WIRE_MAPPING_VDSO))
		mapping.file_offset = 0;
	if (before && before->path == mapping.path && is_same_file(before, &mapping)) {
		memcpy(mapping.build_id, before->build_id, sizeof(mapping.build_id));
		mapping.build_id_length = before->build_id_length;
	} else if (!(mapping.flags & WIRE_MAPPING_ANONYMOUS)) {
		read_build_id(&mapping, fd);
	}
	mapping_identify(&mapping, tgid);
	r = mappings_add(mappings, &mapping);
	mapping_clear(&mapping);
	return r < 0 ? r : 0;
}

int mappings_read(struct mappings *mappings, uint32_t tgid)
{
	static char buffer[LINE_MAX_BYTES];
	char path[32];
	size_t filled = 0;
	ssize_t n;
	int fd, r = 0;

	mappings_clear(mappings);
	snprintf(path, sizeof(path), "/proc/%u/maps", tgid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (r >= 0 && (n = read(fd, buffer + filled, sizeof(buffer) - 1 - filled)) > 0) {
		char *line = buffer, *newline;

		filled += (size_t)n;
		buffer[filled] = 0;
		while (r >= 0 && (newline = memchr(line, '\n', filled - (size_t)(line - buffer)))) {
			*newline = 0;
			r = parse_line(mappings, line, (size_t)(newline - line), fd, tgid);
			line = newline + 1;
		}
		filled -= (size_t)(line - buffer);
		memmove(buffer, line, filled);
		if (filled == sizeof(buffer) - 1) /* no line is so long */
			r = -EBADMSG;
	}
	if (r >= 0 && n < 0)
		r = -errno;
	close(fd);
	/* What comes after would find no room either. */
	if (r == -E2BIG) {
		mappings->truncated = true;
		return 0;
	}
	return r < 0 ? r : 0;
}
