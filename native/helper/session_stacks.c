/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks, and before them the mappings and the Python code that their frames lie in. */
#include "clock.h"
#include "session.h"

/* The mappings that a stack was taken under, or as near as can be: never another program's. */
static bool ensure_generation(struct session *session, struct process *process, u32 generation)
{
	const bool same_program = generation >> 16 == process->generation >> 16;

	if (!process->announced)
		return false;
	if (process_has_generation(process, generation))
		return true;
	return process_send_generation(&session->processes, process, generation,
				       same_program ? process->tgid : 0,
				       same_program ? process->generation : 0, monotonic_ns());
}

static void send_codes(struct session *session)
{
	const struct drained *drained = &session->sampler.drained;
	size_t at = 0;

	while (at < drained->codes_length) {
		const struct python_code *code = (const void *)(drained->codes + at);

		at += sizeof(struct wire_python_code) + ((code->lines_length + 7u) & ~7u);
		if (stack_set_has(&session->sent_codes, code->id))
			continue;
		if (send_frame(&session->queue, SEND_TABLES, WIRE_PYTHON_CODE, code, sizeof(struct wire_python_code),
			       code->lines, code->lines_length) &&
		    stack_set_add(&session->sent_codes, code->id) == 0)
			continue;
		sampler_forget_code(&session->sampler, code->id);
	}
}

/* Whether the engine knows the code of all frames; what it does not know is asked for. */
static bool has_codes(struct session *session, const struct stack_record *stack)
{
	bool all = true;

	for (u32 i = 0; i < stack->frame_count; i++) {
		const u64 frame = stack->frames[i], id = frame >> FRAME_PLACE_BITS & FRAME_CODE_MASK;

		if (stack->space != SPACE_USER || !(frame & FRAME_PYTHON) || stack_set_has(&session->sent_codes, id))
			continue;
		sampler_forget_code(&session->sampler, id);
		all = false;
	}
	return all;
}

static bool send_stack(struct session *session, const struct stack_record *stack)
{
	if (!has_codes(session, stack))
		return false;
	if (stack->space == WIRE_STACK_USER) {
		struct process *process = process_ensure(&session->processes, stack->tgid);

		if (!process || !ensure_generation(session, process, stack->generation))
			return false;
	}
	return send_frame(&session->queue, SEND_BULK, WIRE_STACK, stack, sizeof(struct wire_stack),
			  stack->frames, stack->frame_count * sizeof(u64));
}

void session_send_stacks(struct session *session)
{
	const struct drained *drained = &session->sampler.drained;
	size_t at = 0;

	send_codes(session);
	while (at < drained->stacks_length) {
		const struct stack_record *stack = (const void *)(drained->stacks + at);

		at += sizeof(struct wire_stack) + stack->frame_count * sizeof(u64);
		/* The kernel's own set forgets, and sends again. */
		if (stack_set_has(&session->sent_stacks, stack->hash))
			continue;
		if (send_stack(session, stack) && stack_set_add(&session->sent_stacks, stack->hash) == 0)
			continue;
		sampler_forget_stack(&session->sampler, stack->hash);
	}
}

bool session_knows_stack(struct session *session, u64 stack)
{
	if (stack == 0 || stack_set_has(&session->sent_stacks, stack))
		return true;
	/* Its frames did not get through; have them sent again. */
	sampler_forget_stack(&session->sampler, stack);
	return false;
}
