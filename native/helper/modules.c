/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "modules.h"

#define BUCKETS 1024

static struct module *buckets[BUCKETS];
static struct module **modules; /* by number - 1 */
static size_t count, capacity, waited_for;

struct module *module_find(uint32_t id)
{
	return id > 0 && id <= count ? modules[id - 1] : NULL;
}

struct module *module_with_table(struct module *module)
{
	struct module *same = module_find(module->same);

	return same ? same : module;
}

size_t modules_waited_for(void)
{
	return waited_for;
}

size_t modules_count(void)
{
	return count;
}

/* A file that is known by its build id is the same wherever it lies. The vdso of a program of 32 bits is another one. */
static bool is_same(const struct mapping *a, const struct mapping *b)
{
	if (a->build_id_length || b->build_id_length)
		return a->build_id_length == b->build_id_length &&
		       memcmp(a->build_id, b->build_id, a->build_id_length) == 0;
	if ((a->flags ^ b->flags) & WIRE_MAPPING_VDSO)
		return false;
	if (a->flags & WIRE_MAPPING_VDSO)
		return a->end - a->start == b->end - b->start;
	return a->inode == b->inode && a->inode_generation == b->inode_generation &&
	       a->device_major == b->device_major && a->device_minor == b->device_minor;
}

static size_t bucket_of(const struct mapping *mapping)
{
	uint64_t key = mapping->inode * 31 + mapping->device_minor;

	if (mapping->flags & WIRE_MAPPING_VDSO)
		key = mapping->end - mapping->start;
	if (mapping->build_id_length >= sizeof(key))
		memcpy(&key, mapping->build_id, sizeof(key));
	return (key ^ key >> 17) % BUCKETS;
}

static struct module *add(const struct mapping *mapping, uint32_t tgid)
{
	struct module *module;

	if (count == MODULES_MAX)
		return NULL;
	if (count == capacity) {
		size_t wanted = capacity ? capacity * 2 : 64;
		struct module **grown = realloc(modules, wanted * sizeof(*grown));

		if (!grown)
			return NULL;
		modules = grown;
		capacity = wanted;
	}
	module = malloc(sizeof(*module));
	if (!module)
		return NULL;
	*module = (struct module){ .id = (uint32_t)count + 1, .mapping = *mapping, .tgid = tgid };
	if (module->mapping.path)
		module->mapping.path->references++;
	modules[count++] = module;
	return module;
}

void mapping_identify(struct mapping *mapping, uint32_t tgid)
{
	const size_t bucket = bucket_of(mapping);
	struct module *module = buckets[bucket];

	mapping->module = 0;
	if (mapping->flags & WIRE_MAPPING_ANONYMOUS || (!mapping->path && !(mapping->flags & WIRE_MAPPING_VDSO)))
		return;
	while (module && !is_same(&module->mapping, mapping))
		module = module->next;
	if (!module) {
		module = add(mapping, tgid);
		if (!module)
			return;
		module->next = buckets[bucket];
		buckets[bucket] = module;
	}
	mapping->module = module->id;
}

bool module_ask(struct module *module, struct send_queue *queue)
{
	const struct mapping *mapping = &module->mapping;
	struct wire_module frame = {
		.module = module->id,
		.tgid = module->tgid,
		.start = mapping->start,
		.end = mapping->end,
		.inode = mapping->inode,
		.device_major = mapping->device_major,
		.device_minor = mapping->device_minor,
		.flags = mapping->flags,
		.path_length = mapping->path ? mapping->path->length : 0,
		.build_id_length = mapping->build_id_length,
	};

	memcpy(frame.build_id, mapping->build_id, sizeof(frame.build_id));
	if (!send_frame(queue, SEND_TABLES, WIRE_MODULE, &frame, sizeof(frame),
			mapping->path ? mapping->path->text : NULL, frame.path_length))
		return false;
	module->state = MODULE_ASKED;
	waited_for++;
	return true;
}

void module_answered(struct module *module)
{
	if (module->state == MODULE_ASKED)
		waited_for--;
	module->state = MODULE_DONE;
}

void modules_close(void)
{
	for (size_t i = 0; i < count; i++) {
		mapping_clear(&modules[i]->mapping);
		free(modules[i]);
	}
	free(modules);
	modules = NULL;
	count = capacity = waited_for = 0;
	memset(buckets, 0, sizeof(buckets));
}
