/* SPDX-License-Identifier: Apache-2.0 */
/* Figures and buckets of a drain; and probes that cost too much. */
#include <string.h>

#include "clock.h"
#include "session.h"

#define BUCKETS_PER_FRAME 4096u
#define SECOND_NS 1000000000ull

_Static_assert(sizeof(struct wire_buckets) + BUCKETS_PER_FRAME * sizeof(struct wire_bucket) <= WIRE_MAX_PAYLOAD, "wire.h");

static u32 bucket_of(u32 cell)
{
	return cell < PROBE_BUCKETS ? cell : (cell - PROBE_BUCKETS) | WIRE_BUCKET_NEGATIVE;
}

/* Buckets on their way into a frame. */
struct bucket_list {
	struct session *session;
	u32 count;
	struct wire_bucket entries[BUCKETS_PER_FRAME];
};

static bool flush_buckets(struct bucket_list *list)
{
	const struct wire_buckets frame = { .entry_count = list->count };
	const bool fits = list->count == 0 || send_frame(&list->session->queue, SEND_BULK, WIRE_BUCKETS, &frame, sizeof(frame),
							 list->entries, list->count * sizeof(*list->entries));

	list->count = 0;
	return fits;
}

/* Only what is queued counts as told: what found no room is told with the next drain. */
static void send_cells(struct session *session, struct probe *probe, u32 slice)
{
	static struct bucket_list list;
	static struct probe_cell now[PROBE_CELLS];
	u64 told = 0;

	_Static_assert(PROBE_CELLS <= BUCKETS_PER_FRAME, "one frame");
	if (probe->sent_count == probe->figures.measured ||
	    probe_read_cells(probe, session->sampler.possible_cpus, now) < 0)
		return;
	list.session = session;
	list.count = 0;
	for (u32 cell = 0; cell < PROBE_CELLS; cell++) {
		const u64 more = now[cell].count - probe->sent[cell].count;

		if (more == 0)
			continue;
		list.entries[list.count++] = (struct wire_bucket){
			.sum = now[cell].sum - probe->sent[cell].sum,
			.probe = probe->request.probe,
			.slice = slice,
			.bucket = bucket_of(cell),
			.count = (u32)more,
		};
		told += more;
	}
	if (!flush_buckets(&list))
		return;
	probe->sent_count += told;
	memcpy(probe->sent, now, sizeof(now));
}

static void send_count(struct session *session, struct probe *probe, u32 slice)
{
	const struct wire_buckets frame = { .entry_count = 1 };
	const struct wire_bucket entry = {
		.probe = probe->request.probe,
		.slice = slice,
		.count = (u32)(probe->figures.measured - probe->sent_count),
	};

	if (entry.count > 0 &&
	    send_frame(&session->queue, SEND_BULK, WIRE_BUCKETS, &frame, sizeof(frame), &entry, sizeof(entry)))
		probe->sent_count = probe->figures.measured;
}

bool probe_owner_is_known(struct session *session, u32 tgid, u32 tid)
{
	const struct process *process = process_ensure(&session->processes, tgid);
	const struct thread *thread = tid ? thread_ensure(&session->processes, tgid, tid) : NULL;

	return process && process->announced && (!tid || (thread && thread->announced));
}

static void send_values(struct session *session)
{
	static struct bucket_list list;
	const struct probes *probes = &session->probes;
	const u32 slice = (u32)(session->sampler.drained.flipped_ns / WIRE_SLICE_NS);
	size_t queued = 0;

	list.session = session;
	list.count = 0;
	for (size_t i = 0; i < probes->value_count; i++) {
		const struct probe_value *value = &probes->values[i];
		const struct probe_group *key = &value->key;

		if (!probe_owner_is_known(session, key->tgid, key->tid) || !session_knows_stack(session, key->user_stack) ||
		    !session_knows_stack(session, key->kernel_stack)) {
			value->probe->lost += value->cell.count;
			continue;
		}
		list.entries[list.count++] = (struct wire_bucket){
			.user_stack = key->user_stack,
			.kernel_stack = key->kernel_stack,
			.group = key->group,
			.sum = value->cell.sum,
			.probe = value->probe->request.probe,
			.slice = slice,
			.tgid = key->tgid,
			.tid = key->tid,
			.bucket = bucket_of(key->cell),
			.count = (u32)value->cell.count,
		};
		if (list.count < BUCKETS_PER_FRAME && i + 1 < probes->value_count)
			continue;
		if (!flush_buckets(&list)) {
			for (size_t j = queued; j <= i; j++)
				probes->values[j].probe->lost += probes->values[j].cell.count;
		}
		queued = i + 1;
	}
	flush_buckets(&list);
}

