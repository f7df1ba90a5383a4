/* SPDX-License-Identifier: Apache-2.0 */
/* From what the kernel collected to frames, in the order that wire.h asks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "session.h"

#define COUNTS_PER_FRAME ((WIRE_MAX_PAYLOAD - sizeof(struct wire_counts)) / sizeof(struct wire_count))
#define THROTTLE_CHECK_NS 1000000000ull

static void want(struct session *session, u32 tgid)
{
	struct process *process = process_find(&session->processes, tgid);

	if (process && !process->wanted) {
		process->wanted = process->unpublished = true;
		process_announce(&session->processes, process);
	}
	processes_want(&session->processes, tgid);
}

/* Of the whole system only what was seen, or hit a probe, is announced, as it was before this drain's events. */
static void want_seen(struct session *session)
{
	const struct drained *drained = &session->sampler.drained;
	const struct probes *probes = &session->probes;
	u32 before = 0;

	if (!session->processes.system)
		return;
	for (size_t i = 0; i < drained->count_count; i++) {
		if (drained->counts[i].key.tgid != before)
			want(session, drained->counts[i].key.tgid);
		before = drained->counts[i].key.tgid;
	}
	for (size_t i = 0; i < drained->wait_count; i++) {
		if (drained->waits[i].tgid != before)
			want(session, drained->waits[i].tgid);
		before = drained->waits[i].tgid;
	}
	for (size_t i = 0; i < probes->value_count; i++)
		want(session, probes->values[i].key.tgid);
	for (size_t i = 0; i < probes->event_count; i++) {
		if (probes->events[i].tgid != before)
			want(session, probes->events[i].tgid);
		before = probes->events[i].tgid;
	}
}

static void apply_events(struct session *session)
{
	u64 until = monotonic_ns();
	struct side_event *event;

	sideband_read(&session->sideband);
	while ((event = sideband_next(&session->sideband, until)))
		processes_apply(&session->processes, event);
	processes_unwant(&session->processes);
	probes_follow(session);
}

void session_look(struct session *session)
{
	apply_events(session);
	processes_publish(&session->processes);
}

/* A drain takes some tens of ms, two of them end a session: CPU time used meanwhile was not sampled. */
void session_quiesce(struct session *session)
{
	apply_events(session);
	probes_quiesce(&session->probes);
	cpu_time_stop(&session->cpu_time, &session->processes);
	sampler_disable(&session->sampler);
	if (session->sampler.off_cpu)
		off_cpu_detach(session->sampler.off_cpu);
}

static void flush_counts(struct session *session, const struct wire_count *entries, u32 count, u64 samples)
{
	const struct wire_counts frame = { .entry_count = count };

	if (count == 0)
		return;
	if (send_frame(&session->queue, SEND_BULK, WIRE_COUNTS, &frame, sizeof(frame), entries,
		       count * sizeof(*entries)))
		session->ledger.stored += samples;
	else
		session->losses[WIRE_LOSS_SEND_QUEUE_FULL] += samples;
}

static void send_counts(struct session *session)
{
	static struct wire_count entries[COUNTS_PER_FRAME];
	const struct drained *drained = &session->sampler.drained;
	u64 samples = 0;
	u32 filled = 0;

	for (size_t i = 0; i < drained->count_count; i++) {
		const struct count *count = &drained->counts[i];
		struct process *process = process_ensure(&session->processes, count->key.tgid);
		struct thread *thread = thread_ensure(&session->processes, count->key.tgid, count->key.tid);

		if (!process || !process->announced || !thread || !thread->announced ||
		    !session_knows_stack(session, count->key.user_stack) ||
		    !session_knows_stack(session, count->key.kernel_stack)) {
			session->losses[WIRE_LOSS_SEND_QUEUE_FULL] += count->samples;
			continue;
		}
		thread->active = true;
		thread->samples += count->samples;
		entries[filled++] = (struct wire_count){
			.user_stack = count->key.user_stack,
			.kernel_stack = count->key.kernel_stack,
			.slice = count->key.slice,
			.tgid = count->key.tgid,
			.tid = count->key.tid,
			.samples = (u32)count->samples,
		};
		samples += count->samples;
		if (filled == COUNTS_PER_FRAME) {
			flush_counts(session, entries, filled, samples);
			filled = 0;
			samples = 0;
		}
	}
	flush_counts(session, entries, filled, samples);
}

