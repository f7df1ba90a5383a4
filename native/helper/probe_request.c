/* SPDX-License-Identifier: Apache-2.0 */
/* A PROBE frame, checked, as a probe that is still to be attached. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes.h"

#define KNOWN_FLAGS 0xffu
#define READY_NAME_MAX 32

int refuse_probe(struct probe_refusal *ret, enum wire_probe_reason reason, s64 value, const char *text)
{
	ret->reason = reason;
	ret->value = value;
	snprintf(ret->text, sizeof(ret->text), "%s", text ? text : "");
	return -1;
}

static bool is_width(u8 width)
{
	const u8 bytes = width & (u8)~WIRE_WIDTH_SIGNED;

	return bytes <= 2 || bytes == 4 || bytes == 8;
}

static bool is_well_formed(const struct wire_probe *request)
{
	const bool of_argument = request->measure == WIRE_MEASURE_ARGUMENT;

	for (size_t i = 0; i < sizeof(request->widths); i++) {
		if (!is_width(request->widths[i]))
			return false;
	}
	return request->probe != 0 && request->kind >= WIRE_PROBE_KERNEL && request->kind <= WIRE_PROBE_READY &&
	       request->mechanism <= WIRE_MECHANISM_RAW_TRACEPOINT && !(request->flags & ~KNOWN_FLAGS) &&
	       request->measure <= WIRE_MEASURE_RETURN && request->filter_test <= WIRE_TEST_BELOW &&
	       of_argument == (request->argument != 0) && request->argument <= WIRE_PROBE_ARGUMENTS &&
	       request->filter_argument <= PROBE_RETURN && (request->filter_argument != 0) == (request->filter_test != 0) &&
	       request->text_argument <= WIRE_PROBE_ARGUMENTS && request->most_events <= WIRE_MOST_EVENTS &&
	       request->budget_permille <= 1000 && request->zero == 0;
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && strchr("_.:$@-", c) != NULL);
}

/* 0 or -errno; -EINVAL: a name that none has; -E2BIG: too many. */
static int split_names(struct probe *probe, size_t length)
{
	size_t start = 0;

	if (length == 0 || probe->text[length - 1] != 0)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		probe->name_count += probe->text[i] == 0;
	if (probe->name_count > WIRE_MAX_PROBE_FUNCTIONS)
		return -E2BIG;
	probe->names = calloc(probe->name_count, sizeof(*probe->names));
	if (!probe->names)
		return -ENOMEM;
	for (u32 n = 0; n < probe->name_count; n++) {
		const char *name = probe->text + start;
		const size_t name_length = strlen(name);

		if (name_length == 0 || name_length > WIRE_PROBE_NAME_MAX)
			return -EINVAL;
		for (size_t i = 0; i < name_length; i++) {
			if (!is_name_character(name[i]))
				return -EINVAL;
		}
		probe->names[n] = name;
		start += name_length + 1;
	}
	return 0;
}

/* What is known only when the function has returned. */
static void choose_moment(struct probe_settings *settings, const struct wire_probe *request)
{
	const bool late = settings->measure == MEASURE_LATENCY || settings->measure == MEASURE_RETURN ||
			  settings->least_ns > 0 || settings->filter_argument == PROBE_RETURN;
	const bool paired = request->flags & WIRE_PROBE_PAIR_EVENTS;

	if (request->flags & WIRE_PROBE_ENTRY_ONLY)
		return;
	settings->at_return = late;
	settings->event_at_return = request->flags & WIRE_PROBE_EVENTS && (paired || late);
}

static void configure(struct probe *probe)
{
	const struct wire_probe *request = &probe->request;
	struct probe_settings *settings = &probe->settings;

	*settings = (struct probe_settings){
		.filter_value = request->filter_value,
		.least_ns = request->least_ns,
		.cgroup = request->cgroup,
		.probe = request->probe,
		.flags = request->flags,
		.measure = request->measure,
		.argument = request->argument,
		.filter_argument = request->filter_argument,
		.filter_test = request->filter_test,
		.text_argument = request->text_argument,
		.most_events = request->most_events,
		.of_program = request->kind == WIRE_PROBE_USER || request->kind == WIRE_PROBE_USDT,
	};
	memcpy(settings->widths, request->widths, sizeof(settings->widths));
	choose_moment(settings, request);
}

/* What is asked of the return needs one. */
static bool is_possible(const struct wire_probe *request)
{
	const bool no_return = request->flags & WIRE_PROBE_ENTRY_ONLY || request->kind == WIRE_PROBE_TRACEPOINT ||
			       request->kind == WIRE_PROBE_USDT;

	return !no_return ||
	       (request->measure != WIRE_MEASURE_LATENCY && request->measure != WIRE_MEASURE_RETURN &&
		request->least_ns == 0 && request->filter_argument != PROBE_RETURN);
}

int probe_request_read(const struct frame *frame, struct probe **ret, struct probe_refusal *ret_refusal)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int r;

	*ret = NULL;
	if (!probe)
		return refuse_probe(ret_refusal, WIRE_PROBE_NO_MEMORY, ENOMEM, NULL), 0;
	memcpy(&probe->request, frame->payload, sizeof(probe->request));
	if (frame->length != sizeof(probe->request) + (u64)probe->request.names_length ||
	    !is_well_formed(&probe->request) || !is_possible(&probe->request)) {
		probe_free(probe);
		return -EBADMSG;
	}
	probe->text = malloc(probe->request.names_length + 1u);
	r = probe->text ? 0 : -ENOMEM;
	if (r == 0) {
		memcpy(probe->text, frame->payload + sizeof(probe->request), probe->request.names_length);
		probe->text[probe->request.names_length] = 0;
		r = split_names(probe, probe->request.names_length);
	}
	if (r < 0) {
		refuse_probe(ret_refusal,
			     r == -ENOMEM ? WIRE_PROBE_NO_MEMORY :
			     r == -E2BIG  ? WIRE_PROBE_TOO_MANY :
					    WIRE_PROBE_BAD_NAME,
			     -r, NULL);
		probe_free(probe);
		return 0;
	}
	configure(probe);
	*ret = probe;
	return 0;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	for (u32 i = 0; i < probe->hook_count; i++)
		free(probe->hooks[i].places);
	if (probe->file_fd)
		close(probe->file_fd);
	free(probe->link_fds);
	free(probe->names);
	free(probe->text);
	free(probe->sent);
	free(probe);
}
