/* SPDX-License-Identifier: Apache-2.0 */
/* Static probes (USDT) of a program's file: the notes of .note.stapsdt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "object_reader.h"

#define NOTE_BYTES_MAX ((uint64_t)16 << 20)

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
	found = object_find_wanted(wanted, full);
	moved = base_is && values[1] ? base_is - values[1] : 0;
	if (found < 0 || !object_find_offset(object, values[0] + moved, true, &place.offset))
		return 0;
	if (values[2] && !object_find_offset(object, values[2] + moved, false, &place.semaphore))
		return 0;
	place.name = (uint32_t)found;
	note_arguments(name + name_length + 1, end, ret);
	return object_places_add(ret, &place);
}

static int search_notes(const struct object *object, const Elf64_Shdr *section, uint64_t base_is,
			const struct wanted *wanted, struct object_places *ret)
{
	int r;
	uint8_t *bytes = object_read_section(object, section, NOTE_BYTES_MAX, &r);
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
	int r = object_open(&object, fd);

	*ret = (struct object_places){ 0 };
	if (r == 0)
		r = object_read_at(&object, 0, &header, sizeof(header));
	if (r == 0 && header.e_shstrndx < object.section_count) {
		names_section = &object.sections[header.e_shstrndx];
		section_names = object_read_section(&object, names_section, NOTE_BYTES_MAX, &r);
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
	object_close(&object);
	if (r < 0)
		object_places_close(ret);
	return r;
}