static u64 hits_of(const struct probe_figures *figures)
{
	return figures->calls + figures->foreign;
}

/* Of the runs since the drain before, by those of them that were timed; by all, where there was none. */
static void add_run_time(struct probe *probe, const struct probe_figures *before)
{
	const struct probe_figures *now = &probe->figures;
	const u64 runs = now->runs - before->runs, timed = now->timed_runs - before->timed_runs;

	if (timed > 0)
		probe->bpf_ns += (now->timed_ns - before->timed_ns) * runs / timed;
	else if (now->timed_runs > 0)
		probe->bpf_ns += now->timed_ns * runs / now->timed_runs;
}

u64 probes_run_time(const struct probes *probes)
{
	u64 sum = probes->ended_ns;

	for (size_t i = 0; i < WIRE_MAX_PROBES; i++)
		sum += probes->list[i] ? probes->list[i]->bpf_ns : 0;
	return sum;
}

/* What it cost in the last second, of one CPU; more than was allowed ends it. */
static void judge_cost(struct probe *probe, u64 now)
{
	const u64 passed = now - probe->second_from_ns, hits = hits_of(&probe->figures);
	u64 cost;

	if (passed < SECOND_NS)
		return;
	cost = probe->bpf_ns - probe->bpf_ns_then + (hits - probe->hits_then) * probe->trap_ns;
	probe->permille = (u32)(cost * 1000 / passed);
	probe->second_from_ns = now;
	probe->bpf_ns_then = probe->bpf_ns;
	probe->hits_then = hits;
	if (probe->request.budget_permille && probe->permille > probe->request.budget_permille)
		probe_end(probe, WIRE_PROBE_BUDGET, probe->permille);
}

static u64 missed_of(const struct probe *probe)
{
	u64 missed = probe->figures.missed;

	if (missed > probe->missed_at_end)
		missed = probe->missed_at_end;
	return missed > probe->missed_before ? missed - probe->missed_before : 0;
}

/* At an entry and a return. Where a ready question looks at many events for each hit, what these cost is no call's. */
#define RUNS_PER_HIT 4

static u64 call_cost(const struct probe *probe, u64 hits)
{
	if (hits == 0 || probe->figures.runs > RUNS_PER_HIT * hits)
		return 0;
	return probe->trap_ns + probe->bpf_ns / hits;
}

static void send_figures(struct session *session, const struct probe *probe, u64 now)
{
	const struct probe_figures *figures = &probe->figures;
	const u64 hits = hits_of(figures);
	const struct wire_probe_figures frame = {
		.time_ns = now,
		.calls = figures->calls,
		.measured = figures->measured - (probe->lost < figures->measured ? probe->lost : figures->measured),
		.filtered = figures->filtered,
		.missed = missed_of(probe) + probe_recursions(probe),
		.recursed = figures->recursed,
		.dropped = figures->dropped + probe->dropped,
		.above_rate = figures->above_rate,
		.unsent = probe->dropped,
		.lost = figures->lost + probe->lost,
		.bpf_ns = probe->bpf_ns,
		.call_ns = call_cost(probe, hits),
		.probe = probe->request.probe,
		.permille = probe->permille,
	};

	send_frame(&session->queue, SEND_CONTROL, WIRE_PROBE_FIGURES, &frame, sizeof(frame), NULL, 0);
}

static void send_histogram(struct session *session, struct probe *probe, u32 slice)
{
	if (probe->settings.flags & (PROBE_BY_THREAD | PROBE_BY_STACK) || probe->request.kind == WIRE_PROBE_READY)
		return;
	if (probe->request.measure == WIRE_MEASURE_COUNT)
		send_count(session, probe, slice);
	else
		send_cells(session, probe, slice);
}

void probes_send(struct session *session)
{
	struct probes *probes = &session->probes;
	const u64 now = monotonic_ns();
	struct probe *probe;

	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		struct probe_figures before;

		probe = probes->list[i];
		if (!probe)
			continue;
		before = probe->figures;
		if (probe_read_figures(probe, session->sampler.possible_cpus, &probe->figures) < 0)
			continue;
		add_run_time(probe, &before);
		judge_cost(probe, now);
		send_figures(session, probe, now);
	}
	send_values(session);
	probes_send_events(session);
	for (size_t i = 0; i < WIRE_MAX_PROBES; i++) {
		probe = probes->list[i];
		if (!probe)
			continue;
		send_histogram(session, probe, (u32)(now / WIRE_SLICE_NS));
		/* Once more, with what was lost on this way. */
		if (probe->drained)
			send_figures(session, probe, now);
	}
	probes_bury(session);
}
