/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's part in a guest: starts the helper, samples a child of its own whose stacks are known, and
 * prints one line of JSON a session, after "RESULT ". Linked statically: the guest has no other program.
 *
 * A session is   client HELPER UID FREQUENCY SECONDS DEPTH ROWS
 * ROWS is a file with the unwind rows of the client itself, which is the target, too.
 * With a UID that is not 0 the helper is started as pkexec would: root, PKEXEC_UID, a socket of that user.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

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

static uint8_t rows[WIRE_MAX_PAYLOAD - sizeof(struct wire_unwind_rows)];
static uint32_t row_count;

static bool read_rows(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, rows, sizeof(rows));

	close(fd);
	row_count = length < 0 ? 0 : (uint32_t)length / 8;
	return length > 0 && length < (ssize_t)sizeof(rows) && length % 8 == 0;
}

/* Of the client its rows; of everything else (busybox, the vdso) that nothing is known. */
static void answer_module(int fd, const uint8_t *payload, uint32_t length)
{
	static const char name[] = "/client";
	static struct {
		struct wire_unwind_rows head;
		uint8_t rows[sizeof(rows)];
	} answer;
	struct wire_module module;

	memcpy(&module, payload, sizeof(module));
	answer.head = (struct wire_unwind_rows){ .module = module.module };
	if (length >= sizeof(module) + strlen(name) &&
	    memcmp(payload + length - strlen(name), name, strlen(name)) == 0) {
		const struct wire_read request = { .module = module.module, .length = 4096 };

		answer.head.count = answer.head.total = row_count;
		send_frame(fd, WIRE_READ, &request, sizeof(request));
	}
	memcpy(answer.rows, rows, answer.head.count * 8);
	session.modules++;
	send_frame(fd, WIRE_UNWIND_ROWS, &answer, sizeof(answer.head) + answer.head.count * 8);
}

static void send_start(int fd, uint32_t target, uint32_t frequency, uint32_t depth)
{
	struct {
		struct wire_start start;
		struct wire_target target;
	} payload = {
		.start = { .frequency = frequency,
			   .flags = WIRE_START_ON_CPU | WIRE_START_CHILDREN | WIRE_START_KERNEL_STACKS |
				    WIRE_START_UNWIND_TABLES,
			   .event = WIRE_EVENT_CPU_CLOCK,
			   .target_count = 1,
			   .stack_depth = depth,
			   .table_mebibytes = 8 },
		.target = { .tgid = target },
	};

	send_frame(fd, WIRE_START, &payload, sizeof(payload));
}

/* In its effective or permitted set (bit 21). */
static bool has_sys_admin(pid_t helper)
{
	unsigned long long set, all = 0;
	char path[32], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", helper);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %llx", &set) == 1 || sscanf(line, "CapPrm: %llx", &set) == 1)
			all |= set;
	}
	if (file)
		fclose(file);
	return all >> 21 & 1;
}

/* Reads frames until the helper ends, or too long passes; asks to stop `seconds` after sampling started. */
static void converse(pid_t helper, int in, int out, uint32_t frequency, uint64_t seconds, uint32_t depth)
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
			if (header.type == WIRE_MODULE)
				answer_module(in, buffer + sizeof(header), header.length);
			if (header.type == WIRE_STARTED) {
				session.sys_admin = has_sys_admin(helper);
				stop_ns = now_ns() + seconds * 1000000000ull;
				deadline_ns = stop_ns + 10000000000ull;
			}
			filled -= sizeof(header) + header.length;
			memmove(buffer, buffer + sizeof(header) + header.length, filled);
		}
		if (!started && session.hello.magic == WIRE_MAGIC) {
			send_start(in, session.target, frequency, depth);
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

int main(int argc, char **argv)
{
	int in, out, status = -1;
	pid_t target, helper;

	if (argc != 7 || !read_rows(argv[6])) {
		fprintf(stderr, "usage: client HELPER UID FREQUENCY SECONDS DEPTH ROWS\n");
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
	converse(helper, in, out, (uint32_t)atoi(argv[3]), (uint64_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
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
