/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a drain to columns: wire_probes.h says how they stand in a frame. */
#include <string.h>

#include "session.h"

#define LONGS WIRE_COLUMN_PROBE
#define WORDS (WIRE_COLUMN_TEXT_LENGTH - WIRE_COLUMN_PROBE)
/* Of the longest frame: every column varies, and every text is as long as it can be. */
#define FRAME_BYTES (WIRE_EVENTS_MAX * (LONGS * sizeof(u64) + (WORDS + 1) * sizeof(u32) + WIRE_EVENT_TEXT_SIZE))

_Static_assert(sizeof(struct wire_events) + FRAME_BYTES <= WIRE_MAX_PAYLOAD && WIRE_EVENTS_MAX % 2 == 0, "wire_probes.h");

/* Those of a frame; what follows from one to the next is mostly the same. */
struct event_frame {
	const struct probe_event *events[WIRE_EVENTS_MAX];
	u32 text_lengths[WIRE_EVENTS_MAX];
	u32 count;
	u64 bytes[FRAME_BYTES / sizeof(u64)];
	size_t length;
	u32 varying;
};

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

static u64 long_of(const struct probe_event *event, u32 column)
{
	return ((const u64 *)event)[column];
}

static u32 word_of(const struct event_frame *frame, u32 event, u32 column)
{
	const u32 *words = (const u32 *)&frame->events[event]->probe;

	return column == WIRE_COLUMN_TEXT_LENGTH ? frame->text_lengths[event] : words[column - WIRE_COLUMN_PROBE];
}

static void put_longs(struct event_frame *frame, u32 column)
{
	u64 *to = frame->bytes + frame->length / sizeof(u64), differ = 0;

	for (u32 i = 0; i < frame->count; i++) {
		to[i] = long_of(frame->events[i], column);
		differ |= to[i] ^ to[0];
	}
	frame->varying |= (u32)(differ != 0) << column;
	frame->length += (differ ? frame->count : 1) * sizeof(u64);
}

static void put_words(struct event_frame *frame, u32 column)
{
	u32 *to = (u32 *)(frame->bytes + frame->length / sizeof(u64)), differ = 0;
	u32 count;

	for (u32 i = 0; i < frame->count; i++) {
		to[i] = word_of(frame, i, column);
		differ |= to[i] ^ to[0];
	}
	count = differ ? frame->count : 1;
	if (count % 2)
		to[count] = 0;
	frame->varying |= (u32)(differ != 0) << column;
	frame->length += padded(count * sizeof(u32));
}

static u32 put_texts(struct event_frame *frame)
{
	char *to = (char *)frame->bytes + frame->length;
	u32 length = 0;

	for (u32 i = 0; i < frame->count; i++) {
		memcpy(to + length, frame->events[i]->text, frame->text_lengths[i]);
		length += frame->text_lengths[i];
	}
	memset(to + length, 0, padded(length) - length);
	frame->length += padded(length);
	return length;
}

static void flush(struct session *session, struct event_frame *frame)
{
	struct wire_events fixed = { .entry_count = frame->count };

	if (frame->count == 0)
		return;
	frame->length = frame->varying = 0;
	for (u32 column = 0; column < WIRE_COLUMN_PROBE; column++)
		put_longs(frame, column);
	for (u32 column = WIRE_COLUMN_PROBE; column < WIRE_EVENT_COLUMNS; column++)
		put_words(frame, column);
	fixed.text_length = put_texts(frame);
	fixed.varying = frame->varying;
	if (!send_frame(&session->queue, SEND_BULK, WIRE_EVENTS, &fixed, sizeof(fixed), frame->bytes, frame->length)) {
		for (u32 i = 0; i < frame->count; i++) {
			struct probe *probe = probes_find(&session->probes, frame->events[i]->probe);

			if (probe)
				probe->dropped++;
		}
	}
	frame->count = 0;
}

void probes_send_events(struct session *session)
{
	static struct event_frame frame;
	const struct probes *probes = &session->probes;
	u32 tgid = 0, tid = 0;
	bool known = false;

	frame.count = 0;
	for (size_t i = 0; i < probes->event_count; i++) {
		struct probe_event *event = &probes->events[i];

		if (i == 0 || event->tid != tid || event->tgid != tgid)
			known = probe_owner_is_known(session, event->tgid, event->tid);
		tgid = event->tgid;
		tid = event->tid;
		if (!known) {
			struct probe *probe = probes_find(probes, event->probe);

			if (probe)
				probe->dropped++;
			continue;
		}
		if (event->user_stack && !session_knows_stack(session, event->user_stack))
			event->user_stack = 0;
		if (event->kernel_stack && !session_knows_stack(session, event->kernel_stack))
			event->kernel_stack = 0;
		frame.events[frame.count] = event;
		frame.text_lengths[frame.count] = (u32)strnlen(event->text, sizeof(event->text) - 1);
		if (++frame.count == WIRE_EVENTS_MAX)
			flush(session, &frame);
	}
	flush(session, &frame);
}
