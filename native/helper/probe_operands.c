/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the arguments of a static probe are, as its note says it in the assembler's words: "-4@%eax 8@-24(%rbp) 4@$7".
 * What is not understood (floats, symbols) is left out: that argument is 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probes.h"

#if defined(__x86_64__)

/* In the order of struct event_registers (bpf/registers.bpf.h). */
static const struct {
	const char *name;
	u16 place;
} registers[] = {
	{ "r15", 0 }, { "r14", 1 }, { "r13", 2 }, { "r12", 3 },	 { "bp", 4 },	{ "bx", 5 },  { "r11", 6 }, { "r10", 7 },
	{ "r9", 8 },  { "r8", 9 },  { "ax", 10 }, { "cx", 11 },	 { "dx", 12 },	{ "si", 13 }, { "di", 14 }, { "sp", 19 },
};

/* "%rax", "%eax", "%ax", "%al", "%r8d"; not the second byte of one ("%ah"). False: it is none. */
static bool read_register(const char *text, size_t length, u16 *ret_place)
{
	if (length < 3 || *text != '%')
		return false;
	text++;
	length--;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		const char *name = registers[i].name;
		const size_t known = strlen(name);
		const bool numbered = name[0] == 'r';
		size_t skip = !numbered && length == 3 && (text[0] == 'r' || text[0] == 'e') ? 1 : 0;

		*ret_place = registers[i].place;
		/* "r8", "r8d", "r8w", "r8b" */
		if (numbered && length >= known && strncmp(text, name, known) == 0 &&
		    (length == known || (length == known + 1 && strchr("dwb", text[known]))))
			return true;
		/* "rax", "ax"; "al", "sil" */
		if (!numbered && length - skip == 2 && strncmp(text + skip, name, 2) == 0)
			return true;
		if (!numbered && name[1] == 'x' && length == 2 && text[0] == name[0] && text[1] == 'l')
			return true;
		if (!numbered && name[1] != 'x' && length == 3 && strncmp(text, name, 2) == 0 && text[2] == 'l')
			return true;
	}
	return false;
}

/* "$7", "%eax", "-24(%rbp)", "8(%rax,%rbx,4)". False: it is not understood. */
static bool read_operand(const char *text, size_t length, struct probe_operand *ret)
{
	const char *end = text + length, *open = memchr(text, '(', length), *comma;
	char *after;
	size_t inner;

	if (*text == '$') {
		ret->kind = OPERAND_CONSTANT;
		ret->offset = strtoll(text + 1, &after, 0);
		return after == end;
	}
	if (*text == '%') {
		ret->kind = OPERAND_REGISTER;
		return read_register(text, length, &ret->place);
	}
	if (!open || end[-1] != ')')
		return false;
	ret->kind = OPERAND_MEMORY;
	ret->offset = strtoll(text, &after, 0);
	inner = (size_t)(end - 1 - (open + 1));
	comma = memchr(open + 1, ',', inner);
	if (after != open || !read_register(open + 1, comma ? (size_t)(comma - open - 1) : inner, &ret->place))
		return false;
	if (!comma)
		return true;
	/* base,index,scale */
	length = (size_t)(end - 1 - (comma + 1));
	text = comma + 1;
	comma = memchr(text, ',', length);
	ret->scale = comma ? (u16)strtoul(comma + 1, NULL, 10) : 1;
	return (ret->scale == 1 || ret->scale == 2 || ret->scale == 4 || ret->scale == 8) &&
	       read_register(text, comma ? (size_t)(comma - text) : length, &ret->index);
}

#else

static bool read_operand(const char *text, size_t length, struct probe_operand *ret)
{
	(void)text, (void)length, (void)ret;
	return false;
}

#endif

/* "-4@%eax": four bytes, signed. */
static bool read_argument(const char *text, size_t length, struct probe_operand *ret)
{
	const bool is_signed = *text == '-';
	const char *at = memchr(text, '@', length);
	const long bytes = strtol(text + is_signed, NULL, 10);

	if (!at || at != text + is_signed + 1 || at + 1 == text + length ||
	    (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8))
		return false;
	ret->width = (u16)(bytes | (is_signed ? WIDTH_SIGNED : 0));
	return read_operand(at + 1, length - (size_t)(at + 1 - text), ret);
}

void probe_read_operands(const char *text, struct probe_operand ret[PROBE_ARGUMENTS])
{
	memset(ret, 0, PROBE_ARGUMENTS * sizeof(*ret));
	for (size_t i = 0; i < PROBE_ARGUMENTS && *text; i++) {
		const size_t length = strcspn(text, " ");
		struct probe_operand operand = { 0 };

		if (length > 0 && read_argument(text, length, &operand))
			ret[i] = operand;
		text += length + strspn(text + length, " ");
	}
}
