/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper's reader of a program's own tables under ASan and UBSan, on damaged copies of a program:
 *
 *     object-input SEED SECONDS FILE
 *
 * What lies in an object is anybody's: wherever it is damaged, places lie within the file and are of names asked for.
 * Prints how many files were read and how many places were found.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../native/helper/clock.h"
#include "../../native/helper/object_symbols.h"
#include "../../native/helper/probes.h"

#define FILE_MAX ((size_t)4 << 20)

static uint64_t random_state = 1;

static uint64_t random_number(void) /* xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "object-input: %s\n", what);
	abort();
}

/* Mostly where it hurts: the headers, the tables of sections and segments, and the tables that are read. */
static size_t random_place(const uint8_t *bytes, size_t length)
{
	Elf64_Ehdr header;
	Elf64_Shdr section;
	size_t place = random_number() % length, from, size;

	memcpy(&header, bytes, sizeof(header));
	switch (random_number() % 5) {
	case 0:
		return random_number() % sizeof(header);
	case 1:
		place = header.e_shoff + random_number() % (header.e_shnum * sizeof(Elf64_Shdr) + 1);
		break;
	case 2:
		place = header.e_phoff + random_number() % (header.e_phnum * sizeof(Elf64_Phdr) + 1);
		break;
	case 3:
		if (header.e_shnum == 0)
			break;
		from = header.e_shoff + random_number() % header.e_shnum * sizeof(section);
		if (from > length - sizeof(section))
			break;
		memcpy(&section, bytes + from, sizeof(section));
		size = section.sh_size ? section.sh_size : 1;
		place = section.sh_offset + random_number() % size;
		break;
	}
	return place % length;
}

static void damage(uint8_t *bytes, size_t length)
{
	static const uint64_t words[] = { 0, 1, UINT32_MAX, UINT64_MAX, INT64_MAX, 0x7fffffff, 24, 64 };
	const size_t place = random_place(bytes, length), width = (size_t)1 << random_number() % 4;
	uint64_t word = random_number() % 2 ? words[random_number() % 8] : random_number();

	if (place + width <= length)
		memcpy(bytes + place, &word, width);
}

static void check(const struct object_places *places, size_t names, size_t length)
{
	require(places->count <= OBJECT_PLACES_MAX, "too many places");
	require(memchr(places->arguments, 0, sizeof(places->arguments)) != NULL, "arguments without an end");
	for (size_t i = 0; i < places->count; i++)
		require(places->list[i].name < names && places->list[i].offset < length, "a place outside");
}

int main(int argc, char **argv)
{
	static const char *const functions[] = { "main", "malloc", "probed_sleep", "probed_spin", "probed_value" };
	static const char *const probes[] = { "emberscope:hit", "libc:setjmp" };
	uint8_t *original = malloc(FILE_MAX), *bytes = malloc(FILE_MAX);
	unsigned long files = 0, found = 0, understood = 0;
	ssize_t length;
	uint64_t end;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: object-input SEED SECONDS FILE\n");
		return 2;
	}
	random_state = strtoull(argv[1], NULL, 10) * 2 + 1;
	end = monotonic_ns() + strtoull(argv[2], NULL, 10) * 1000000000u;
	fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, original, FILE_MAX);
	require(length > (ssize_t)sizeof(Elf64_Ehdr), "the program cannot be read");
	while (monotonic_ns() < end) {
		struct probe_operand operands[PROBE_ARGUMENTS];
		struct object_places places;
		/* Now and then it ends early. */
		size_t kept = random_number() % 8 ? (size_t)length : sizeof(Elf64_Ehdr) + random_number() % (size_t)length;
		int file = memfd_create("object", MFD_CLOEXEC);

		kept = kept > (size_t)length ? (size_t)length : kept;
		memcpy(bytes, original, kept);
		for (uint64_t i = files == 0 ? 0 : 1 + random_number() % 6; i > 0; i--)
			damage(bytes, kept);
		require(write(file, bytes, kept) == (ssize_t)kept, "no memory for the file");
		if (object_find_functions(file, functions, 5, &places) == 0) {
			check(&places, 5, kept);
			found += places.count;
		}
		object_places_close(&places);
		if (object_find_static_probes(file, probes, 2, &places) == 0) {
			check(&places, 2, kept);
			probe_read_operands(places.arguments, operands);
			understood += operands[0].kind != OPERAND_NONE;
		}
		object_places_close(&places);
		close(file);
		files++;
	}
	printf("{\"files\":%lu,\"found\":%lu,\"understood\":%lu}\n", files, found, understood);
	free(original);
	free(bytes);
	return 0;
}
