/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind_tables.h"

/* The blocks that are being filled. */
struct table_loading {
	struct unwind_row rows[BLOCK_ROWS];
	u32 index[BLOCK_INDEXES];
	u32 row_count;	 /* of `rows` */
	u32 part;	 /* that is being filled */
	u32 block_count; /* of its row blocks, written */
};

_Static_assert(sizeof(struct unwind_row) * BLOCK_ROWS == BLOCK_BYTES && sizeof(u32) * BLOCK_INDEXES == BLOCK_BYTES,
	       "records.h");

/* Blocks become free, side by side with others perhaps. Returns 0 or -ENOMEM. */
static int give_back(struct unwind_tables *tables, u32 first, u32 count)
{
	size_t at = 0;

	if (count == 0)
		return 0;
	while (at < tables->free_count && tables->free[at].first < first)
		at++;
	if (at > 0 && tables->free[at - 1].first + tables->free[at - 1].count == first) {
		tables->free[at - 1].count += count;
		if (at < tables->free_count && first + count == tables->free[at].first) {
			tables->free[at - 1].count += tables->free[at].count;
			memmove(tables->free + at, tables->free + at + 1,
				(--tables->free_count - at) * sizeof(*tables->free));
		}
		return 0;
	}
	if (at < tables->free_count && first + count == tables->free[at].first) {
		tables->free[at].first = first;
		tables->free[at].count += count;
		return 0;
	}
	if (tables->free_count == tables->free_capacity) {
		size_t capacity = tables->free_capacity ? tables->free_capacity * 2 : 16;
		struct extent *grown = realloc(tables->free, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		tables->free = grown;
		tables->free_capacity = capacity;
	}
	memmove(tables->free + at + 1, tables->free + at, (tables->free_count++ - at) * sizeof(*tables->free));
	tables->free[at] = (struct extent){ first, count };
	return 0;
}

void tables_open(struct unwind_tables *tables, struct sampler *sampler, u32 mebibytes)
{
	const u32 bytes_per_map = BLOCKS_PER_MAP * BLOCK_BYTES;

	*tables = (struct unwind_tables){ .sampler = sampler };
	tables->maps_max = (mebibytes << 20) / bytes_per_map;
	if (tables->maps_max > BLOCK_MAPS_MAX)
		tables->maps_max = BLOCK_MAPS_MAX;
	give_back(tables, 0, sampler->block_maps * BLOCKS_PER_MAP);
}

static int take_free(struct unwind_tables *tables, u32 count, u32 *ret_first)
{
	for (size_t i = 0; i < tables->free_count; i++) {
		struct extent *extent = &tables->free[i];

		if (extent->count < count)
			continue;
		*ret_first = extent->first;
		extent->first += count;
		extent->count -= count;
		if (extent->count == 0)
			memmove(extent, extent + 1, (--tables->free_count - i) * sizeof(*extent));
		return 0;
	}
	return -ENOSPC;
}

/* Blocks side by side, growing by whole maps. */
static int reserve(struct unwind_tables *tables, u32 count, u32 *ret_first)
{
	while (take_free(tables, count, ret_first) < 0) {
		u32 maps = tables->sampler->block_maps;
		int r = maps < tables->maps_max ? sampler_add_block_map(tables->sampler) : -ENOSPC;

		if (r == 0)
			r = give_back(tables, maps * BLOCKS_PER_MAP, BLOCKS_PER_MAP);
		if (r < 0)
			return r;
	}
	return 0;
}

static void release(struct unwind_tables *tables, struct unwind_table *table)
{
	for (u32 i = 0; i < table->part_count; i++) {
		/* Without memory for the list they stay unused. */
		give_back(tables, table->parts[i].index_block, table->parts[i].row_blocks + 1);
		tables->figures.bytes -= (u64)(table->parts[i].row_blocks + 1) * BLOCK_BYTES;
	}
	free(table->loading);
	free(table);
}

void tables_drop(struct unwind_tables *tables, struct module *module)
{
	if (!module->table)
		return;
	release(tables, module->table);
	module->table = NULL;
	tables->figures.tables--;
	tables->changed = true;
}

static int reserve_parts(struct unwind_tables *tables, struct unwind_table *table)
{
	u32 blocks = (table->total + BLOCK_ROWS - 1) / BLOCK_ROWS;

	while (blocks > 0) {
		struct table_part *part = &table->parts[table->part_count];
		u32 row_blocks = blocks < BLOCK_INDEXES ? blocks : BLOCK_INDEXES, first;
		int r = reserve(tables, row_blocks + 1, &first);

		if (r < 0)
			return r;
		*part = (struct table_part){ .index_block = first, .row_blocks = row_blocks };
		table->part_count++;
		tables->figures.bytes += (u64)(row_blocks + 1) * BLOCK_BYTES;
		blocks -= row_blocks;
	}
	return 0;
}

static void evict(struct unwind_tables *tables, module_is_unused *is_unused, void *context)
{
	for (u32 id = 1; id <= modules_count(); id++) {
		struct module *module = module_find(id);

		if (!module->table || module->table->loading || !is_unused(context, module))
			continue;
		tables_drop(tables, module);
		tables->figures.evicted++;
		module->state = MODULE_UNASKED;
	}
}

static struct unwind_table *begin(struct unwind_tables *tables, u32 total)
{
	struct unwind_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->total = total;
	table->loading = malloc(sizeof(*table->loading));
	if (table->loading && reserve_parts(tables, table) == 0) {
		table->loading->row_count = table->loading->part = table->loading->block_count = 0;
		return table;
	}
	release(tables, table);
	return NULL;
}

static int write_rows(struct unwind_tables *tables, struct unwind_table *table)
{
	struct table_loading *loading = table->loading;
	struct table_part *part = &table->parts[loading->part];
	int r;

	if (loading->row_count == 0)
		return 0;
	for (u32 i = loading->row_count; i < BLOCK_ROWS; i++)
		loading->rows[i] = (struct unwind_row){ .at = ROW_UNUSED };
	if (loading->block_count == 0)
		part->first_at = loading->rows[0].at;
	loading->index[loading->block_count] = loading->rows[0].at;
	r = sampler_write_block(tables->sampler, part->index_block + 1 + loading->block_count, loading->rows);
	if (r < 0)
		return r;
	loading->row_count = 0;
	if (++loading->block_count < part->row_blocks)
		return 0;
	for (u32 i = loading->block_count; i < BLOCK_INDEXES; i++)
		loading->index[i] = ROW_UNUSED;
	r = sampler_write_block(tables->sampler, part->index_block, loading->index);
	loading->part++;
	loading->block_count = 0;
	return r;
}

/* Returns 0, or -EBADMSG for rows that are not as they must be. */
static int add_rows(struct unwind_tables *tables, struct unwind_table *table, const struct unwind_row *rows, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		const struct unwind_row *row = &rows[i];

		if (row->rule >= UNWIND_RULES || row->at == ROW_UNUSED || (table->rows > 0 && row->at <= table->last_at))
			return -EBADMSG;
		table->last_at = row->at;
		table->rows++;
		table->loading->rows[table->loading->row_count++] = *row;
		if (table->loading->row_count == BLOCK_ROWS || table->rows == table->total) {
			int r = write_rows(tables, table);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int refuse(struct unwind_tables *tables, struct module *module)
{
	if (module->table) {
		release(tables, module->table);
		module->table = NULL;
	}
	tables->figures.refused++;
	tables->changed = true;
	return TABLE_DONE;
}

int tables_take(struct unwind_tables *tables, struct module *module, const struct wire_unwind_rows *frame,
		const struct unwind_row *rows, module_is_unused *is_unused, void *context)
{
	struct unwind_table *table = module->table;

	if (frame->total > WIRE_MAX_ROWS || frame->count > frame->total || frame->first > frame->total - frame->count ||
	    (frame->count == 0 && frame->total > 0))
		return -EBADMSG;
	if (frame->total == 0)
		return table ? -EBADMSG : TABLE_DONE;
	if (!table && frame->first == 0) {
		table = begin(tables, frame->total);
		if (!table) {
			evict(tables, is_unused, context);
			table = begin(tables, frame->total);
		}
		if (!table)
			return refuse(tables, module);
		module->table = table;
	}
	if (!table || frame->total != table->total || frame->first != table->rows)
		return -EBADMSG;
	if (add_rows(tables, table, rows, frame->count) < 0)
		return refuse(tables, module);
	if (table->rows < table->total)
		return TABLE_GOES_ON;
	free(table->loading);
	table->loading = NULL;
	tables->figures.tables++;
	tables->changed = true;
	return TABLE_DONE;
}

bool tables_send_figures(struct unwind_tables *tables, struct send_queue *queue)
{
	if (tables->changed)
		tables->changed = !send_frame(queue, SEND_CONTROL, WIRE_TABLES, &tables->figures, sizeof(tables->figures),
					      NULL, 0);
	return !tables->changed;
}

void tables_close(struct unwind_tables *tables)
{
	for (u32 id = 1; id <= modules_count(); id++) {
		struct module *module = module_find(id);

		if (module->table)
			release(tables, module->table);
		module->table = NULL;
	}
	free(tables->free);
	*tables = (struct unwind_tables){ 0 };
}
