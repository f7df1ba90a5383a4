/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clock.h"
#include "session.h"

static void send_refused(struct session *session, const struct failure *failure)
{
	const u32 length = (u32)strlen(failure->text);
	const struct wire_refused frame = { .error = failure->error,
					    .text_length = length,
					    .value = failure->value };

	send_frame(&session->queue, SEND_CONTROL, WIRE_REFUSED, &frame, sizeof(frame), failure->text, length);
}

void session_end(struct session *session, const struct failure *failure, enum wire_end_reason reason)
{
	struct wire_end end = { .reason = reason };

	if (session->running) {
		session_quiesce(session);
		session_drain(session, false);
		session_drain(session, true); /* the other buffer */
		session->running = false;
	}
	if (failure)
		send_refused(session, failure);
	end.time_ns = monotonic_ns();
	send_frame(&session->queue, SEND_CONTROL, WIRE_END, &end, sizeof(end), NULL, 0);
}
