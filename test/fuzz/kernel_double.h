/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMBERSCOPE_TEST_KERNEL_DOUBLE_H
#define EMBERSCOPE_TEST_KERNEL_DOUBLE_H

#include <stdint.h>

uint64_t random_number(void);
/* The ids of Python code objects are below this, from 1. */
#define PYTHON_CODES 16
/* A process that does. */
extern uint32_t living_tgid;
/* Places for what processes have mapped. */
#define CODES 1024

/* One lives; the others are above any limit and do not. */
uint32_t random_tgid(void);
uint32_t random_tid(uint32_t tgid);
uint32_t random_generation(void);

#endif
