/* SPDX-License-Identifier: Apache-2.0 */
/* What of the kernel can be probed, by its own lists; a part at a time, so that drains are not kept waiting. */
#ifndef EMBERSCOPE_KERNEL_LISTS_H
#define EMBERSCOPE_KERNEL_LISTS_H

#include "frames.h"

#define LIST_PART ((size_t)64 << 10)

struct kernel_lists {
	uint32_t list;	/* that is being sent; 0: none */
	uint32_t again; /* they were asked for once more meanwhile */
	int fd;		/* -1: to be opened */
	size_t length;	/* of `text`: the beginning of a line */
	char text[LIST_PART];
};

/* LIST frames from now on. `may`: else each says EPERM. */
void kernel_lists_ask(struct kernel_lists *lists, struct send_queue *queue, bool may);
/* Sends what there is room for, up to some 256 KiB. True: there is more. */
bool kernel_lists_go_on(struct kernel_lists *lists, struct send_queue *queue);
void kernel_lists_close(struct kernel_lists *lists);

#endif
