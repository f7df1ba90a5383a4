/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/kallsyms: the kernel's text symbols, once a session. */
#ifndef EMBERSCOPE_KERNEL_SYMBOLS_H
#define EMBERSCOPE_KERNEL_SYMBOLS_H

#include "frames.h"

/* Whether kallsyms shows addresses to us (kptr_restrict, CAP_SYSLOG). */
bool kernel_symbols_are_visible(void);
/* Queues all of them. Returns 0 or -errno; -ENOBUFS: some did not fit and stay unnamed. */
int kernel_symbols_send(struct send_queue *queue);

#endif
