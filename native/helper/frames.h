/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of wire.h over non-blocking descriptors: a reader that never allocates, a bounded send queue. */
#ifndef EMBERSCOPE_FRAMES_H
#define EMBERSCOPE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* The longest frames that an engine may send are of unwind rows. */
#define FRAME_READER_MAX WIRE_MAX_PAYLOAD
#define START_MAX (sizeof(struct wire_start) + WIRE_MAX_TARGETS * sizeof(struct wire_target))

struct frame {
	uint16_t type;
	uint32_t length;
	const uint8_t *payload;
};

struct frame_reader {
	size_t filled;
	uint8_t bytes[WIRE_HEADER_SIZE + FRAME_READER_MAX] __attribute__((aligned(8)));
};

/*
 * Reads what is there and hands over at most one frame, valid until the next call.
 * Returns 1 with a frame, 0 when there is nothing whole yet, -EPIPE at the end of the stream, -EBADMSG
 * for a frame that no engine may send, or another -errno.
 */
int frame_reader_next(struct frame_reader *reader, int fd, struct frame *ret);

/* What must not be dropped may fill the queue further than what is only counted when it is. */
enum send_class {
	SEND_BULK,    /* stacks and counts */
	SEND_TABLES,  /* processes, mappings, symbols */
	SEND_CONTROL, /* the ledger, losses, errors, the end */
};

struct send_queue {
	uint8_t *bytes; /* a ring */
	size_t head;	/* of the first byte not yet written, counted from the beginning of time */
	size_t tail;
};

int send_queue_open(struct send_queue *queue);
void send_queue_close(struct send_queue *queue);
/* False: no room, and nothing was queued. */
bool send_frame(struct send_queue *queue, enum send_class class, uint16_t type, const void *fixed,
		size_t fixed_length, const void *variable, size_t variable_length);
/* Whether a frame with this payload would fit now. */
bool send_fits(const struct send_queue *queue, enum send_class class, size_t length);
/* Writes what the other side takes now. Returns 0 or -errno (-EPIPE: nobody reads any more). */
int send_queue_flush(struct send_queue *queue, int fd);

static inline bool send_queue_is_empty(const struct send_queue *queue)
{
	return queue->head == queue->tail;
}

#endif
