/* SPDX-License-Identifier: Apache-2.0 */
/* Frames about what the addresses of stacks mean: processes, threads, mappings, the kernel's symbols. Part of wire.h, which says how frames are built. */
#ifndef EMBERSCOPE_WIRE_PROCESSES_H
#define EMBERSCOPE_WIRE_PROCESSES_H

#include <stdint.h>

/* A process that is a target; again when its name changes (exec, prctl). Followed by name_length bytes. */
struct wire_process {
	uint32_t tgid;
	uint32_t parent_tgid; /* 0: not known */
	uint64_t time_ns;     /* when it started, or took this name */
	uint32_t flags;       /* enum wire_process_flags */
	uint32_t name_length; /* comm */
};

enum wire_process_flags {
	WIRE_PROCESS_CHILD = 1,  /* became a target as a child of one */
	WIRE_PROCESS_EXEC = 2,   /* this name came with an exec */
	WIRE_PROCESS_KERNEL = 4, /* a kernel thread: it has no mappings */
};

/* A thread; again when its name changes. Followed by name_length bytes. */
struct wire_thread {
	uint32_t tgid;
	uint32_t tid;
	uint64_t time_ns;
	uint32_t zero;
	uint32_t name_length; /* comm */
};

/*
 * A new generation of a process's mappings. It starts as a copy of (from_tgid, from_generation), or
 * empty when from_tgid is 0 (exec). fork, exec, and a mapping that replaces another one start a
 * generation, because they change what an address means; stacks say which one they belong to.
 */
struct wire_generation {
	uint32_t tgid;
	uint32_t generation;
	uint32_t from_tgid;
	uint32_t from_generation;
	uint64_t time_ns;
};

enum wire_mapping_flags {
	WIRE_MAPPING_ANONYMOUS = 1, /* no file behind it: JIT or copied code */
	WIRE_MAPPING_VDSO = 2,
	WIRE_MAPPING_DELETED = 4, /* the path no longer leads to this file */
};

/* One executable mapping. Followed by path_length bytes (as the process sees the path). */
struct wire_mapping {
	uint32_t tgid;
	uint32_t generation;
	uint64_t start; /* address */
	uint64_t end;   /* address, exclusive */
	uint64_t file_offset;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t flags; /* enum wire_mapping_flags */
	uint32_t path_length;
	uint8_t build_id[WIRE_BUILD_ID_MAX];
	uint32_t build_id_length; /* 0: none or not read */
};

/*
 * Part of the kernel's symbol table, once a session before the first kernel stack; sorted by offset
 * within a module, a module possibly split over several frames. Followed by module_length bytes of the
 * module's name ("[kernel]" for the kernel proper), then symbol_count x { u32 offset from base,
 * u16 name_length, name } without padding. Only text symbols are sent.
 */
struct wire_kernel_symbols {
	uint64_t base; /* address; recordings keep offsets only */
	uint64_t end;  /* address, exclusive: the module's last byte of text known */
	uint32_t module_length;
	uint32_t symbol_count;
};

#endif
