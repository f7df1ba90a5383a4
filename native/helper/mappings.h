/* SPDX-License-Identifier: Apache-2.0 */
/* The executable mappings of one process: sorted by address, without overlaps. */
#ifndef EMBERSCOPE_MAPPINGS_H
#define EMBERSCOPE_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frames.h"

/* Shared by the copies that forks make. */
struct path {
	uint32_t references;
	uint32_t length;
	char text[];
};

struct mapping {
	uint64_t start;
	uint64_t end; /* exclusive */
	uint64_t file_offset;
	uint64_t inode;
	uint64_t inode_generation; /* 0: not known */
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t flags; /* enum wire_mapping_flags */
	uint8_t build_id[WIRE_BUILD_ID_MAX];
	uint32_t build_id_length;
	uint32_t module;   /* modules.h; 0: none */
	struct path *path; /* NULL: none */
};

struct mappings {
	struct mapping *list;
	size_t count;
	size_t capacity;
	bool truncated; /* by mappings_read(), for want of room */
};

/* A process may have 65,530 mappings by default, of any kind. */
#define MAPPINGS_MAX 65536
/* Of all processes together, about 110 MB: children have a copy of their parent's. */
#define MAPPINGS_TOTAL ((size_t)1 << 20)
#define PATHS_TOTAL ((size_t)64 << 20) /* bytes */

/* A path as the kernel names it becomes flags and a path: `like`'s, where that is the same. `mapping`->inode must
 * be set. Returns 0 or -errno; -E2BIG: too many paths. */
int mapping_set_path(struct mapping *mapping, const char *text, size_t length, const struct mapping *like);
void mapping_clear(struct mapping *mapping);

enum mapping_change {
	MAPPING_KNOWN,	  /* nothing new */
	MAPPING_ADDED,	  /* on free addresses, or more of the same */
	MAPPING_REPLACED, /* other code lay on some of its addresses */
};

/* Takes a reference of its own of the path. Returns an enum mapping_change or -errno; -E2BIG: too many. */
int mappings_add(struct mappings *mappings, const struct mapping *mapping);
int mappings_copy(struct mappings *mappings, const struct mappings *from);
void mappings_clear(struct mappings *mappings);
/* Reads /proc/TGID/maps. Returns 0 or -errno; -ESRCH, -ENOENT: the process is gone. */
int mappings_read(struct mappings *mappings, uint32_t tgid);

bool mapping_send(struct send_queue *queue, const struct mapping *mapping, uint32_t tgid,
		  uint32_t generation);

#endif
