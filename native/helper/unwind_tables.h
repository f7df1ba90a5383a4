/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unwind rows that the engine sends, into the blocks of the BPF maps (bpf/records.h). Nothing in them is believed
 * but that they may be used: they are checked for order and range, and what a walk does with them is bounded.
 */
#ifndef EMBERSCOPE_UNWIND_TABLES_H
#define EMBERSCOPE_UNWIND_TABLES_H

#include "modules.h"
#include "sampler.h"

#define TABLE_PARTS_MAX 16

struct table_part {
	u32 index_block;
	u32 row_blocks;
	u32 first_at;
};

struct unwind_table {
	u32 total, rows; /* to come, and there */
	u32 last_at;
	u32 part_count;
	struct table_part parts[TABLE_PARTS_MAX];
	struct table_loading *loading; /* NULL: it is complete */
};

_Static_assert((size_t)TABLE_PARTS_MAX * BLOCK_INDEXES * BLOCK_ROWS >= WIRE_MAX_ROWS, "parts of the largest table");

struct extent {
	u32 first, count; /* blocks */
};

struct unwind_tables {
	struct sampler *sampler;
	u32 maps_max;
	struct extent *free; /* ascending, never side by side */
	size_t free_count, free_capacity;
	struct wire_tables figures;
	bool changed; /* the figures */
};

/* Whether no process has the module mapped any more: its table may give its room to another one. */
typedef bool module_is_unused(void *context, const struct module *module);

enum table_answer {
	TABLE_GOES_ON, /* more rows of it are to come */
	TABLE_DONE,    /* loaded, none, or refused: the module has its answer */
};

/* The first map of blocks is there already. */
void tables_open(struct unwind_tables *tables, struct sampler *sampler, u32 mebibytes);
/*
 * Takes a frame with rows of a module that was asked for. Returns enum table_answer, or -EBADMSG for a frame that does
 * not follow the one before. Rows that are not as they must be, and a table without room, are refused and counted.
 */
int tables_take(struct unwind_tables *tables, struct module *module, const struct wire_unwind_rows *frame,
		const struct unwind_row *rows, module_is_unused *is_unused, void *context);
void tables_drop(struct unwind_tables *tables, struct module *module);
/* When they changed. False: no room in the queue. */
bool tables_send_figures(struct unwind_tables *tables, struct send_queue *queue);
void tables_close(struct unwind_tables *tables);

#endif
