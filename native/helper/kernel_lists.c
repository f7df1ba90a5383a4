/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel_functions.h"
#include "kernel_lists.h"

#define PARTS_AT_ONCE 4

static int open_list(uint32_t list)
{
	int fd;

	if (list == WIRE_LIST_FUNCTIONS)
		return tracefs_open("available_filter_functions");
	if (list == WIRE_LIST_TRACEPOINTS)
		return tracefs_open("available_events");
	fd = open(KPROBES_BLOCKLIST, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool send_part(struct send_queue *queue, uint32_t list, int error, bool last, const char *text, size_t length)
{
	const struct wire_list frame = {
		.list = list,
		.error = (uint32_t)error,
		.last = last,
		.text_length = (uint32_t)length,
	};

	return send_frame(queue, SEND_TABLES, WIRE_LIST, &frame, sizeof(frame), text, length);
}

/* "0xstart-0xend\tname [module]" becomes "name [module]". Returns the new length. */
static size_t keep_names(char *text, size_t length)
{
	size_t kept = 0;

	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		const size_t line = end ? (size_t)(end - text) + 1 - at : length - at;
		const char *tab = memchr(text + at, '\t', line);
		const size_t skipped = tab ? (size_t)(tab + 1 - (text + at)) : 0;

		memmove(text + kept, text + at + skipped, line - skipped);
		kept += line - skipped;
		at += line;
	}
	return kept;
}

/* Whole lines of what was read; a line that is longer than a part is none. */
static bool send_lines(struct kernel_lists *lists, struct send_queue *queue)
{
	const char *newline = memrchr(lists->text, '\n', lists->length);
	const size_t whole = newline ? (size_t)(newline + 1 - lists->text) : 0;
	size_t used = whole;
	bool sent = true;

	if (whole > 0) {
		char rest[LIST_PART];

		memcpy(rest, lists->text + whole, lists->length - whole);
		if (lists->list == WIRE_LIST_BLOCKLIST)
			used = keep_names(lists->text, whole);
		sent = send_part(queue, lists->list, 0, false, lists->text, used);
		memcpy(lists->text, rest, lists->length - whole);
	}
	lists->length = whole == 0 && lists->length == sizeof(lists->text) ? 0 : lists->length - whole;
	return sent;
}

static void next_list(struct kernel_lists *lists, struct send_queue *queue, int error)
{
	if (lists->fd >= 0)
		close(lists->fd);
	send_part(queue, lists->list, error, true, NULL, 0);
	lists->fd = -1;
	lists->length = 0;
	if (lists->list < WIRE_LIST_TRACEPOINTS) {
		lists->list++;
		return;
	}
	lists->list = lists->again ? WIRE_LIST_FUNCTIONS : 0;
	lists->again = 0;
}

void kernel_lists_ask(struct kernel_lists *lists, struct send_queue *queue, bool may)
{
	for (uint32_t list = WIRE_LIST_FUNCTIONS; !may && list <= WIRE_LIST_TRACEPOINTS; list++)
		send_part(queue, list, EPERM, true, NULL, 0);
	if (!may)
		return;
	if (lists->list) {
		lists->again = 1;
		return;
	}
	lists->list = WIRE_LIST_FUNCTIONS;
	lists->fd = -1;
	lists->length = 0;
}

bool kernel_lists_go_on(struct kernel_lists *lists, struct send_queue *queue)
{
	for (int part = 0; lists->list && part < PARTS_AT_ONCE; part++) {
		ssize_t n;

		if (!send_fits(queue, SEND_TABLES, sizeof(struct wire_list) + sizeof(lists->text)))
			return true;
		if (lists->fd < 0)
			lists->fd = open_list(lists->list);
		if (lists->fd < 0) {
			const int error = -lists->fd;

			lists->fd = -1;
			next_list(lists, queue, error);
			continue;
		}
		n = read(lists->fd, lists->text + lists->length, sizeof(lists->text) - lists->length);
		if (n > 0)
			lists->length += (size_t)n;
		else
			next_list(lists, queue, n < 0 ? errno : 0);
		/* Where the last line has no end, it is left out: the kernel writes whole ones. */
		if (n > 0)
			send_lines(lists, queue);
	}
	return lists->list != 0;
}

void kernel_lists_close(struct kernel_lists *lists)
{
	if (lists->list && lists->fd >= 0)
		close(lists->fd);
	lists->list = 0;
}
