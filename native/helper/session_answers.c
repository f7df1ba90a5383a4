/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine asks beside the samples. */
#include <string.h>

#include "session.h"

/* Tried once a session: whoever asks again gets the same answer. False: no room in the queue, so nothing was sent. */
static bool send_capabilities(struct session *session)
{
	const struct wire_capabilities header = { .entry_count = CAPABILITY_KINDS };

	if (!session->capabilities[0].kind)
		capabilities_try(&session->privileges, session->sampler.event_count > 0, session->capabilities);
	return send_frame(&session->queue, SEND_CONTROL, WIRE_CAPABILITIES, &header, sizeof(header), session->capabilities,
			  sizeof(session->capabilities));
}

int session_answer(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct wire_ask ask;

	memcpy(&ask, frame->payload, sizeof(ask));
	if (ask.zero == 0 && ask.what == WIRE_ASK_CAPABILITIES)
		return send_capabilities(session) ? 0 : fail(ret, WIRE_ERROR_MEMORY, 0, "nobody reads the answers");
	if (ask.zero == 0 && ask.what == WIRE_ASK_LISTS) {
		kernel_lists_ask(&session->lists, &session->queue, session->privileges.may_trace);
		return 0;
	}
	return fail(ret, WIRE_ERROR_MALFORMED, WIRE_ASK, "ASK asks for something that this helper does not know");
}
