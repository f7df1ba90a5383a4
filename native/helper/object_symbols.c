/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object_symbols.h"

#define SEGMENTS_MAX 256u
/* Of one table of names; Chromium with all its symbols has some 100 MiB. */
#define NAMES_BYTES_MAX ((uint64_t)256 << 20)
#define NOTE_BYTES_MAX ((uint64_t)16 << 20)
#define SYMBOLS_AT_ONCE 4096u

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#endif

struct object {
	int fd;
	uint64_t size;
	Elf64_Phdr segments[SEGMENTS_MAX];
	size_t segment_count;
	Elf64_Shdr *sections;
	size_t section_count;
};

struct wanted {
	const char *const *names;
	size_t count;
};

/* 0 or -errno; less than all of it is an error. */
static int read_at(const struct object *object, uint64_t offset, void *into, size_t length)
{
	size_t done = 0;

	if (offset > object->size || length > object->size - offset)
		return -ENOEXEC;
	while (done < length) {
		ssize_t n = pread(object->fd, (uint8_t *)into + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENOEXEC; /* it became shorter */
		done += (size_t)n;
	}
	return 0;
}

/* NULL and *ret_error: it cannot be had. The caller frees it. */
static void *read_section(const struct object *object, const Elf64_Shdr *section, uint64_t limit, int *ret_error)
{
	uint8_t *bytes;

	*ret_error = -ENOEXEC;
	if (section->sh_type == SHT_NOBITS || section->sh_size > limit || section->sh_size > object->size)
		return NULL;
	/* A zero at the end, so that no name runs out of it. */
	bytes = malloc(section->sh_size + 1);
	if (!bytes) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	bytes[section->sh_size] = 0;
	*ret_error = read_at(object, section->sh_offset, bytes, section->sh_size);
	if (*ret_error == 0)
		return bytes;
	free(bytes);
	return NULL;
}

static int open_object(struct object *object, int fd)
{
	struct stat status;
	Elf64_Ehdr header;
	int r;

	*object = (struct object){ .fd = fd };
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size < 0)
		return -ENOEXEC;
	object->size = (uint64_t)status.st_size;
	r = read_at(object, 0, &header, sizeof(header));
	if (r < 0)
		return r;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != THIS_MACHINE ||
	    header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > SEGMENTS_MAX)
		return -ENOEXEC;
	object->segment_count = header.e_phnum;
	r = read_at(object, header.e_phoff, object->segments, header.e_phnum * sizeof(Elf64_Phdr));
	if (r < 0 || header.e_shnum == 0)
		return r;
	if (header.e_shentsize != sizeof(Elf64_Shdr))
		return -ENOEXEC;
	object->sections = malloc(header.e_shnum * sizeof(Elf64_Shdr));
	if (!object->sections)
		return -ENOMEM;
	object->section_count = header.e_shnum;
	return read_at(object, header.e_shoff, object->sections, header.e_shnum * sizeof(Elf64_Shdr));
}

