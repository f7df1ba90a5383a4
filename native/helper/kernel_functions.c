/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_functions.h"

#define TEXT_MAX ((size_t)64 << 10)
#define PLACES_MAX ((size_t)1 << 20)

static const char *const tracefs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

int tracefs_open(const char *path)
{
	char full[PATH_MAX];
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(tracefs) / sizeof(tracefs[0]); i++) {
		int fd;

		if ((size_t)snprintf(full, sizeof(full), "%s/%s", tracefs[i], path) >= sizeof(full))
			return -ENAMETOOLONG;
		fd = open(full, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		r = errno == ENOENT ? r : -errno;
	}
	return r;
}

int tracefs_read(const char *path, char **ret_text)
{
	int fd = tracefs_open(path);
	size_t length = 0;
	ssize_t n = -1;
	char *text;

	if (fd < 0)
		return fd;
	text = malloc(TEXT_MAX);
	while (text && length < TEXT_MAX - 1 && (n = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
		length += (size_t)n;
	close(fd);
	if (!text || n < 0) {
		free(text);
		return text ? -EIO : -ENOMEM;
	}
	text[length] = 0;
	*ret_text = text;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static long find_name(const char *const *names, size_t count, const char *name)
{
	const char *const *found = bsearch(&name, names, count, sizeof(name), by_name);

	return found ? found - names : -1;
}

static int add_place(struct kernel_places *places, uint64_t address, uint32_t name)
{
	if (places->count == places->capacity) {
		size_t capacity = places->capacity ? places->capacity * 2 : 16;
		struct kernel_place *grown = capacity <= PLACES_MAX ? realloc(places->list, capacity * sizeof(*grown)) : NULL;

		if (!grown)
			return -ENOMEM;
		places->list = grown;
		places->capacity = capacity;
	}
	places->list[places->count++] = (struct kernel_place){ .address = address, .name = name };
	return 0;
}

/* "address type name[\t[module]]" */
static int take_line(char *line, const char *const *names, size_t count, struct kernel_places *ret)
{
	char *position;
	const uint64_t address = strtoull(line, &position, 16);
	long found;
	char type;

	if (address == 0 || *position++ != ' ')
		return 0;
	type = *position++;
	if (*position++ != ' ' || !strchr("tTwW", type))
		return 0;
	position[strcspn(position, "\t\n ")] = 0;
	found = find_name(names, count, position);
	return found < 0 ? 0 : add_place(ret, address, (uint32_t)found);
}

/* Of tracefs: "name" or "name [module]". Marks those that ftrace can trace; -errno: not known. */
static int mark_traceable(const char *const *names, size_t count, struct kernel_places *places)
{
	int fd = tracefs_open("available_filter_functions");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool *traceable = calloc(count, sizeof(*traceable));
	char *line = NULL;
	size_t capacity = 0;
	long found;

	if (fd >= 0 && !file)
		close(fd);
	if (!file || !traceable) {
		free(traceable);
		if (file)
			fclose(file);
		return fd < 0 ? fd : -ENOMEM;
	}
	setvbuf(file, NULL, _IOFBF, 1 << 16);
	while (getline(&line, &capacity, file) > 0) {
		line[strcspn(line, " \t\n")] = 0;
		found = find_name(names, count, line);
		if (found >= 0)
			traceable[found] = true;
	}
	for (size_t i = 0; i < places->count; i++)
		places->list[i].traceable = traceable[places->list[i].name];
	free(line);
	free(traceable);
	fclose(file);
	return 0;
}

int kernel_find_functions(const char *const *names, size_t count, struct kernel_places *ret)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t capacity = 0;
	int r = 0;

	*ret = (struct kernel_places){ 0 };
	if (!file)
		return -errno;
	setvbuf(file, NULL, _IOFBF, 1 << 16);
	while (r == 0 && getline(&line, &capacity, file) > 0)
		r = take_line(line, names, count, ret);
	free(line);
	fclose(file);
	if (r < 0) {
		kernel_places_close(ret);
		return r;
	}
	if (ret->count > 0 && mark_traceable(names, count, ret) < 0) {
		for (size_t i = 0; i < ret->count; i++)
			ret->list[i].traceable = true;
	}
	return 0;
}

/* "0xstart-0xend\tname" */
bool kernel_is_blocklisted(const char *name)
{
	FILE *file = fopen(KPROBES_BLOCKLIST, "re");
	char *line = NULL, *at;
	size_t capacity = 0;
	bool found = false;

	while (file && !found && getline(&line, &capacity, file) > 0) {
		at = strchr(line, '\t');
		if (!at)
			continue;
		at[1 + strcspn(at + 1, "\t\n ")] = 0;
		found = strcmp(at + 1, name) == 0;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

void kernel_places_close(struct kernel_places *places)
{
	free(places->list);
	*places = (struct kernel_places){ 0 };
}