static void add_losses(struct session *session)
{
	const struct drained *drained = &session->sampler.drained;
	const struct ledger *ledger = &drained->ledger;
	u64 sideband;

	session->ledger.fired += ledger->fired + drained->recursions;
	session->ledger.not_ours += ledger->not_ours;
	session->ledger.python_cut += (u32)ledger->python_cut;
	for (int cause = 1; cause < LOSS_CAUSES && cause < SESSION_CAUSES; cause++)
		session->losses[cause] += ledger->lost[cause];
	session->losses[WIRE_LOSS_RECURSION] += drained->recursions;
	session->losses[WIRE_LOSS_WAIT_MAP_FULL] += drained->wait_ledger.map_full;
	session->losses[WIRE_LOSS_WAIT_STACK] += drained->wait_ledger.stacks_lost;
	session->losses[WIRE_LOSS_SHORT_WAITS] += drained->wait_ledger.short_waits;
	session->losses[WIRE_LOSS_UNTOLD_ENDS] += drained->wait_ledger.ends_untold;

	sideband = session->sideband.lost - session->sideband_lost;
	session->sideband_lost = session->sideband.lost;
	sideband += ledger->lifecycle_lost + ledger->targets_lost;
	session->losses[WIRE_LOSS_SIDEBAND_RECORDS] += sideband + session->processes.missed - session->missed;
	session->missed = session->processes.missed;
	if (sideband > 0)
		processes_resync(&session->processes);
}

/*
 * Of threads that ended: samples due by their CPU time, less those stored. At last of those, too, that began
 * others, because the kernel swaps the events of the two: the time up to a sample goes with the child.
 */
static void add_short_lived(struct session *session, bool last)
{
	struct processes *processes = &session->processes;
	u64 due, lost;

	if (!session->sampler.per_thread)
		return;
	for (size_t i = 0; i < THREAD_BUCKETS && last; i++) {
		for (const struct thread *thread = processes->threads[i]; thread; thread = thread->next) {
			if (!thread->begot)
				continue;
			processes->ended_cpu_ns += thread->session_cpu_ns;
			processes->ended_samples += thread->samples;
		}
	}
	due = (u64)((double)processes->ended_cpu_ns * session->start.frequency / 1e9);
	lost = due > processes->ended_samples ? due - processes->ended_samples : 0;
	if (lost <= session->short_lived)
		return;
	session->losses[WIRE_LOSS_SHORT_LIVED] += lost - session->short_lived;
	session->short_lived = lost;
}

static void send_ledger(struct session *session)
{
	const u64 now = monotonic_ns();

	for (u32 cause = 1; cause < SESSION_CAUSES; cause++) {
		const struct wire_loss_entry entry = {
			.slice = (u32)(now / WIRE_SLICE_NS),
			.cause = cause,
			.count = session->losses[cause],
		};

		if (entry.count == 0)
			continue;
		/* The ledger must not say what the losses do not: both wait for the next drain. */
		if (!send_frame(&session->queue, SEND_CONTROL, WIRE_LOSS, &entry, sizeof(entry), NULL, 0))
			return;
		session->losses[cause] = 0;
	}
	session->ledger.time_ns = now;
	session->ledger.bpf_ns = probes_run_time(&session->probes);
	if (session->features & WIRE_FEATURE_BPF_STATS)
		session->ledger.bpf_ns += sampler_run_time(&session->sampler);
	session->ledger.helper_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	session->ledger.complete_slice = (u32)(session->sampler.drained.flipped_ns / WIRE_SLICE_NS);
	send_frame(&session->queue, SEND_CONTROL, WIRE_LEDGER, &session->ledger, sizeof(session->ledger),
		   NULL, 0);
}

/* The kernel lowers this limit when interrupts take it too long, and skips ticks above it. */
static void check_throttling(struct session *session)
{
	u64 now = monotonic_ns();
	char text[32] = "";
	unsigned long limit;
	int fd;

	if (now < session->next_throttle_check_ns || session->throttled)
		return;
	session->next_throttle_check_ns = now + THROTTLE_CHECK_NS;
	fd = open("/proc/sys/kernel/perf_event_max_sample_rate", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && (limit = strtoul(text, NULL, 10)) > 0 &&
	    limit < session->start.frequency) {
		struct wire_note note = { .time_ns = now, .kind = WIRE_NOTE_THROTTLED };
		char sentence[96];

		note.text_length =
			(u32)snprintf(sentence, sizeof(sentence), "perf_event_max_sample_rate is %lu", limit);
		session->throttled = send_frame(&session->queue, SEND_TABLES, WIRE_NOTE, &note, sizeof(note),
						sentence, note.text_length);
	}
	close(fd);
}

int session_drain(struct session *session, bool last)
{
	const u64 before_ns = session->looked_ns;
	int r = sampler_drain(&session->sampler);

	if (r < 0)
		return r;
	r = probes_drain(&session->probes, &session->sampler);
	if (r < 0)
		return r;
	want_seen(session);
	session->looked_ns = monotonic_ns();
	apply_events(session);
	add_losses(session);
	processes_retry(&session->processes);
	session_send_stacks(session);
	send_counts(session);
	session_send_waits(session);
	probes_send(session);
	if (session->processes.spaces) {
		processes_publish(&session->processes);
		/* Whatever the kernel copied before the last time is known by now. */
		spaces_recycle(&session->spaces, before_ns);
		tables_send_figures(&session->tables, &session->queue);
	}
	cpu_time_send(&session->cpu_time, &session->processes, last);
	check_throttling(session);
	processes_sweep(&session->processes, monotonic_ns());
	add_short_lived(session, last);
	send_ledger(session);
	return 0;
}
