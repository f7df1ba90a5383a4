/* SPDX-License-Identifier: Apache-2.0 */
/* Frames about unwind tables: modules, and what the engine answers to them. Part of wire.h, which says how frames are built. */
#ifndef EMBERSCOPE_WIRE_TABLES_H
#define EMBERSCOPE_WIRE_TABLES_H

#include <stdint.h>

/* Unwind tables in the kernel, of all modules together. */
#define WIRE_TABLE_MEBIBYTES 256
#define WIRE_MAX_ROWS (1u << 23) /* of one module */

/* ---- engine to helper ---- */

/*
 * An answer to MODULE: rows `first` to `first + count` of the module's `total`, in order. Followed by
 * count x struct unwind_row (bpf/records.h), ascending without two at the same place. total 0: nothing describes
 * its code, which is walked by frame pointers.
 */
struct wire_unwind_rows {
	uint32_t module;
	uint32_t first;
	uint32_t count;
	uint32_t total; /* at most WIRE_MAX_ROWS */
};

/* An answer to MODULE: the same file as another module, whose rows were or will be sent. */
struct wire_unwind_same {
	uint32_t module;
	uint32_t as;
};

/*
 * An answer to MODULE, before its rows: it holds a Python interpreter, whose stacks are to have the frames of the Python
 * program, too. What a walk reads there it knows by itself, for each version.
 */
struct wire_interpreter {
	uint32_t module;
	uint32_t version; /* of CPython: 311, 312 or 313 */
	/* The address of _PyRuntime is a mapping's start, less its file offset, and this. Below 2^47 either way. */
	int64_t runtime;
};

/* Asks for bytes of a module's file, which the engine cannot open. BYTES answers. */
struct wire_read {
	uint32_t module;
	uint32_t length; /* at most WIRE_READ_MAX */
	uint64_t offset;
};
#define WIRE_READ_MAX (1u << 19)

/* ---- helper to engine ---- */

/*
 * A file (or the vdso) with code of a target, each once: the engine is to answer with its unwind rows. Only where
 * START asked for tables. It is where the mapping lies. Followed by path_length bytes.
 */
struct wire_module {
	uint32_t module; /* from 1 */
	uint32_t tgid;
	uint64_t start;
	uint64_t end;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t flags; /* enum wire_mapping_flags */
	uint32_t path_length;
	uint8_t build_id[WIRE_BUILD_ID_MAX];
	uint32_t build_id_length;
};

/* The answer to READ: followed by `length` bytes, less than were asked for only at the end of the file. */
struct wire_bytes {
	uint32_t module;
	uint32_t error; /* errno; 0: none */
	uint64_t offset;
	uint64_t file_size;
	uint32_t length;
	uint32_t zero;
};

/* The unwind tables in the kernel; when it changed. */
struct wire_tables {
	uint64_t bytes;
	uint32_t tables;
	uint32_t refused; /* found no room, or were not as they must be */
	uint32_t evicted; /* gave their room to others while no process had them mapped */
	uint32_t zero;
};

#endif
