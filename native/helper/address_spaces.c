/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address_spaces.h"
#include "clock.h"
#include "unwind_tables.h"

_Static_assert(RUN_MIN << (RUN_CLASSES - 1) == SPACE_MAPPINGS_MAX, "the largest run");

int spaces_open(struct address_spaces *spaces, struct sampler *sampler)
{
	*spaces = (struct address_spaces){ .sampler = sampler, .unused = RUN_MIN };
	spaces->by_place = calloc(sampler->mapped_code_count / RUN_MIN + 1, sizeof(*spaces->by_place));
	return spaces->by_place ? 0 : -ENOMEM;
}

static struct run *take_run(struct address_spaces *spaces, u32 count)
{
	struct run *run;
	u32 class = 0;

	while (RUN_MIN << class < count)
		class++;
	run = spaces->free[class];
	if (run) {
		spaces->free[class] = run->next;
	} else {
		if (spaces->unused + (RUN_MIN << class) > spaces->sampler->mapped_code_count)
			return NULL;
		run = malloc(sizeof(*run));
		if (!run)
			return NULL;
		run->first = spaces->unused;
		run->class = class;
		spaces->unused += RUN_MIN << class;
		spaces->by_place[run->first / RUN_MIN] = run;
	}
	run->references = 1;
	run->retired_ns = 0;
	run->next = NULL;
	return run;
}

static void drop_reference(struct address_spaces *spaces, struct run *run, u64 now_ns)
{
	if (--run->references > 0)
		return;
	/* It may be among them already, if a child was found to have it. */
	if (run->retired_ns == 0) {
		run->next = spaces->retired;
		spaces->retired = run;
	}
	run->retired_ns = now_ns;
}

struct run *spaces_adopt(struct address_spaces *spaces, u32 first)
{
	struct run *run = NULL;

	if (first != 0 && first < spaces->sampler->mapped_code_count && spaces->by_place)
		run = spaces->by_place[first / RUN_MIN];
	if (run)
		run->references++;
	return run;
}


/* Writes the mapping, in parts where its module's table is in parts. Returns how many, or those needed if too many. */
static u32 write_codes(const struct mapping *mapping, const struct unwind_table *table, u32 otherwise,
		       struct mapped_code *into, u32 room)
{
	const u64 from = mapping->file_offset, to = from + (mapping->end - mapping->start);
	u32 count = 0, parts = table ? table->part_count : 1;

	for (u32 i = 0; i < parts; i++) {
		u64 at = i == 0 || !table ? 0 : table->parts[i].first_at;
		u64 until = i + 1 < parts ? table->parts[i + 1].first_at : UINT64_MAX;

		if (at < from)
			at = from;
		if (until > to)
			until = to;
		if (at >= until)
			continue;
		if (count < room)
			into[count] = (struct mapped_code){
				.start = mapping->start + (at - from),
				.end = mapping->start + (until - from),
				.bias = mapping->start - from,
				.index_block = table ? table->parts[i].index_block : otherwise,
				.row_blocks = table ? table->parts[i].row_blocks : 0,
			};
		count++;
	}
	return count;
}

/* The module's table if it is complete; NULL: `*ret_otherwise` says how to walk without. */
static const struct unwind_table *table_of(const struct mapping *mapping, u32 *ret_otherwise)
{
	struct module *module = module_find(mapping->module), *with_table;

	*ret_otherwise = CODE_BY_FRAME_POINTER;
	if (!module)
		return NULL;
	with_table = module_with_table(module);
	if (with_table->table && !with_table->table->loading)
		return with_table->table;
	if (module->state != MODULE_DONE || with_table->state != MODULE_DONE)
		*ret_otherwise = CODE_TABLE_IS_COMING;
	return NULL;
}

static u32 write_all(const struct mappings *mappings, struct mapped_code *into, u32 room)
{
	u32 count = 0, otherwise;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct unwind_table *table = table_of(&mappings->list[i], &otherwise);
		u32 left = count < room ? room - count : 0;

		count += write_codes(&mappings->list[i], table, otherwise, into + (left ? count : 0), left);
	}
	return count;
}

/* Of two interpreters in one process, the first. */
static void find_python(const struct mappings *mappings, struct address_space *ret)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct mapping *mapping = &mappings->list[i];
		const struct module *module = module_find(mapping->module);

		if (!module || !module->python)
			continue;
		ret->python = module->python;
		ret->python_runtime = mapping->start - mapping->file_offset + (u64)module->python_runtime;
		return;
	}
}

static bool ask_for_tables(struct send_queue *queue, const struct mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++) {
		struct module *module = module_find(mappings->list[i].module);

		if (module && module->state == MODULE_UNASKED && !module_ask(module, queue))
			return false;
	}
	return true;
}

bool spaces_publish(struct address_spaces *spaces, struct send_queue *queue, bool ask, u32 tgid, u32 execs,
		    const struct mappings *mappings, struct run **run)
{
	const bool asked = !ask || ask_for_tables(queue, mappings);
	u32 count = write_all(mappings, NULL, 0);
	struct address_space space = { .execs = execs, .version = ++spaces->versions };
	struct run *fresh;

	if (count > SPACE_MAPPINGS_MAX) {
		spaces->overflowed += count - SPACE_MAPPINGS_MAX;
		count = SPACE_MAPPINGS_MAX;
	}
	fresh = take_run(spaces, count);
	if (!fresh) {
		/* What was published before is not so any more. */
		spaces->overflowed += count;
		spaces_release(spaces, tgid, run, monotonic_ns());
		return asked;
	}
	write_all(mappings, spaces->sampler->mapped_codes + fresh->first, count);
	find_python(mappings, &space);
	space.first = fresh->first;
	space.count = count;
	sampler_set_space(spaces->sampler, tgid, &space);
	if (*run)
		drop_reference(spaces, *run, monotonic_ns());
	*run = fresh;
	return asked;
}

void spaces_release(struct address_spaces *spaces, u32 tgid, struct run **run, u64 now_ns)
{
	if (!*run)
		return;
	if (tgid)
		sampler_forget_space(spaces->sampler, tgid, (*run)->first);
	drop_reference(spaces, *run, now_ns);
	*run = NULL;
}

void spaces_recycle(struct address_spaces *spaces, u64 known_ns)
{
	struct run **slot = &spaces->retired;

	while (*slot) {
		struct run *run = *slot;

		if (run->references == 0 && run->retired_ns >= known_ns) {
			slot = &run->next;
			continue;
		}
		*slot = run->next;
		if (run->references > 0) {
			run->retired_ns = 0;
			run->next = NULL;
			continue;
		}
		run->next = spaces->free[run->class];
		spaces->free[run->class] = run;
	}
}

void spaces_close(struct address_spaces *spaces)
{
	for (u32 first = RUN_MIN; spaces->by_place && first < spaces->unused; first += RUN_MIN)
		free(spaces->by_place[first / RUN_MIN]);
	free(spaces->by_place);
	*spaces = (struct address_spaces){ 0 };
}
