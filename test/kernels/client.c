/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's part in a guest: starts the helper, samples a child of its own whose stacks are known, and
 * prints one line of JSON a session, after "RESULT ". Linked statically: the guest has no other program.
 *
 * A session is   client HELPER UID FREQUENCY SECONDS
 * With a UID that is not 0 the helper is started as pkexec would: root, PKEXEC_UID, a socket of that user.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../native/helper/wire.h"

#define MAX_STACKS 4096
#define MAX_RANGES 512

struct range {
	uint64_t start, end;
};

struct stack {
	uint64_t hash;
	bool kernel, placed, known, outermost;
};

/* What a session has shown so far. */
static struct session {
	struct wire_hello hello;
	struct wire_ledger ledger;
	struct stack stacks[MAX_STACKS];
	struct range user[MAX_RANGES], kernel[MAX_RANGES];
	unsigned stack_count, user_count, kernel_count, frames, symbols;
	unsigned processes, threads, sampling, inexact_ledgers, unknown_stacks;
	uint64_t samples, child_samples, user_samples, kernel_samples, pure, placed, known, outermost, lost, cpu_ns;
	int refused, refused_value, end_reason;
	uint32_t target;
	char text[256];
} session;

static volatile uint64_t sink;

/* ---- the target: outer -> middle -> leaf, nothing else ---- */

static __attribute__((noinline, section("known_text"))) void known_leaf(unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++)
		sink += i * sink;
}

static __attribute__((noinline, section("known_text"))) void known_middle(void)
{
	known_leaf(20000);
	sink++; /* not a tail call */
}

static __attribute__((noinline, section("known_text"))) void known_outer(uint64_t until_ns)
{
	struct timespec now;

	do {
		known_middle();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec < until_ns);
}