/* False: no segment has this address in the file. */
static bool find_offset(const struct object *object, uint64_t address, bool code, uint64_t *ret_offset)
{
	for (size_t i = 0; i < object->segment_count; i++) {
		const Elf64_Phdr *segment = &object->segments[i];

		if (segment->p_type != PT_LOAD || (code && !(segment->p_flags & PF_X)) || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_filesz)
			continue;
		*ret_offset = address - segment->p_vaddr + segment->p_offset;
		return *ret_offset < object->size;
	}
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* -1: it is not wanted. */
static long find_wanted(const struct wanted *wanted, const char *name)
{
	const char *const *found = bsearch(&name, wanted->names, wanted->count, sizeof(name), by_name);

	return found ? found - wanted->names : -1;
}

static int add_place(struct object_places *places, const struct object_place *place)
{
	for (size_t i = 0; i < places->count; i++) {
		if (places->list[i].offset == place->offset)
			return 0; /* in both tables, or of another name */
	}
	if (places->count == OBJECT_PLACES_MAX)
		return -E2BIG;
	if (places->count == places->capacity) {
		size_t capacity = places->capacity ? places->capacity * 2 : 16;
		struct object_place *grown = realloc(places->list, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		places->list = grown;
		places->capacity = capacity;
	}
	places->list[places->count++] = *place;
	return 0;
}

static int take_symbol(const struct object *object, const Elf64_Sym *symbol, const char *name,
		       const struct wanted *wanted, struct object_places *ret)
{
	struct object_place place = { 0 };
	long found;

	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return 0;
	found = find_wanted(wanted, name);
	if (found < 0 || !find_offset(object, symbol->st_value, true, &place.offset))
		return 0;
	place.name = (uint32_t)found;
	return add_place(ret, &place);
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
	names = read_section(object, names_section, NAMES_BYTES_MAX, &r);
	if (!names)
		return r;
	symbols = malloc(SYMBOLS_AT_ONCE * sizeof(*symbols));
	r = symbols ? 0 : -ENOMEM;
	for (uint64_t from = 0; r == 0 && from < total; from += SYMBOLS_AT_ONCE) {
		const uint64_t count = total - from < SYMBOLS_AT_ONCE ? total - from : SYMBOLS_AT_ONCE;

		r = read_at(object, table->sh_offset + from * sizeof(*symbols), symbols, count * sizeof(*symbols));
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
	int r = open_object(&object, fd), problem = 0;

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
	free(object.sections);
	if (r == 0 && ret->count == 0)
		r = problem;
	if (r < 0)
		object_places_close(ret);
	return r;
}

/* Of the first place, unless another one has others. */
static void note_arguments(const char *text, const char *end, struct object_places *ret)
{
	const size_t length = text < end ? strnlen(text, (size_t)(end - text)) : 0;
	const bool fits = length > 0 && length < sizeof(ret->arguments) && text + length < end;

	if (ret->count == 0 && fits)
		memcpy(ret->arguments, text, length + 1);
	else if (!fits || strcmp(ret->arguments, text) != 0)
		ret->arguments[0] = 0;
}

/* The note's three addresses were made for a section .stapsdt.base at `base`; prelink may have moved it since. */
static int take_note(const struct object *object, const uint8_t *bytes, size_t length, uint64_t base_is,
		     const struct wanted *wanted, struct object_places *ret)
{
	const char *provider = (const char *)bytes + 3 * sizeof(uint64_t), *end = (const char *)bytes + length, *name;
	struct object_place place = { 0 };
	char full[256];
	uint64_t values[3], moved;
	size_t provider_length, name_length;
	long found;

	if (length < sizeof(values) + 2)
		return 0;
	memcpy(values, bytes, sizeof(values));
	provider_length = strnlen(provider, (size_t)(end - provider));
	name = provider + provider_length + 1;
	if (name >= end)
		return 0;
	name_length = strnlen(name, (size_t)(end - name));
	if (name + name_length >= end || provider_length + name_length + 2 > sizeof(full))
		return 0;
	memcpy(full, provider, provider_length);
	full[provider_length] = ':';
	memcpy(full + provider_length + 1, name, name_length + 1);
	found = find_wanted(wanted, full);
	moved = base_is && values[1] ? base_is - values[1] : 0;
	if (found < 0 || !find_offset(object, values[0] + moved, true, &place.offset))
		return 0;
	if (values[2] && !find_offset(object, values[2] + moved, false, &place.semaphore))
		return 0;
	place.name = (uint32_t)found;
	note_arguments(name + name_length + 1, end, ret);
	return add_place(ret, &place);
}

static int search_notes(const struct object *object, const Elf64_Shdr *section, uint64_t base_is,
			const struct wanted *wanted, struct object_places *ret)
{
	int r;
	uint8_t *bytes = read_section(object, section, NOTE_BYTES_MAX, &r);
	uint64_t at = 0;

	if (!bytes)
		return r;
	while (r == 0 && section->sh_size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;
		uint64_t owner, content, next;

		memcpy(&head, bytes + at, sizeof(head));
		owner = at + sizeof(head);
		content = owner + (((uint64_t)head.n_namesz + 3) & ~3ull);
		next = content + (((uint64_t)head.n_descsz + 3) & ~3ull);
		if (content > section->sh_size || head.n_descsz > section->sh_size - content)
			break;
		if (head.n_type == 3 && head.n_namesz == sizeof("stapsdt") &&
		    memcmp(bytes + owner, "stapsdt", sizeof("stapsdt")) == 0)
			r = take_note(object, bytes + content, head.n_descsz, base_is, wanted, ret);
		if (next >= section->sh_size)
			break;
		at = next;
	}
	free(bytes);
	return r;
}

int object_find_static_probes(int fd, const char *const *names, size_t count, struct object_places *ret)
{
	const struct wanted wanted = { names, count };
	const Elf64_Shdr *notes = NULL, *names_section;
	struct object object;
	uint64_t base_is = 0;
	Elf64_Ehdr header;
	char *section_names = NULL;
	int r = open_object(&object, fd);

	*ret = (struct object_places){ 0 };
	if (r == 0)
		r = read_at(&object, 0, &header, sizeof(header));
	if (r == 0 && header.e_shstrndx < object.section_count) {
		names_section = &object.sections[header.e_shstrndx];
		section_names = read_section(&object, names_section, NOTE_BYTES_MAX, &r);
		for (size_t i = 0; section_names && i < object.section_count; i++) {
			const Elf64_Shdr *section = &object.sections[i];
			const char *name = section_names + section->sh_name;

			if (section->sh_name >= names_section->sh_size)
				continue;
			if (section->sh_type == SHT_NOTE && strcmp(name, ".note.stapsdt") == 0)
				notes = section;
			else if (strcmp(name, ".stapsdt.base") == 0)
				base_is = section->sh_addr;
		}
	}
	if (r == 0 && notes)
		r = search_notes(&object, notes, base_is, &wanted, ret);
	free(section_names);
	free(object.sections);
	if (r < 0)
		object_places_close(ret);
	return r;
}

void object_places_close(struct object_places *places)
{
	free(places->list);
	*places = (struct object_places){ 0 };
}
