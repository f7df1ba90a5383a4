/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the functions and the static probes (USDT) of a program's file lie, by its own tables. The file may be anybody's:
 * it is read with pread() alone, every count is checked, and what does not fit is not there.
 */
#ifndef EMBERSCOPE_OBJECT_SYMBOLS_H
#define EMBERSCOPE_OBJECT_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place that can be probed. */
struct object_place {
	uint64_t offset;    /* into the file */
	uint64_t semaphore; /* likewise, of a static probe that is to be told that somebody listens; 0: none */
	uint32_t name;	    /* which of those asked for */
};

#define OBJECT_ARGUMENTS_MAX 128

struct object_places {
	struct object_place *list;
	size_t count, capacity;
	/* Of static probes: where their arguments are, if all places say the same; else empty. */
	char arguments[OBJECT_ARGUMENTS_MAX];
};

/* At most so many of one search: a name may have several (static functions of several files). */
#define OBJECT_PLACES_MAX 20000

/*
 * Functions of these names (sorted by strcmp) in .symtab and .dynsym. Returns 0 or -errno; -ENOEXEC: no file of this
 * machine. A name without a place is no error.
 */
int object_find_functions(int fd, const char *const *names, size_t count, struct object_places *ret);
/* Static probes, by "provider:name", of .note.stapsdt. */
int object_find_static_probes(int fd, const char *const *names, size_t count, struct object_places *ret);
void object_places_close(struct object_places *places);

#endif
