/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the client: what it runs as target, what a session has shown, and the talk with the helper. */
#ifndef EMBERSCOPE_TEST_CLIENT_H
#define EMBERSCOPE_TEST_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../../native/helper/wire.h"

#define MAX_STACKS 4096
#define MAX_RANGES 512

struct range {
	uint64_t start, end;
};

struct stack {
	uint64_t hash;
	bool kernel, placed, known, outermost;
};

/* What a session has shown so far. */
extern struct session {
	struct wire_hello hello;
	struct wire_ledger ledger;
	struct stack stacks[MAX_STACKS];
	struct range user[MAX_RANGES], kernel[MAX_RANGES];
	unsigned stack_count, user_count, kernel_count, frames, symbols;
	unsigned processes, threads, modules, tables, sampling, inexact_ledgers, unknown_stacks;
	uint64_t samples, child_samples, user_samples, kernel_samples, pure, placed, known, outermost, lost, cpu_ns;
	int refused, refused_value, end_reason, read_error; /* of its own file; -1: no answer */
	bool sys_admin; /* the helper has it while it samples */
	uint32_t target;
	char text[256];
} session;

/* client_target.c: never returns; the known functions lie in a section of their own. */
void run_target(void);
extern const char __start_known_text[], __stop_known_text[];

/* client_session.c */
void read_frame(uint16_t type, const uint8_t *payload, uint32_t length);
void print_result(int status);

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

#endif
