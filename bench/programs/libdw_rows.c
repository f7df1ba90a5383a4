// SPDX-License-Identifier: Apache-2.0
/*
 * The peer of our unwind rows: libdw, asked for the CFA, the frame pointer and the return address of every place of
 * an object, from a closed file. The places where functions begin come from .eh_frame_hdr; from each the next place is
 * where libdw says that its answer ends. Usage: libdw-rows FILE. Prints places and wall nanoseconds.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FRAME_POINTER 6
#define RETURN_ADDRESS 16

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "libdw-rows: %s\n", what);
	exit(1);
}

/* The sorted starts, as ld writes them: pairs of 32 bits, relative to the section. */
static uint64_t *read_starts(Elf *elf, size_t *count)
{
	size_t headers, i, n;

	if (elf_getphdrnum(elf, &headers) != 0)
		die("no program headers");
	for (i = 0; i < headers; i++) {
		GElf_Phdr header;
		Elf_Data *data;
		const unsigned char *bytes;
		uint64_t *starts;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_GNU_EH_FRAME)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)header.p_offset, header.p_filesz, ELF_T_BYTE);
		if (!data || data->d_size < 12)
			break;
		bytes = data->d_buf;
		if (bytes[2] != DW_EH_PE_udata4 || bytes[3] != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
			break;
		n = *(const uint32_t *)(bytes + 8);
		if (n > (data->d_size - 12) / 8)
			break;
		starts = calloc(n + 1, sizeof(*starts));
		if (!starts)
			die("no memory");
		for (i = 0; i < n; i++)
			starts[i] = header.p_vaddr + (uint64_t)(int64_t)((const int32_t *)(bytes + 12))[2 * i];
		starts[n] = UINT64_MAX;
		*count = n;
		return starts;
	}
	die("no .eh_frame_hdr of the usual form");
	return NULL;
}

static void ask(Dwarf_Frame *frame)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) != 0)
		die("no CFA");
	dwarf_frame_register(frame, FRAME_POINTER, memory, &ops, &count);
	dwarf_frame_register(frame, RETURN_ADDRESS, memory, &ops, &count);
}

int main(int argc, char **argv)
{
	const uint64_t began = now_ns();
	uint64_t places = 0, *starts;
	size_t count, i;
	Dwarf_CFI *cfi;
	Elf *elf;
	int fd;

	if (argc != 2)
		die("usage: libdw-rows FILE");
	elf_version(EV_CURRENT);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	cfi = elf ? dwarf_getcfi_elf(elf) : NULL;
	if (!cfi)
		die("no .eh_frame");
	starts = read_starts(elf, &count);
	for (i = 0; i < count; i++) {
		uint64_t address = starts[i];

		while (address < starts[i + 1]) {
			Dwarf_Addr start, end;
			Dwarf_Frame *frame;

			if (dwarf_cfi_addrframe(cfi, address, &frame) != 0)
				break;
			if (dwarf_frame_info(frame, &start, &end, NULL) < 0)
				die("no range");
			ask(frame);
			free(frame);
			places++;
			if (end <= address)
				break;
			address = end;
		}
	}
	dwarf_cfi_end(cfi);
	elf_end(elf);
	close(fd);
	free(starts);
	printf("%" PRIu64 " %" PRIu64 "\n", places, now_ns() - began);
	return 0;
}
