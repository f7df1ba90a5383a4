/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_symbols.h"

#define KERNEL "[kernel]"
#define MODULE_NAME_MAX 64
/* Bounds against a kallsyms that is not what it should be. */
#define MODULES_MAX 4096u
#define SYMBOLS_MAX (4u << 20)
#define FRAME_MAX ((size_t)512 << 10)

struct module {
	char name[MODULE_NAME_MAX];
	uint64_t base, end;
};

struct symbol {
	uint64_t address;
	uint32_t name; /* offset in the text */
	uint16_t name_length;
	uint16_t module;
	bool global;
};

struct symbols {
	struct module *modules;
	size_t module_count;
	struct symbol *list;
	size_t count, capacity;
	char *text;
	size_t text_length, text_capacity;
};

bool kernel_symbols_are_visible(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	bool visible = false;

	/* Where they are hidden all are 0; shown, only the first few can be. */
	for (int i = 0; file && !visible && i < 64; i++)
		visible = fscanf(file, "%llx %*[^\n]", &address) == 1 && address != 0;
	if (file)
		fclose(file);
	return visible;
}

static int add_module(struct symbols *symbols, const char *name, uint64_t base, uint64_t end)
{
	struct module *module;

	if (!symbols->modules)
		symbols->modules = calloc(MODULES_MAX, sizeof(*symbols->modules));
	if (!symbols->modules)
		return -ENOMEM;
	if (symbols->module_count == MODULES_MAX)
		return -E2BIG;
	module = &symbols->modules[symbols->module_count++];
	snprintf(module->name, sizeof(module->name), "%s", name);
	module->base = base;
	module->end = end;
	return 0;
}

