/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "session.h"

#define DRAIN_NS 100000000ull
/* A sample that comes after a while of none waits for it: with 200 ms it would be seen later than after 250. */
#define IDLE_DRAIN_NS 150000000ull
/* After the last target's exit: until its parent has waited for it, and its CPU time is exact. */
#define LINGER_NS 300000000ull
/* For the other side to take what is left. It must see us end within a second of closing stdin. */
#define FLUSH_NS 5000000000ull
#define FLUSH_CLOSED_NS 600000000ull
#define FRAMES_AT_ONCE 64
/* Between two looks at the sideband: programs that begin map some ten files within a few ms. */
#define LOOK_NS 2000000ull
/* Of the whole system a drain must come first, which costs more. */
#define SYSTEM_LOOK_NS 20000000ull

static volatile sig_atomic_t hung_up;

static void on_signal(int number)
{
	(void)number;
	hung_up = 1;
}

/* Returns false when the session is over. */
static bool take_frames(struct session *session)
{
	struct failure failure = { 0 };
	struct frame frame;
	int r = 0;

	/* Not more at once: an engine that never pauses must not keep drains from being made. */
	for (int taken = 0; taken < FRAMES_AT_ONCE; taken++) {
		r = frame_reader_next(&session->reader, STDIN_FILENO, &frame);
		if (r <= 0)
			break;
		if (!session_take_frame(session, &frame))
			return false;
	}
	if (r >= 0)
		return true;
	if (r == -EBADMSG) {
		fail(&failure, WIRE_ERROR_MALFORMED, 0, "a frame that no engine sends");
		session_end(session, &failure, WIRE_REASON_FAILURE);
	} else {
		hung_up = 1;
		session_end(session, NULL, WIRE_REASON_ASKED);
	}
	return false;
}

static bool has_threads(const struct processes *processes)
{
	for (size_t i = 0; i < THREAD_BUCKETS; i++) {
		if (processes->threads[i])
			return true;
	}
	return false;
}

static bool targets_are_over(struct session *session, u64 now)
{
	if (session->start.flags & WIRE_START_SYSTEM || session->processes.live > 0) {
		session->all_exited_ns = 0;
		return false;
	}
	if (!session->all_exited_ns)
		session->all_exited_ns = now;
	return !has_threads(&session->processes) || now > session->all_exited_ns + LINGER_NS;
}

/* Sampling waits for the tables of what is mapped, but not for long. Returns false when the session is over. */
static bool prepare(struct session *session, u64 now)
{
	struct failure failure = { 0 };

	processes_publish(&session->processes);
	if (modules_waited_for() > 0 && now < session->prepare_until_ns)
		return true;
	session->preparing = false;
	if (session_begin(session, &failure) == 0)
		return true;
	session_end(session, &failure,
		    failure.error == WIRE_ERROR_NO_SUCH_PROCESS ? WIRE_REASON_TARGET_GONE : WIRE_REASON_FAILURE);
	return false;
}

static void look(struct session *session, u64 now)
{
	if (session->next_look_ns && now >= session->next_look_ns) {
		if (session->processes.system)
			session->next_drain_ns = 0;
		else
			session_look(session);
		session->next_look_ns = 0;
		session->looked_ns = now;
	}
	processes_publish(&session->processes);
}

/* Returns false when the session is over. */
static bool do_what_is_due(struct session *session)
{
	u64 now = monotonic_ns();
	struct failure failure = { 0 };
	int r;

	if (hung_up) {
		session_end(session, NULL, WIRE_REASON_ASKED);
		return false;
	}
	if (now > session->heard_ns + WIRE_HEARTBEAT_TIMEOUT_NS) {
		session_end(session, NULL, WIRE_REASON_NO_HEARTBEAT);
		return false;
	}
	kernel_lists_go_on(&session->lists, &session->queue);
	if (session->preparing)
		return prepare(session, now);
	if (!session->running)
		return true;
	look(session, now);
	if (now < session->next_drain_ns)
		return true;
	r = session_drain(session, false);
	if (r < 0) {
		fail(&failure, WIRE_ERROR_INTERNAL, -r, "the BPF maps cannot be read: %s", strerror(-r));
		session_end(session, &failure, WIRE_REASON_FAILURE);
		return false;
	}
	if (targets_are_over(session, now)) {
		session_end(session, NULL, WIRE_REASON_TARGET_EXITED);
		return false;
	}
	session->next_drain_ns = now + (session->sampler.drained.count_count + session->sampler.drained.wait_count + session->probes.count > 0 ? DRAIN_NS : IDLE_DRAIN_NS);
	if (session->all_exited_ns)
		session->next_drain_ns = now + DRAIN_NS / 2;
	return true;
}

