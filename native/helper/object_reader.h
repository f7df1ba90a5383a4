/* SPDX-License-Identifier: Apache-2.0 */
/* A program's file as object_symbols.c and object_notes.c read it: every offset and count is checked against its size. */
#ifndef EMBERSCOPE_OBJECT_READER_H
#define EMBERSCOPE_OBJECT_READER_H

#include <elf.h>

#include "object_symbols.h"

#define OBJECT_SEGMENTS_MAX 256u

struct object {
	int fd;
	uint64_t size;
	Elf64_Phdr segments[OBJECT_SEGMENTS_MAX];
	size_t segment_count;
	Elf64_Shdr *sections; /* NULL: it has none */
	size_t section_count;
};

/* Names that are looked for, sorted by strcmp. */
struct wanted {
	const char *const *names;
	size_t count;
};

/* 0 or -errno; -ENOEXEC: no file of this machine. Close it either way. */
int object_open(struct object *object, int fd);
void object_close(struct object *object);
/* 0 or -errno; less than all of it is an error. */
int object_read_at(const struct object *object, uint64_t offset, void *into, size_t length);
/* With a zero behind it, to be freed. NULL and *ret_error (-errno): it cannot be had. */
void *object_read_section(const struct object *object, const Elf64_Shdr *section, uint64_t limit, int *ret_error);
/* False: no segment has this address in the file. */
bool object_find_offset(const struct object *object, uint64_t address, bool code, uint64_t *ret_offset);
/* -1: it is not wanted. */
long object_find_wanted(const struct wanted *wanted, const char *name);
/* 0 or -errno; -E2BIG: there are too many. */
int object_places_add(struct object_places *places, const struct object_place *place);

#endif
