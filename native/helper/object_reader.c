/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "object_reader.h"

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#endif

int object_read_at(const struct object *object, uint64_t offset, void *into, size_t length)
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

void *object_read_section(const struct object *object, const Elf64_Shdr *section, uint64_t limit, int *ret_error)
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
	*ret_error = object_read_at(object, section->sh_offset, bytes, section->sh_size);
	if (*ret_error == 0)
		return bytes;
	free(bytes);
	return NULL;
}

int object_open(struct object *object, int fd)
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
	r = object_read_at(object, 0, &header, sizeof(header));
	if (r < 0)
		return r;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != THIS_MACHINE ||
	    header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > OBJECT_SEGMENTS_MAX)
		return -ENOEXEC;
	object->segment_count = header.e_phnum;
	r = object_read_at(object, header.e_phoff, object->segments, header.e_phnum * sizeof(Elf64_Phdr));
	if (r < 0 || header.e_shnum == 0)
		return r;
	if (header.e_shentsize != sizeof(Elf64_Shdr))
		return -ENOEXEC;
	object->sections = malloc(header.e_shnum * sizeof(Elf64_Shdr));
	if (!object->sections)
		return -ENOMEM;
	object->section_count = header.e_shnum;
	return object_read_at(object, header.e_shoff, object->sections, header.e_shnum * sizeof(Elf64_Shdr));
}

bool object_find_offset(const struct object *object, uint64_t address, bool code, uint64_t *ret_offset)
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

long object_find_wanted(const struct wanted *wanted, const char *name)
{
	const char *const *found = bsearch(&name, wanted->names, wanted->count, sizeof(name), by_name);

	return found ? found - wanted->names : -1;
}

int object_places_add(struct object_places *places, const struct object_place *place)
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

void object_close(struct object *object)
{
	free(object->sections);
	object->sections = NULL;
}

void object_places_close(struct object_places *places)
{
	free(places->list);
	*places = (struct object_places){ 0 };
}
