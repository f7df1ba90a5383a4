/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a program's file: the symbols of .symtab and .dynsym. */
#include <errno.h>
#include <stdlib.h>

#include "object_reader.h"

/* Of one table of names; Chromium with all its symbols has some 100 MiB. */
#define NAMES_BYTES_MAX ((uint64_t)256 << 20)
#define SYMBOLS_AT_ONCE 4096u

static int take_symbol(const struct object *object, const Elf64_Sym *symbol, const char *name,
		       const struct wanted *wanted, struct object_places *ret)
{
	struct object_place place = { 0 };
	long found;

	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return 0;
	found = object_find_wanted(wanted, name);
	if (found < 0 || !object_find_offset(object, symbol->st_value, true, &place.offset))
		return 0;
	place.name = (uint32_t)found;
	return object_places_add(ret, &place);
}

static int search_table(const struct object *object, const Elf64_Shdr *table, const struct wanted *wanted,
			struct object_places *ret)
{
	const uint64_t total = table->sh_size / sizeof(Elf64_Sym);
	const Elf64_Shdr *names_section;
	Elf64_Sym *symbols;
	char *names;
	int r;

	if (table->sh_link >= object->section_count || table->sh_entsize != sizeof(Elf64_Sym) ||
	    table->sh_size > object->size)
		return -ENOEXEC;
	names_section = &object->sections[table->sh_link];
	names = object_read_section(object, names_section, NAMES_BYTES_MAX, &r);
	if (!names)
		return r;
	symbols = malloc(SYMBOLS_AT_ONCE * sizeof(*symbols));
	r = symbols ? 0 : -ENOMEM;
	for (uint64_t from = 0; r == 0 && from < total; from += SYMBOLS_AT_ONCE) {
		const uint64_t count = total - from < SYMBOLS_AT_ONCE ? total - from : SYMBOLS_AT_ONCE;

		r = object_read_at(object, table->sh_offset + from * sizeof(*symbols), symbols, count * sizeof(*symbols));
		for (uint64_t i = 0; r == 0 && i < count; i++) {
			if (symbols[i].st_name < names_section->sh_size)
				r = take_symbol(object, &symbols[i], names + symbols[i].st_name, wanted, ret);
		}
	}
	free(symbols);
	free(names);
	return r;
}

int object_find_functions(int fd, const char *const *names, size_t count, struct object_places *ret)
{
	const struct wanted wanted = { names, count };
	struct object object;
	int r = object_open(&object, fd), problem = 0;

	*ret = (struct object_places){ 0 };
	for (size_t i = 0; r == 0 && i < object.section_count; i++) {
		const uint32_t type = object.sections[i].sh_type;

		if (type != SHT_SYMTAB && type != SHT_DYNSYM)
			continue;
		/* A broken table does not spoil the other one. */
		problem = search_table(&object, &object.sections[i], &wanted, ret);
		if (problem == -ENOMEM || problem == -E2BIG)
			r = problem;
	}
	object_close(&object);
	if (r == 0 && ret->count == 0)
		r = problem;
	if (r < 0)
		object_places_close(ret);
	return r;
}
