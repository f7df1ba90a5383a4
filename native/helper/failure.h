/* SPDX-License-Identifier: Apache-2.0 */
/* Why a session does not start or breaks: what REFUSED says. */
#ifndef EMBERSCOPE_FAILURE_H
#define EMBERSCOPE_FAILURE_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "wire.h"

struct failure {
	enum wire_error error;
	int64_t value;
	char text[256];
};

/* Fills `ret` and returns -1, so that a caller can `return fail(...)`. */
__attribute__((format(printf, 4, 5))) static inline int fail(struct failure *ret, enum wire_error error,
							     int64_t value, const char *format, ...)
{
	va_list arguments;

	ret->error = error;
	ret->value = value;
	va_start(arguments, format);
	vsnprintf(ret->text, sizeof(ret->text), format, arguments);
	va_end(arguments);
	return -1;
}

#endif
