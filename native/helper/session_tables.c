/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's answers about modules, and its questions. */
#include <string.h>

#include "session.h"

static int malformed(const struct frame *frame, struct failure *ret, const char *what)
{
	return fail(ret, WIRE_ERROR_MALFORMED, frame->type, "frame %u %s", frame->type, what);
}

static bool is_unused(void *context, const struct module *module)
{
	return processes_lack(context, module);
}

static void has_answer(struct session *session, struct module *module)
{
	module_answered(module);
	processes_unpublish(&session->processes, module);
}

static int take_rows(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct wire_unwind_rows rows;
	struct module *module;
	int r;

	memcpy(&rows, frame->payload, sizeof(rows));
	module = module_find(rows.module);
	if (!module || module->state == MODULE_UNASKED)
		return malformed(frame, ret, "is of a module that was not asked for");
	if (frame->length != sizeof(rows) + (u64)rows.count * sizeof(struct unwind_row))
		return malformed(frame, ret, "has another length than its rows");
	/* What follows rows that were refused. */
	if (module->state == MODULE_DONE)
		return 0;
	r = tables_take(&session->tables, module, &rows, (const void *)(frame->payload + sizeof(rows)), is_unused,
			&session->processes);
	if (r < 0)
		return malformed(frame, ret, "does not follow the one before");
	if (r == TABLE_DONE)
		has_answer(session, module);
	return 0;
}

static int take_same(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct wire_unwind_same same;
	struct module *module, *as;

	memcpy(&same, frame->payload, sizeof(same));
	module = module_find(same.module);
	as = module_find(same.as);
	if (!module || !as || module == as || module->state != MODULE_ASKED || module->table || as->same ||
	    as->state == MODULE_UNASKED)
		return malformed(frame, ret, "names modules that are not the same");
	module->same = as->id;
	has_answer(session, module);
	return 0;
}

static int take_read(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct wire_read request;
	struct module *module;

	memcpy(&request, frame->payload, sizeof(request));
	module = module_find(request.module);
	if (!module || request.length > WIRE_READ_MAX)
		return malformed(frame, ret, "asks for what cannot be read");
	module_read(module, &request, session->privileges.uid, &session->queue);
	return 0;
}

/* Nothing is believed of it but where it says that a walk may begin to look (bpf/python_code.bpf.h). */
static int take_interpreter(const struct frame *frame, struct failure *ret)
{
	const int64_t reach = (int64_t)1 << 47;
	struct wire_interpreter interpreter;
	struct module *module;

	memcpy(&interpreter, frame->payload, sizeof(interpreter));
	module = module_find(interpreter.module);
	if (!module || module->state != MODULE_ASKED)
		return malformed(frame, ret, "is of a module that was not asked for, or has its answer");
	if (interpreter.version < 311 || interpreter.version > 313 || interpreter.runtime <= -reach ||
	    interpreter.runtime >= reach)
		return malformed(frame, ret, "is of no interpreter that can be walked");
	module->python = interpreter.version;
	module->python_runtime = interpreter.runtime;
	return 0;
}

int session_take_tables(struct session *session, const struct frame *frame, struct failure *ret)
{
	if (!session->processes.spaces || (!session->preparing && !session->running))
		return malformed(frame, ret, "came without a START that asked for tables");
	switch (frame->type) {
	case WIRE_UNWIND_ROWS:
		return take_rows(session, frame, ret);
	case WIRE_UNWIND_SAME:
		return take_same(session, frame, ret);
	case WIRE_INTERPRETER:
		return take_interpreter(frame, ret);
	default:
		return take_read(session, frame, ret);
	}
}