/* name size references users state address */
static int read_modules(struct symbols *symbols)
{
	FILE *file = fopen("/proc/modules", "re");
	char *line = NULL;
	size_t capacity = 0;
	int r = 0;

	/* A kernel without modules has no such file. */
	while (file && r == 0 && getline(&line, &capacity, file) > 0) {
		unsigned long long size, base;
		char name[MODULE_NAME_MAX];

		if (sscanf(line, "%63s %llu %*s %*s %*s %llx", name, &size, &base) == 3 && base != 0)
			r = add_module(symbols, name, base, base + size);
	}
	free(line);
	if (file)
		fclose(file);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static int add_symbol(struct symbols *symbols, uint64_t address, bool global, size_t module, const char *name)
{
	size_t length = strlen(name);

	if (length > UINT16_MAX || symbols->count >= SYMBOLS_MAX)
		return 0;
	if (symbols->count == symbols->capacity) {
		size_t capacity = symbols->capacity ? symbols->capacity * 2 : 1 << 16;
		struct symbol *grown = realloc(symbols->list, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		symbols->list = grown;
		symbols->capacity = capacity;
	}
	if (symbols->text_length + length > symbols->text_capacity) {
		size_t capacity = symbols->text_capacity ? symbols->text_capacity * 2 : 1 << 20;
		char *grown = realloc(symbols->text, capacity);

		if (!grown)
			return -ENOMEM;
		symbols->text = grown;
		symbols->text_capacity = capacity;
	}
	memcpy(symbols->text + symbols->text_length, name, length);
	symbols->list[symbols->count++] = (struct symbol){
		.address = address,
		.name = (uint32_t)symbols->text_length,
		.name_length = (uint16_t)length,
		.module = (uint16_t)module,
		.global = global,
	};
	symbols->text_length += length;
	return 0;
}

/* "ffffffff81000000 T _text\t[module]". Index 0 of the modules is the kernel proper. */
static int take_line(struct symbols *symbols, char *line)
{
	char *position, *name, *module_name;
	uint64_t address = strtoull(line, &position, 16);
	struct module key, *module;
	char type;

	if (address == 0 || *position++ != ' ')
		return 0;
	type = *position++;
	if (*position++ != ' ')
		return 0;
	name = position;
	name[strcspn(name, "\n")] = 0;
	module_name = strchr(name, '\t');
	if (!module_name) {
		if (strcmp(name, "_text") == 0)
			symbols->modules[0].base = address;
		else if (strcmp(name, "_stext") == 0 && !symbols->modules[0].base)
			symbols->modules[0].base = address;
		else if (strcmp(name, "_etext") == 0)
			symbols->modules[0].end = address;
		module = &symbols->modules[0];
	} else {
		*module_name++ = 0;
		if (sscanf(module_name, "[%63[^]]", key.name) != 1)
			return 0;
		/* BPF programs and the tracers' trampolines come and go: they are in no list of modules. */
		module = bsearch(&key, symbols->modules + 1, symbols->module_count - 1, sizeof(key), by_name);
		if (!module)
			return 0;
	}
	if (!strchr("tTwW", type))
		return 0;
	return add_symbol(symbols, address, isupper((unsigned char)type), (size_t)(module - symbols->modules),
			  name);
}

static int read_symbols(struct symbols *symbols)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t capacity = 0;
	int r = 0;

	if (!file)
		return -errno;
	setvbuf(file, NULL, _IOFBF, 1 << 16); /* stdio would read 1 KiB at a time */
	while (r == 0 && getline(&line, &capacity, file) > 0)
		r = take_line(symbols, line);
	free(line);
	fclose(file);
	return r;
}

/* Of several names of one address the global one comes first. */
static int by_module_and_address(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	if (left->module != right->module)
		return left->module < right->module ? -1 : 1;
	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (left->global != right->global)
		return left->global ? -1 : 1;
	return left->name < right->name ? -1 : left->name > right->name;
}

static int send_part(struct send_queue *queue, const struct module *module, uint8_t *bytes, size_t length,
		     uint32_t count)
{
	const size_t name_length = strlen(module->name);
	const struct wire_kernel_symbols frame = {
		.base = module->base,
		.end = module->end,
		.module_length = (uint32_t)name_length,
		.symbol_count = count,
	};

	if (count == 0)
		return 0;
	memcpy(bytes, module->name, name_length);
	return send_frame(queue, SEND_TABLES, WIRE_KERNEL_SYMBOLS, &frame, sizeof(frame), bytes, length)
		       ? 0
		       : -ENOBUFS;
}

static int send_module(struct send_queue *queue, const struct symbols *symbols, size_t from, size_t to,
		       uint8_t *bytes)
{
	const struct module *module = &symbols->modules[symbols->list[from].module];
	const size_t start = strlen(module->name);
	uint64_t previous = 0;
	size_t length = start;
	uint32_t count = 0;
	int r = 0;

	for (size_t i = from; i < to && r == 0; i++) {
		const struct symbol *symbol = &symbols->list[i];
		uint32_t offset;

		if (symbol->address < module->base || symbol->address >= module->end ||
		    symbol->address == previous || symbol->address - module->base > UINT32_MAX)
			continue;
		previous = symbol->address;
		offset = (uint32_t)(symbol->address - module->base);
		if (length + 6 + symbol->name_length > FRAME_MAX) {
			r = send_part(queue, module, bytes, length, count);
			length = start;
			count = 0;
		}
		memcpy(bytes + length, &offset, 4);
		memcpy(bytes + length + 4, &symbol->name_length, 2);
		memcpy(bytes + length + 6, symbols->text + symbol->name, symbol->name_length);
		length += 6u + symbol->name_length;
		count++;
	}
	return r < 0 ? r : send_part(queue, module, bytes, length, count);
}

int kernel_symbols_send(struct send_queue *queue)
{
	struct symbols symbols = { 0 };
	uint8_t *bytes = malloc(FRAME_MAX);
	int r = bytes ? add_module(&symbols, KERNEL, 0, 0) : -ENOMEM;

	if (r == 0)
		r = read_modules(&symbols);
	if (r == 0) {
		qsort(symbols.modules + 1, symbols.module_count - 1, sizeof(*symbols.modules), by_name);
		r = read_symbols(&symbols);
	}
	if (r == 0 && symbols.count > 0)
		qsort(symbols.list, symbols.count, sizeof(*symbols.list), by_module_and_address);
	for (size_t from = 0, to; r == 0 && from < symbols.count; from = to) {
		for (to = from; to < symbols.count && symbols.list[to].module == symbols.list[from].module;)
			to++;
		r = send_module(queue, &symbols, from, to, bytes);
	}
	free(symbols.modules);
	free(symbols.list);
	free(symbols.text);
	free(bytes);
	return r;
}
