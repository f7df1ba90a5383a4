/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mappings.h"

/* Bytes of all paths. */
static size_t path_bytes;

static void path_release(struct path *path)
{
	if (!path || --path->references > 0)
		return;
	path_bytes -= path->length;
	free(path);
}

void mapping_clear(struct mapping *mapping)
{
	path_release(mapping->path);
	mapping->path = NULL;
}

static bool starts_with(const char *text, size_t length, const char *prefix)
{
	size_t wanted = strlen(prefix);

	return length >= wanted && memcmp(text, prefix, wanted) == 0;
}

int mapping_set_path(struct mapping *mapping, const char *text, size_t length, const struct mapping *like)
{
	static const char deleted[] = " (deleted)";
	static const char *const not_files[] = { "/memfd:",	"/dev/zero", "/SYSV",
						 "anon_inode:", "//anon",    "/anon_hugepage" };
	const size_t suffix = sizeof(deleted) - 1;
	struct path *path;

	mapping->flags = 0;
	mapping->path = NULL;
	if (length == 6 && memcmp(text, "[vdso]", 6) == 0) {
		mapping->flags = WIRE_MAPPING_VDSO;
	} else {
		if (length > suffix && memcmp(text + length - suffix, deleted, suffix) == 0) {
			mapping->flags |= WIRE_MAPPING_DELETED;
			length -= suffix;
		}
		if (length == 0 || text[0] != '/')
			mapping->flags |= WIRE_MAPPING_ANONYMOUS;
		for (size_t i = 0; i < sizeof(not_files) / sizeof(not_files[0]); i++) {
			if (starts_with(text, length, not_files[i]))
				mapping->flags |= WIRE_MAPPING_ANONYMOUS;
		}
		if (starts_with(text, length, "//anon"))
			length = 0;
	}
	if (length == 0)
		return 0;
	if (like && like->path && like->path->length == length && memcmp(like->path->text, text, length) == 0) {
		mapping->path = like->path;
		mapping->path->references++;
		return 0;
	}
	if (path_bytes + length > PATHS_TOTAL)
		return -E2BIG;
	path = malloc(sizeof(*path) + length);
	if (!path)
		return -ENOMEM;
	path_bytes += length;
	path->references = 1;
	path->length = (uint32_t)length;
	memcpy(path->text, text, length);
	mapping->path = path;
	return 0;
}

static bool same_path(const struct path *a, const struct path *b)
{
	return a == b || (a && b && a->length == b->length && memcmp(a->text, b->text, a->length) == 0);
}

/* Whether an address that both cover means the same in both. */
static bool means_the_same(const struct mapping *a, const struct mapping *b)
{
	if ((a->flags & WIRE_MAPPING_ANONYMOUS) && (b->flags & WIRE_MAPPING_ANONYMOUS))
		return true;
	if (a->flags != b->flags || a->start - a->file_offset != b->start - b->file_offset)
		return false;
	/* Records that carry a build id carry no inode. */
	if (a->inode && b->inode &&
	    (a->inode != b->inode || a->device_major != b->device_major ||
	     a->device_minor != b->device_minor))
		return false;
	if (a->build_id_length && b->build_id_length &&
	    (a->build_id_length != b->build_id_length ||
	     memcmp(a->build_id, b->build_id, a->build_id_length) != 0))
		return false;
	return same_path(a->path, b->path);
}

/* Places in all lists. */
static size_t places;

/* Index of the first that ends after `address`. */
static size_t first_ending_after(const struct mappings *mappings, uint64_t address)
{
	size_t low = 0, high = mappings->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (mappings->list[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int reserve(struct mappings *mappings, size_t count)
{
	size_t capacity = mappings->capacity ? mappings->capacity : 16;
	struct mapping *grown;

	if (count > MAPPINGS_MAX)
		return -E2BIG;
	while (capacity < count)
		capacity *= 2;
	if (capacity == mappings->capacity)
		return 0;
	if (places + capacity - mappings->capacity > MAPPINGS_TOTAL)
		return -E2BIG;
	grown = realloc(mappings->list, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	places += capacity - mappings->capacity;
	mappings->list = grown;
	mappings->capacity = capacity;
	return 0;
}

static void cut(struct mapping *piece, uint64_t start, uint64_t end)
{
	if (!(piece->flags & (WIRE_MAPPING_ANONYMOUS | WIRE_MAPPING_VDSO)))
		piece->file_offset += start - piece->start;
	piece->start = start;
	piece->end = end;
}

int mappings_add(struct mappings *mappings, const struct mapping *mapping)
{
	struct mapping pieces[3];
	size_t from = first_ending_after(mappings, mapping->start), to = from, count = 0;
	bool replaced = false;
	int r;

	if (mapping->end <= mapping->start)
		return -EINVAL;
	for (; to < mappings->count && mappings->list[to].start < mapping->end; to++) {
		const struct mapping *other = &mappings->list[to];

		if (!means_the_same(other, mapping))
			replaced = true;
		else if (other->start <= mapping->start && other->end >= mapping->end)
			return MAPPING_KNOWN;
	}
	r = reserve(mappings, mappings->count + 2);
	if (r < 0)
		return r;
	if (from < to && mappings->list[from].start < mapping->start) {
		pieces[count] = mappings->list[from];
		cut(&pieces[count++], mappings->list[from].start, mapping->start);
	}
	pieces[count++] = *mapping;
	if (from < to && mappings->list[to - 1].end > mapping->end) {
		pieces[count] = mappings->list[to - 1];
		cut(&pieces[count++], mapping->end, mappings->list[to - 1].end);
	}
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].path)
			pieces[i].path->references++;
	}
	for (size_t i = from; i < to; i++)
		mapping_clear(&mappings->list[i]);
	memmove(mappings->list + from + count, mappings->list + to, (mappings->count - to) * sizeof(*pieces));
	memcpy(mappings->list + from, pieces, count * sizeof(*pieces));
	mappings->count += count - (to - from);
	return replaced ? MAPPING_REPLACED : MAPPING_ADDED;
}

int mappings_copy(struct mappings *mappings, const struct mappings *from)
{
	int r;

	mappings_clear(mappings);
	r = reserve(mappings, from->count);
	if (r < 0)
		return r;
	if (from->count > 0)
		memcpy(mappings->list, from->list, from->count * sizeof(*from->list));
	mappings->count = from->count;
	for (size_t i = 0; i < from->count; i++) {
		if (mappings->list[i].path)
			mappings->list[i].path->references++;
	}
	return 0;
}

void mappings_clear(struct mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		mapping_clear(&mappings->list[i]);
	free(mappings->list);
	places -= mappings->capacity;
	*mappings = (struct mappings){ 0 };
}

bool mapping_send(struct send_queue *queue, const struct mapping *mapping, uint32_t tgid, uint32_t generation)
{
	uint32_t length = mapping->path ? mapping->path->length : 0;
	struct wire_mapping frame = {
		.tgid = tgid,
		.generation = generation,
		.start = mapping->start,
		.end = mapping->end,
		.file_offset = mapping->file_offset,
		.inode = mapping->inode,
		.device_major = mapping->device_major,
		.device_minor = mapping->device_minor,
		.flags = mapping->flags,
		.path_length = length,
		.build_id_length = mapping->build_id_length,
	};

	memcpy(frame.build_id, mapping->build_id, sizeof(frame.build_id));
	return send_frame(queue, SEND_TABLES, WIRE_MAPPING, &frame, sizeof(frame),
			  mapping->path ? mapping->path->text : NULL, length);
}
