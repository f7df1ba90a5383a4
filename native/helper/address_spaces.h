/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each process's code lies, for walks in the kernel: runs of one map of `struct mapped_code`. A run never changes
 * once a process has it; a process whose mappings change gets another one. Children that the kernel forks share their
 * parent's, before we know of them: so a run is used again only when everything that happened up to its end is known.
 */
#ifndef EMBERSCOPE_ADDRESS_SPACES_H
#define EMBERSCOPE_ADDRESS_SPACES_H

#include "modules.h"
#include "sampler.h"

/* The smallest run; a power of two. Sizes double from here. */
#define RUN_MIN 16u
#define RUN_CLASSES 13 /* to SPACE_MAPPINGS_MAX */

struct run {
	u32 first; /* never 0: no run */
	u32 class;
	u32 references;
	u64 retired_ns; /* 0: in use */
	struct run *next;
};

struct address_spaces {
	struct sampler *sampler;
	u32 unused;		       /* from here on */
	struct run **by_place;	       /* first / RUN_MIN */
	struct run *free[RUN_CLASSES];
	struct run *retired;
	u64 overflowed; /* mappings that found no room */
	u64 versions;	/* given to what was published */
};

/* 0 or -ENOMEM. */
int spaces_open(struct address_spaces *spaces, struct sampler *sampler);
/* The run that a child was forked with; NULL: none. To be released. */
struct run *spaces_adopt(struct address_spaces *spaces, u32 first);
/*
 * Makes the kernel look in these mappings for the process, and with `ask` asks the engine for rows that are missing.
 * `*run` is what the process had and then has. False: something could not be done yet, to be tried again.
 */
bool spaces_publish(struct address_spaces *spaces, struct send_queue *queue, bool ask, u32 tgid, u32 execs,
		    const struct mappings *mappings, struct run **run);
/* `tgid` 0: the kernel has forgotten already. */
void spaces_release(struct address_spaces *spaces, u32 tgid, struct run **run, u64 now_ns);
/* Everything that happened before `known_ns` has been applied. */
void spaces_recycle(struct address_spaces *spaces, u64 known_ns);
void spaces_close(struct address_spaces *spaces);

#endif