extern const char __start_known_text[], __stop_known_text[];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Half of the time itself, half in children that live 20 ms. */
static void run_target(void)
{
	for (;;) {
		known_outer(now_ns() + 20000000);
		pid_t child = fork();
		if (child == 0) {
			known_outer(now_ns() + 20000000);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

/* ---- frames ---- */

static struct stack *find_stack(uint64_t hash)
{
	for (unsigned i = 0; i < session.stack_count; i++)
		if (session.stacks[i].hash == hash)
			return &session.stacks[i];
	return NULL;
}

static bool is_within(const struct range *ranges, unsigned count, uint64_t address)
{
	for (unsigned i = 0; i < count; i++)
		if (address >= ranges[i].start && address < ranges[i].end)
			return true;
	return false;
}

static void add_range(struct range *ranges, unsigned *count, uint64_t start, uint64_t end)
{
	if (*count < MAX_RANGES)
		ranges[(*count)++] = (struct range){ start, end };
}

static void read_stack(const uint8_t *payload, uint32_t length)
{
	struct wire_stack header;
	struct stack *stack;
	unsigned known = 0;

	memcpy(&header, payload, sizeof(header));
	if (session.stack_count == MAX_STACKS || length != sizeof(header) + header.frame_count * sizeof(uint64_t))
		return;
	stack = &session.stacks[session.stack_count++];
	stack->hash = header.hash;
	stack->kernel = header.space == WIRE_STACK_KERNEL;
	stack->outermost = header.end == WIRE_END_OUTERMOST;
	stack->placed = header.frame_count > 0;
	for (uint32_t i = 0; i < header.frame_count; i++) {
		uint64_t address;

		memcpy(&address, payload + sizeof(header) + i * sizeof(address), sizeof(address));
		stack->placed &= stack->kernel ? is_within(session.kernel, session.kernel_count, address) :
						 is_within(session.user, session.user_count, address);
		known += address >= (uintptr_t)__start_known_text && address < (uintptr_t)__stop_known_text;
	}
	/* leaf, middle and outer; a sample in a prologue misses one of them */
	stack->known = known >= 2;
}

static void read_counts(const uint8_t *payload, uint32_t length)
{
	struct wire_counts header;

	memcpy(&header, payload, sizeof(header));
	for (uint32_t i = 0; i < header.entry_count && sizeof(header) + (i + 1) * sizeof(struct wire_count) <= length; i++) {
		struct wire_count count;
		struct stack *user, *kernel;

		memcpy(&count, payload + sizeof(header) + i * sizeof(count), sizeof(count));
		session.samples += count.samples;
		if (count.tgid != session.target)
			session.child_samples += count.samples;
		user = count.user_stack ? find_stack(count.user_stack) : NULL;
		kernel = count.kernel_stack ? find_stack(count.kernel_stack) : NULL;
		if ((count.user_stack && !user) || (count.kernel_stack && !kernel))
			session.unknown_stacks++;
		session.kernel_samples += kernel ? count.samples : 0;
		if ((user || kernel) && (!user || user->placed) && (!kernel || kernel->placed))
			session.placed += count.samples;
		if (user) {
			session.user_samples += count.samples;
			/* in a system call (fork, wait) the known functions are not on the stack */
			session.pure += kernel ? 0 : count.samples;
			session.known += user->known && !kernel ? count.samples : 0;
			session.outermost += user->outermost ? count.samples : 0;
		}
	}
}

static void read_cpu_time(const uint8_t *payload, uint32_t length)
{
	struct wire_cpu_time header;

	memcpy(&header, payload, sizeof(header));
	for (uint32_t i = 0; i < header.entry_count; i++) {
		struct wire_cpu_time_entry entry;

		if (sizeof(header) + (i + 1) * sizeof(entry) > length)
			return;
		memcpy(&entry, payload + sizeof(header) + i * sizeof(entry), sizeof(entry));
		session.cpu_ns += entry.cpu_ns;
	}
}

static void read_loss(const uint8_t *payload)
{
	struct wire_loss_entry loss;

	memcpy(&loss, payload, sizeof(loss));
	if (loss.cause != WIRE_LOSS_SIDEBAND_RECORDS && loss.cause != WIRE_LOSS_SHORT_LIVED)
		session.lost += loss.count;
}

static void read_ledger(const uint8_t *payload)
{
	memcpy(&session.ledger, payload, sizeof(session.ledger));
	if (session.ledger.fired != session.ledger.not_ours + session.ledger.stored + session.lost)
		session.inexact_ledgers++;
}

static void read_refused(const uint8_t *payload, uint32_t length)
{
	struct wire_refused refused;
	size_t used = 0;

	memcpy(&refused, payload, sizeof(refused));
	session.refused = (int)refused.error;
	session.refused_value = (int)refused.value;
	for (uint32_t i = sizeof(refused); i < length && used < sizeof(session.text) - 1; i++) {
		uint8_t byte = payload[i];

		session.text[used++] = byte < ' ' || byte == '"' || byte == '\\' || byte > '~' ? ' ' : (char)byte;
	}
}

static void read_frame(uint16_t type, const uint8_t *payload, uint32_t length)
{
	struct wire_mapping mapping;
	struct wire_kernel_symbols symbols;
	struct wire_started started;
	struct wire_end end;

	session.frames++;
	switch (type) {
	case WIRE_HELLO:
		memcpy(&session.hello, payload, sizeof(session.hello));
		break;
	case WIRE_STARTED:
		memcpy(&started, payload, sizeof(started));
		session.sampling = started.sampling;
		break;
	case WIRE_PROCESS:
		session.processes++;
		break;
	case WIRE_THREAD:
		session.threads++;
		break;
	case WIRE_MAPPING:
		memcpy(&mapping, payload, sizeof(mapping));
		if (!is_within(session.user, session.user_count, mapping.start))
			add_range(session.user, &session.user_count, mapping.start, mapping.end);
		break;
	case WIRE_KERNEL_SYMBOLS:
		memcpy(&symbols, payload, sizeof(symbols));
		session.symbols += symbols.symbol_count;
		add_range(session.kernel, &session.kernel_count, symbols.base, symbols.end);
		break;
	case WIRE_STACK:
		read_stack(payload, length);
		break;
	case WIRE_COUNTS:
		read_counts(payload, length);
		break;
	case WIRE_CPU_TIME:
		read_cpu_time(payload, length);
		break;
	case WIRE_LOSS:
		read_loss(payload);
		break;
	case WIRE_LEDGER:
		read_ledger(payload);
		break;
	case WIRE_REFUSED:
		read_refused(payload, length);
		break;
	case WIRE_END:
		memcpy(&end, payload, sizeof(end));
		session.end_reason = (int)end.reason;
		break;
	}
}

/* ---- the session ---- */

static bool send_frame(int fd, uint16_t type, const void *payload, uint32_t length)
{
	struct wire_header header = { .length = length, .type = type };

	return write(fd, &header, sizeof(header)) == (ssize_t)sizeof(header) &&
	       (length == 0 || write(fd, payload, length) == (ssize_t)length);
}

static pid_t start_helper(const char *path, uid_t uid, int *ret_in, int *ret_out)
{
	int in[2], out[2];
	pid_t helper;

	/* SO_PEERCRED tells the user at this moment. */
	if (seteuid(uid) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 || seteuid(0) < 0 ||
	    pipe2(out, O_CLOEXEC) < 0)
		return -1;
	helper = fork();
	if (helper == 0) {
		char claim[32];
		char *environment[] = { claim, NULL };

		snprintf(claim, sizeof(claim), "PKEXEC_UID=%u", uid);
		dup2(in[1], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execle(path, path, "profile", (char *)NULL, uid == 0 ? environment + 1 : environment);
		_exit(99);
	}
	close(in[1]);
	close(out[1]);
	*ret_in = in[0];
	*ret_out = out[0];
	return helper;
}

static void send_start(int fd, uint32_t target, uint32_t frequency)
{
	struct {
		struct wire_start start;
		struct wire_target target;
	} payload = {
		.start = { .frequency = frequency,
			   .flags = WIRE_START_CHILDREN | WIRE_START_KERNEL_STACKS,
			   .event = WIRE_EVENT_CPU_CLOCK,
			   .target_count = 1 },
		.target = { .tgid = target },
	};

	send_frame(fd, WIRE_START, &payload, sizeof(payload));
}

/* Reads frames until the helper ends, or too long passes; asks to stop `seconds` after sampling started. */
static void converse(int in, int out, uint32_t frequency, uint64_t seconds)
{
	static uint8_t buffer[WIRE_MAX_PAYLOAD + WIRE_HEADER_SIZE];
	/* loading under emulation takes seconds */
	uint64_t stop_ns = 0, deadline_ns = now_ns() + 30000000000ull, heartbeat_ns = 0;
	size_t filled = 0;
	bool started = false, stopped = false;

	while (now_ns() < deadline_ns) {
		struct pollfd waiting = { .fd = out, .events = POLLIN };
		struct wire_header header;
		ssize_t r;

		poll(&waiting, 1, 100);
		if (waiting.revents) {
			r = read(out, buffer + filled, sizeof(buffer) - filled);
			if (r <= 0)
				break;
			filled += (size_t)r;
		}
		while (filled >= sizeof(header)) {
			memcpy(&header, buffer, sizeof(header));
			if (header.length > WIRE_MAX_PAYLOAD || filled < sizeof(header) + header.length)
				break;
			read_frame(header.type, buffer + sizeof(header), header.length);
			if (header.type == WIRE_STARTED) {
				stop_ns = now_ns() + seconds * 1000000000ull;
				deadline_ns = stop_ns + 10000000000ull;
			}
			filled -= sizeof(header) + header.length;
			memmove(buffer, buffer + sizeof(header) + header.length, filled);
		}
		if (!started && session.hello.magic == WIRE_MAGIC) {
			send_start(in, session.target, frequency);
			started = true;
		}
		if (started && now_ns() > heartbeat_ns + 1000000000ull) {
			send_frame(in, WIRE_HEARTBEAT, NULL, 0);
			heartbeat_ns = now_ns();
		}
		if (stop_ns && !stopped && now_ns() > stop_ns) {
			send_frame(in, WIRE_STOP, NULL, 0);
			stopped = true;
		}
	}
}

static void print_result(int status)
{
	printf("RESULT {\"uid\":%u,\"release\":\"%.*s\",\"protocol\":%u,\"features\":%u,\"frames\":%u,", session.hello.uid,
	       (int)sizeof(session.hello.release), session.hello.release, session.hello.protocol, session.hello.features,
	       session.frames);
	printf("\"processes\":%u,\"threads\":%u,\"mappings\":%u,\"kernelSymbols\":%u,\"stacks\":%u,\"sampling\":%u,",
	       session.processes, session.threads, session.user_count, session.symbols, session.stack_count,
	       session.sampling);
	printf("\"samples\":%llu,\"childSamples\":%llu,\"userSamples\":%llu,\"kernelSamples\":%llu,",
	       (unsigned long long)session.samples, (unsigned long long)session.child_samples,
	       (unsigned long long)session.user_samples, (unsigned long long)session.kernel_samples);
	printf("\"placed\":%llu,\"pure\":%llu,\"known\":%llu,\"outermost\":%llu,\"unknownStacks\":%u,\"cpuNs\":%llu,\"lost\":%llu,",
	       (unsigned long long)session.placed, (unsigned long long)session.pure, (unsigned long long)session.known,
	       (unsigned long long)session.outermost, session.unknown_stacks, (unsigned long long)session.cpu_ns,
	       (unsigned long long)session.lost);
	printf("\"ledger\":{\"fired\":%llu,\"notOurs\":%llu,\"stored\":%llu,\"bpfNs\":%llu,\"helperNs\":%llu},",
	       (unsigned long long)session.ledger.fired, (unsigned long long)session.ledger.not_ours,
	       (unsigned long long)session.ledger.stored, (unsigned long long)session.ledger.bpf_ns,
	       (unsigned long long)session.ledger.helper_ns);
	printf("\"inexactLedgers\":%u,\"refused\":%d,\"value\":%d,\"text\":\"%s\",\"endReason\":%d,\"exit\":%d}\n",
	       session.inexact_ledgers, session.refused, session.refused_value, session.text, session.end_reason, status);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int in, out, status = -1;
	pid_t target, helper;

	if (argc != 5) {
		fprintf(stderr, "usage: client HELPER UID FREQUENCY SECONDS\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	target = fork();
	if (target == 0)
		run_target();
	session.target = (uint32_t)target;
	helper = start_helper(argv[1], (uid_t)atoi(argv[2]), &in, &out);
	if (helper < 0) {
		perror("client: the helper cannot be started");
		kill(target, SIGKILL);
		return 1;
	}
	converse(in, out, (uint32_t)atoi(argv[3]), (uint64_t)atoi(argv[4]));
	close(in);
	/* EOF on stdin ends it within a second; in an emulated guest that may take a little longer. */
	for (int i = 0; i < 50 && waitpid(helper, &status, WNOHANG) == 0; i++)
		usleep(100000);
	if (kill(helper, 0) == 0)
		kill(helper, SIGKILL);
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
	print_result(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}
