/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "frames.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little endian");
_Static_assert(sizeof(struct wire_header) == WIRE_HEADER_SIZE, "wire.h");
_Static_assert(FRAME_READER_MAX <= WIRE_MAX_PAYLOAD, "wire.h");

#define QUEUE_SIZE ((size_t)16 << 20)
/* Room kept for the more important: the kernel's symbols are about 4 MiB, a start with 10,000 threads 1. */
#define BULK_LIMIT ((size_t)8 << 20)
#define TABLES_LIMIT (QUEUE_SIZE - ((size_t)1 << 20))

/* Whether an engine may send this, judged by the header alone, before the payload is read. */
static bool is_acceptable(const struct wire_header *header)
{
	if (header->zero != 0)
		return false;
	switch (header->type) {
	case WIRE_START:
		return header->length >= sizeof(struct wire_start) && header->length <= START_MAX;
	case WIRE_STOP:
	case WIRE_HEARTBEAT:
		return header->length == 0;
	case WIRE_UNWIND_ROWS:
		return header->length >= sizeof(struct wire_unwind_rows) && header->length <= FRAME_READER_MAX;
	case WIRE_UNWIND_SAME:
		return header->length == sizeof(struct wire_unwind_same);
	case WIRE_READ:
		return header->length == sizeof(struct wire_read);
	case WIRE_INTERPRETER:
		return header->length == sizeof(struct wire_interpreter);
	case WIRE_PROBE:
		return header->length > sizeof(struct wire_probe) && header->length <= FRAME_READER_MAX;
	case WIRE_DETACH:
		return header->length == sizeof(struct wire_detach);
	case WIRE_ASK:
		return header->length == sizeof(struct wire_ask);
	default:
		return false;
	}
}

int frame_reader_next(struct frame_reader *reader, int fd, struct frame *ret)
{
	struct wire_header header = { 0 };
	size_t wanted = WIRE_HEADER_SIZE;

	for (;;) {
		ssize_t n;

		if (reader->filled >= WIRE_HEADER_SIZE) {
			memcpy(&header, reader->bytes, sizeof(header));
			if (!is_acceptable(&header))
				return -EBADMSG;
			wanted = WIRE_HEADER_SIZE + header.length;
			if (reader->filled == wanted)
				break;
		}
		n = read(fd, reader->bytes + reader->filled, wanted - reader->filled);
		if (n == 0)
			return -EPIPE;
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		}
		reader->filled += (size_t)n;
	}
	reader->filled = 0;
	*ret = (struct frame){ header.type, header.length, reader->bytes + WIRE_HEADER_SIZE };
	return 1;
}

int send_queue_open(struct send_queue *queue)
{
	void *bytes = mmap(NULL, QUEUE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return -errno;
	*queue = (struct send_queue){ .bytes = bytes };
	return 0;
}

void send_queue_close(struct send_queue *queue)
{
	if (queue->bytes)
		munmap(queue->bytes, QUEUE_SIZE);
	queue->bytes = NULL;
}

bool send_fits(const struct send_queue *queue, enum send_class class, size_t length)
{
	size_t limit = class == SEND_BULK ? BULK_LIMIT : class == SEND_TABLES ? TABLES_LIMIT : QUEUE_SIZE;

	return queue->tail - queue->head + WIRE_HEADER_SIZE + length <= limit;
}

static void put(struct send_queue *queue, const void *bytes, size_t length)
{
	size_t at = queue->tail % QUEUE_SIZE, first = length < QUEUE_SIZE - at ? length : QUEUE_SIZE - at;

	if (length == 0)
		return;
	memcpy(queue->bytes + at, bytes, first);
	memcpy(queue->bytes, (const uint8_t *)bytes + first, length - first);
	queue->tail += length;
}

bool send_frame(struct send_queue *queue, enum send_class class, uint16_t type, const void *fixed,
		size_t fixed_length, const void *variable, size_t variable_length)
{
	size_t length = fixed_length + variable_length;
	struct wire_header header = { .length = (uint32_t)length, .type = type };

	if (length > WIRE_MAX_PAYLOAD || !send_fits(queue, class, length))
		return false;
	put(queue, &header, sizeof(header));
	put(queue, fixed, fixed_length);
	put(queue, variable, variable_length);
	return true;
}

int send_queue_flush(struct send_queue *queue, int fd)
{
	while (queue->head != queue->tail) {
		size_t at = queue->head % QUEUE_SIZE, length = queue->tail - queue->head;
		size_t first = length < QUEUE_SIZE - at ? length : QUEUE_SIZE - at;
		struct iovec parts[2] = { { queue->bytes + at, first }, { queue->bytes, length - first } };
		ssize_t n = writev(fd, parts, length > first ? 2 : 1);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		}
		queue->head += (size_t)n;
	}
	/* From the beginning again, so that a reader who keeps up costs a few pages only. */
	queue->head = queue->tail = 0;
	return 0;
}
