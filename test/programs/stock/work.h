/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of this folder are made of: functions that stay functions, and work of a known length. They are
 * built as a distribution builds, without frame pointers; test/unwinding says which stacks each must show. */
#ifndef STOCK_WORK_H
#define STOCK_WORK_H

/* Never inlined, never cloned, and its callers know nothing of what it does. */
#ifdef __clang__
#define FUNCTION __attribute__((noinline))
#else
#define FUNCTION __attribute__((noipa))
#endif

/* Behind a call, so that the compiler does not make a jump of it. */
#define STAY() __asm__ volatile("" ::: "memory")
/* Memory that the compiler must believe is used. */
#define USE(place) __asm__ volatile("" : : "r"(place) : "memory")

/* Part of its caller's code: a chain of multiplications, about two microseconds a thousand. */
#define WORK(count)                                                                                            \
	do {                                                                                                   \
		unsigned long value_ = 1;                                                                      \
		for (long left_ = (count); left_ > 0; left_--) {                                               \
			value_ = value_ * 6364136223846793005ul + 1;                                           \
			__asm__ volatile("" : "+r"(value_));                                                   \
		}                                                                                              \
	} while (0)

#endif
