/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions of the kernel lie, and which of them may be probed. */
#ifndef EMBERSCOPE_KERNEL_FUNCTIONS_H
#define EMBERSCOPE_KERNEL_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KPROBES_BLOCKLIST "/sys/kernel/debug/kprobes/blacklist"

struct kernel_place {
	uint64_t address;
	uint32_t name; /* which of those asked for */
	bool traceable; /* ftrace can trace a function of this name; true where that cannot be read */
};

struct kernel_places {
	struct kernel_place *list;
	size_t count, capacity;
};

/* Functions of these names (sorted by strcmp): a name may have several, or none. Returns 0 or -errno. */
int kernel_find_functions(const char *const *names, size_t count, struct kernel_places *ret);
/* Whether kprobes are refused there. False where that cannot be read. */
bool kernel_is_blocklisted(const char *name);
void kernel_places_close(struct kernel_places *places);

/* Opens a file below tracefs, wherever that is mounted. A descriptor or -errno. */
int tracefs_open(const char *path);
/* Of an event, by its format: what perf calls it, and its text, freed by the caller. 0 or -errno. */
int tracefs_read(const char *path, char **ret_text);

#endif
