/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files (and the vdso) whose code is mapped, each once, whoever maps it: by build id, or by device, inode and
 * the inode's generation. The engine is asked for the unwind rows of each.
 */
#ifndef EMBERSCOPE_MODULES_H
#define EMBERSCOPE_MODULES_H

#include "mappings.h"

struct unwind_table;

enum module_state {
	MODULE_UNASKED,
	MODULE_ASKED,	/* the engine has not answered in full yet */
	MODULE_DONE,	/* with a table, the same as another's, or none */
};

struct module {
	uint32_t id; /* from 1 */
	enum module_state state;
	/* One of its mappings: who it is, and through which it can be read. */
	struct mapping mapping;
	uint32_t tgid; /* whose that is */
	struct unwind_table *table; /* NULL: none */
	uint32_t same;		    /* module whose table counts; 0: its own */
	uint32_t python;	    /* the interpreter that it holds, as in struct wire_interpreter; 0: none */
	int64_t python_runtime;
	struct module *next;
};

/* Together some 12 MB. */
#define MODULES_MAX 65536

/* Fills in mapping->module: 0 for what lies in no file, or where there is no room. */
void mapping_identify(struct mapping *mapping, uint32_t tgid);
/* NULL: there is none of this number. */
struct module *module_find(uint32_t id);
/* The module whose table is to be used for this one: itself, or the one it is the same as. */
struct module *module_with_table(struct module *module);
/* Asks the engine for its rows. False: no room in the queue. */
bool module_ask(struct module *module, struct send_queue *queue);
void module_answered(struct module *module);
/* Asked and not answered. */
size_t modules_waited_for(void);
/* All of them, in the order in which they were met. */
size_t modules_count(void);
/* Forgets all; their tables are closed before. */
void modules_close(void);

/*
 * Opens the module's file through one of its mappings, if the file's mode lets the caller read it. A descriptor, or
 * -errno; -ESTALE: another file lies there by now.
 */
int module_open(const struct module *module, uint32_t tgid, const struct mapping *mapping, uint32_t uid);
/* Reads a part of the module's file for the engine, if the file's mode lets the caller read it. BYTES answers. */
void module_read(struct module *module, const struct wire_read *request, uint32_t uid, struct send_queue *queue);

#endif
