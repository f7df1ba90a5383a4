/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hashes of the stacks that the engine was sent. Bounded: two halves, of which the older is dropped
 * when the younger is full. What is used moves to the younger, so what is dropped was not used while half
 * a million others were; the kernel's own set of 65,536 has then dropped it long before, and sends the
 * frames again.
 */
#ifndef EMBERSCOPE_STACK_SET_H
#define EMBERSCOPE_STACK_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stack_set_half {
	uint64_t *slots; /* 0: free */
	size_t count, capacity;
};

struct stack_set {
	struct stack_set_half younger, older;
};

bool stack_set_has(struct stack_set *set, uint64_t hash);
/* 0 or -ENOMEM. */
int stack_set_add(struct stack_set *set, uint64_t hash);
void stack_set_close(struct stack_set *set);

#endif
