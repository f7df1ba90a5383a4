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
static bool is_of(const struct module *module, const struct mapping *mapping)
{
	if (module->build_id_length || mapping->build_id_length)
		return module->build_id_length == mapping->build_id_length &&
		       memcmp(module->build_id, mapping->build_id, mapping->build_id_length) == 0;
	if (mapping->flags & WIRE_MAPPING_VDSO)
		return module->flags & WIRE_MAPPING_VDSO &&
		       module->end - module->start == mapping->end - mapping->start;
	return !(module->flags & WIRE_MAPPING_VDSO) && module->inode == mapping->inode &&
	       module->inode_generation == mapping->inode_generation && module->device_major == mapping->device_major &&
	       module->device_minor == mapping->device_minor;
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
	*module = (struct module){
		.id = (uint32_t)count + 1,
		.inode = mapping->inode,
		.inode_generation = mapping->inode_generation,
		.device_major = mapping->device_major,
		.device_minor = mapping->device_minor,
		.flags = mapping->flags,
		.build_id_length = mapping->build_id_length,
		.tgid = tgid,
		.start = mapping->start,
		.end = mapping->end,
		.path = mapping->path,
	};
	memcpy(module->build_id, mapping->build_id, sizeof(module->build_id));
	if (module->path)
		module->path->references++;
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
	while (module && !is_of(module, mapping))
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
	struct wire_module frame = {
		.module = module->id,
		.tgid = module->tgid,
		.start = module->start,
		.end = module->end,
		.inode = module->inode,
		.device_major = module->device_major,
		.device_minor = module->device_minor,
		.flags = module->flags,
		.path_length = module->path ? module->path->length : 0,
		.build_id_length = module->build_id_length,
	};

	memcpy(frame.build_id, module->build_id, sizeof(frame.build_id));
	if (!send_frame(queue, SEND_TABLES, WIRE_MODULE, &frame, sizeof(frame),
			module->path ? module->path->text : NULL, frame.path_length))
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
		struct mapping mapping = { .path = modules[i]->path };

		mapping_clear(&mapping);
		free(modules[i]);
	}
	free(modules);
	modules = NULL;
	count = capacity = waited_for = 0;
	memset(buckets, 0, sizeof(buckets));
}
