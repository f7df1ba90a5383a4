/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "stack_set.h"

#define CAPACITY_MIN ((size_t)1 << 12)
#define CAPACITY_MAX ((size_t)1 << 20)

/* Hashes are well mixed already. */
static uint64_t *find(const struct stack_set_half *half, uint64_t hash)
{
	size_t at = hash & (half->capacity - 1);

	while (half->slots[at] && half->slots[at] != hash)
		at = (at + 1) & (half->capacity - 1);
	return &half->slots[at];
}

static int grow(struct stack_set_half *half)
{
	struct stack_set_half larger = { .capacity = half->capacity ? half->capacity * 2 : CAPACITY_MIN };

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < half->capacity; i++) {
		if (half->slots[i])
			*find(&larger, half->slots[i]) = half->slots[i];
	}
	larger.count = half->count;
	free(half->slots);
	*half = larger;
	return 0;
}

bool stack_set_has(struct stack_set *set, uint64_t hash)
{
	if (set->younger.count > 0 && *find(&set->younger, hash) == hash)
		return true;
	if (set->older.count == 0 || *find(&set->older, hash) != hash)
		return false;
	stack_set_add(set, hash);
	return true;
}

int stack_set_add(struct stack_set *set, uint64_t hash)
{
	struct stack_set_half *half = &set->younger;
	uint64_t *slot;

	if (half->count >= CAPACITY_MAX / 2) {
		free(set->older.slots);
		set->older = *half;
		*half = (struct stack_set_half){ 0 };
	}
	if (half->count * 2 >= half->capacity && grow(half) < 0)
		return -ENOMEM;
	slot = find(half, hash);
	if (!*slot)
		half->count++;
	*slot = hash;
	return 0;
}

void stack_set_close(struct stack_set *set)
{
	free(set->younger.slots);
	free(set->older.slots);
	*set = (struct stack_set){ 0 };
}