static int poll_timeout(const struct session *session)
{
	u64 now = monotonic_ns(), until = session->heard_ns + WIRE_HEARTBEAT_TIMEOUT_NS;

	/* What there is no room for waits for the other side, which wakes us. */
	if (session->lists.list && send_fits(&session->queue, SEND_TABLES, LIST_PART))
		return 0;
	if (session->running && session->next_drain_ns < until)
		until = session->next_drain_ns;
	if (session->running && session->next_look_ns && session->next_look_ns < until)
		until = session->next_look_ns;
	if (session->preparing && session->prepare_until_ns < until)
		until = session->prepare_until_ns;
	return until <= now ? 0 : (int)((until - now) / 1000000) + 1;
}

/* A stack ring that fills up is drained at once; what was mapped is looked at soon. */
static void take_wakes(struct session *session)
{
	const u64 pause = session->processes.system ? SYSTEM_LOOK_NS : LOOK_NS;
	struct epoll_event event;
	bool drain = false, look = true;

	/* A perf ring that was polled once does not say so again: no event at all is one of these. */
	for (bool first = true; epoll_wait(session->wake_fd, &event, 1, 0) > 0; first = false) {
		drain |= event.data.u32 == WAKE_DRAIN;
		look = event.data.u32 == WAKE_LOOK || (look && !first);
	}
	if (drain)
		session->next_drain_ns = 0;
	if (look && !session->next_look_ns)
		session->next_look_ns = session->looked_ns + pause;
}

static void loop(struct session *session)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = STDOUT_FILENO, .events = send_queue_is_empty(&session->queue) ? 0 : POLLOUT },
			{ .fd = session->running ? session->wake_fd : -1, .events = POLLIN },
		};

		if (send_queue_flush(&session->queue, STDOUT_FILENO) < 0) {
			hung_up = 1; /* nobody reads: nobody needs a goodbye either */
			return;
		}
		fds[1].events = send_queue_is_empty(&session->queue) ? 0 : POLLOUT;
		if (poll(fds, 3, poll_timeout(session)) < 0 && errno != EINTR)
			return;
		if (fds[1].revents & (POLLERR | POLLNVAL)) {
			hung_up = 1;
			return;
		}
		if (fds[0].revents && !take_frames(session))
			return;
		if (fds[2].revents)
			take_wakes(session);
		if (!do_what_is_due(session))
			return;
	}
}

/* The last frames. */
static void flush(struct session *session)
{
	u64 begun = monotonic_ns();

	while (send_queue_flush(&session->queue, STDOUT_FILENO) == 0 &&
	       !send_queue_is_empty(&session->queue)) {
		struct pollfd fds[] = { { .fd = STDOUT_FILENO, .events = POLLOUT },
					{ .fd = STDIN_FILENO, .events = POLLIN } };
		u64 limit = begun + (hung_up ? FLUSH_CLOSED_NS : FLUSH_NS), now = monotonic_ns();
		uint8_t ignored[256];

		if (now >= limit ||
		    (poll(fds, hung_up ? 1 : 2, (int)((limit - now) / 1000000) + 1) < 0 && errno != EINTR))
			return;
		if (!hung_up && fds[1].revents && read(STDIN_FILENO, ignored, sizeof(ignored)) == 0) {
			hung_up = 1;
			begun = now;
		}
	}
}

static int prepare_streams(void)
{
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	const int fds[] = { STDIN_FILENO, STDOUT_FILENO };

	for (int i = 0; i < 2; i++) {
		int flags = fcntl(fds[i], F_GETFL);

		if (flags < 0 || fcntl(fds[i], F_SETFL, flags | O_NONBLOCK) < 0)
			return -errno;
	}
	if (sigaction(SIGPIPE, &ignore, NULL) < 0 || sigaction(SIGHUP, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0)
		return -errno;
	return 0;
}

int session_run(struct session *session)
{
	int r = prepare_streams();

	if (r < 0)
		return 1;
	session_send_hello(session);
	session->heard_ns = monotonic_ns();
	loop(session);
	flush(session);
	probes_close(&session->probes);
	kernel_lists_close(&session->lists);
	sideband_close(&session->sideband);
	sampler_close(&session->sampler);
	processes_close(&session->processes);
	spaces_close(&session->spaces);
	tables_close(&session->tables);
	modules_close();
	stack_set_close(&session->sent_stacks);
	stack_set_close(&session->sent_codes);
	return send_queue_is_empty(&session->queue) ? 0 : 1;
}
