/* SPDX-License-Identifier: Apache-2.0 */
/* HELLO, and what each frame of the engine leads to. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/utsname.h>

#include "clock.h"
#include "session.h"

#ifndef EMBERSCOPE_VERSION
#error "the Makefile passes package.json's version as EMBERSCOPE_VERSION"
#endif

void session_send_hello(struct session *session)
{
	struct wire_hello hello = {
		.magic = WIRE_MAGIC,
		.protocol = WIRE_PROTOCOL,
		.features = session->features,
		.cpus = (u32)session->cpu_count,
		.uid = session->privileges.uid,
		.max_frequency = WIRE_MAX_FREQUENCY,
		.max_targets = WIRE_MAX_TARGETS,
		.max_stack_depth = STACK_DEPTH_MAX,
	};
	struct utsname name;

	_Static_assert(sizeof(name.release) <= WIRE_RELEASE_SIZE, "wire.h");
	_Static_assert(sizeof(EMBERSCOPE_VERSION) <= WIRE_VERSION_SIZE, "the version is too long for HELLO");
	memcpy(hello.version, EMBERSCOPE_VERSION, sizeof(EMBERSCOPE_VERSION));
	if (uname(&name) == 0)
		memcpy(hello.release, name.release, strnlen(name.release, sizeof(name.release) - 1));
	send_frame(&session->queue, SEND_CONTROL, WIRE_HELLO, &hello, sizeof(hello), NULL, 0);
}

bool session_take_frame(struct session *session, const struct frame *frame)
{
	struct failure failure = { 0 };
	enum wire_end_reason reason = WIRE_REASON_FAILURE;

	session->heard_ns = monotonic_ns();
	switch (frame->type) {
	case WIRE_HEARTBEAT:
		return true;
	case WIRE_STOP:
		if (session->running || session->preparing) {
			session_end(session, NULL, WIRE_REASON_ASKED);
			return false;
		}
		break;
	case WIRE_UNWIND_ROWS:
	case WIRE_UNWIND_SAME:
	case WIRE_READ:
	case WIRE_INTERPRETER:
		if (session_take_tables(session, frame, &failure) == 0)
			return true;
		session_end(session, &failure, WIRE_REASON_FAILURE);
		return false;
	case WIRE_PROBE:
	case WIRE_DETACH:
		if (!session->running && !session->preparing)
			break;
		if (probes_take(session, frame, &failure) == 0)
			return true;
		session_end(session, &failure, WIRE_REASON_FAILURE);
		return false;
	case WIRE_ASK:
		if (session_answer(session, frame, &failure) == 0)
			return true;
		session_end(session, &failure, WIRE_REASON_FAILURE);
		return false;
	case WIRE_START:
		if (session->running || session->preparing)
			break;
		if (session_start(session, frame, &failure, &reason) < 0) {
			session_end(session, &failure, reason);
			return false;
		}
		session->heard_ns = monotonic_ns();
		return true;
	}
	fail(&failure, WIRE_ERROR_MALFORMED, frame->type, "frame %u came %s", frame->type,
	     session->running || session->preparing ? "after START" : "before START");
	session_end(session, &failure, WIRE_REASON_FAILURE);
	return false;
}
