/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "session.h"

static void send_state(struct session *session, const struct probe *probe, u32 number,
		       enum wire_probe_state_kind state, const struct probe_refusal *why)
{
	const struct wire_probe_state frame = {
		.probe = number,
		.state = (u16)state,
		.mechanism = (u16)(probe ? probe->mechanism : 0),
		.reason = why->reason,
		.functions = probe && state == WIRE_PROBE_ATTACHED ? probe->functions : 0,
		.value = why->value,
		.text_length = (u32)strlen(why->text),
	};

	send_frame(&session->queue, SEND_CONTROL, WIRE_PROBE_STATE, &frame, sizeof(frame), why->text, frame.text_length);
}

struct probe *probes_find(const struct probes *probes, u32 number)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		if (probes->list[i] && probes->list[i]->request.probe == number)
			return probes->list[i];
	}
	return NULL;
}

static struct probe **free_place(struct probes *probes)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		if (!probes->list[i])
			return &probes->list[i];
	}
	return NULL;
}

static int prepare(struct session *session, struct probe *probe, struct probe_refusal *ret)
{
	if (!session->privileges.may_trace)
		return refuse_probe(ret, WIRE_PROBE_NOT_PERMITTED, 0, NULL);
	if (!free_place(&session->probes))
		return refuse_probe(ret, WIRE_PROBE_TOO_MANY, WIRE_MAX_PROBES, NULL);
	probe->sent = calloc(PROBE_CELLS, sizeof(*probe->sent));
	if (!probe->sent)
		return refuse_probe(ret, WIRE_PROBE_NO_MEMORY, ENOMEM, NULL);
	return probe_attach(probe, session, ret);
}

static int take_probe(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct probe_refusal refusal = { 0 };
	struct probe *probe;
	u32 number;

	memcpy(&number, frame->payload + offsetof(struct wire_probe, probe), sizeof(number));
	if (probe_request_read(frame, &probe, &refusal) < 0)
		return fail(ret, WIRE_ERROR_MALFORMED, frame->type, "a probe that no engine asks for");
	if (number <= session->probes.last_number) {
		probe_free(probe);
		return fail(ret, WIRE_ERROR_MALFORMED, frame->type, "the number of a probe is used again");
	}
	session->probes.last_number = number;
	if (!probe || prepare(session, probe, &refusal) < 0) {
		send_state(session, probe, number, WIRE_PROBE_REFUSED, &refusal);
		if (probe)
			probe_close(probe);
		return 0;
	}
	probe->cpus = session->sampler.possible_cpus;
	probe->missed_at_end = UINT64_MAX;
	if (probe_read_figures(probe, probe->cpus, &probe->figures) == 0)
		probe->missed_before = probe->figures.missed;
	*free_place(&session->probes) = probe;
	session->probes.count++;
	probe->second_from_ns = monotonic_ns();
	refuse_probe(&refusal, WIRE_PROBE_FINE, 0, probe->told);
	send_state(session, probe, number, WIRE_PROBE_ATTACHED, &refusal);
	return 0;
}

static int take_detach(struct session *session, const struct frame *frame, struct failure *ret)
{
	struct wire_detach detach;
	struct probe *probe;

	memcpy(&detach, frame->payload, sizeof(detach));
	if (detach.probe == 0 || detach.probe > session->probes.last_number || detach.zero != 0)
		return fail(ret, WIRE_ERROR_MALFORMED, frame->type, "a probe that was never asked for");
	probe = probes_find(&session->probes, detach.probe);
	/* It may have been refused, or ended by itself meanwhile. */
	if (probe)
		probe_end(probe, WIRE_PROBE_ASKED, 0);
	return 0;
}

int probes_take(struct session *session, const struct frame *frame, struct failure *ret)
{
	if (frame->type == WIRE_DETACH)
		return take_detach(session, frame, ret);
	return take_probe(session, frame, ret);
}

static void take_away(struct probe *probe)
{
	struct probe_figures last;

	if (probe->missed_at_end == UINT64_MAX && probe_read_figures(probe, probe->cpus, &last) == 0)
		probe->missed_at_end = last.missed;
	probe_unhook(probe);
}

void probe_end(struct probe *probe, enum wire_probe_reason reason, s64 value)
{
	if (probe->ending)
		return;
	take_away(probe);
	probe->ending = true;
	probe->reason = reason;
	probe->reason_value = value;
}

void probes_bury(struct session *session)
{
	struct probes *probes = &session->probes;

	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		struct probe *probe = probes->list[i];
		struct probe_refusal why = { 0 };

		if (!probe || !probe->drained)
			continue;
		refuse_probe(&why, probe->reason, probe->reason_value, NULL);
		send_state(session, probe, probe->request.probe, WIRE_PROBE_DETACHED, &why);
		probes->ended_ns += probe->bpf_ns;
		probe_close(probe);
		probes->list[i] = NULL;
		probes->count--;
	}
}

void probes_quiesce(struct probes *probes)
{
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		if (probes->list[i])
			take_away(probes->list[i]);
	}
}
