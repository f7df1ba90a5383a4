/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs programs in a guest for a test outside, over one virtio-serial port (agent.h). Linked statically; init's last
 * command, so that the guest goes with it.
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
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define MAX_ARGUMENTS 64

struct channel {
	pid_t child; /* 0: free */
	int input, output, errors; /* -1: closed */
	bool exited, ending; /* `ending`: its input is to be closed once all was written */
	int status;
	uint8_t *waiting; /* for its input, while it does not read */
	size_t waiting_length;
};

static struct channel channels[AGENT_CHANNELS];
static int port;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Blocks while the test does not read: so do the programs then, as with any pipe. */
static void send_frame(uint16_t channel, uint16_t kind, const void *payload, size_t length)
{
	static uint8_t frame[sizeof(struct agent_header) + AGENT_MAX_PAYLOAD];
	const struct agent_header header = { .length = (uint32_t)length, .channel = channel, .kind = kind };

	memcpy(frame, &header, sizeof(header));
	memcpy(frame + sizeof(header), payload, length);
	for (size_t sent = 0; sent < sizeof(header) + length;) {
		ssize_t r = write(port, frame + sent, sizeof(header) + length - sent);

		if (r < 0 && errno != EINTR && errno != EAGAIN)
			fail("agent: the port");
		sent += r > 0 ? (size_t)r : 0;
	}
}

static void send_number(uint16_t channel, uint16_t kind, int number)
{
	const uint32_t value = (uint32_t)number;

	send_frame(channel, kind, &value, sizeof(value));
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void run(uint16_t number, char *arguments, size_t length)
{
	struct channel *channel = &channels[number];
	char *argv[MAX_ARGUMENTS + 1] = { NULL };
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail("agent: pipes");
	for (size_t i = 0, at = 0; i < MAX_ARGUMENTS && at < length; i++) {
		argv[i] = arguments + at;
		at += strlen(argv[i]) + 1;
	}
	*channel = (struct channel){ .child = fork(), .input = in[1], .output = out[0], .errors = err[0] };
	if (channel->child == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		execv(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	fcntl(channel->input, F_SETFL, O_NONBLOCK);
	send_number(number, AGENT_STARTED, channel->child);
}

static void feed(struct channel *channel)
{
	ssize_t r = channel->waiting_length ? write(channel->input, channel->waiting, channel->waiting_length) : 0;

	if (r < 0 && errno != EAGAIN && errno != EINTR) {
		channel->waiting_length = 0;
		close_end(&channel->input);
	} else if (r > 0) {
		channel->waiting_length -= (size_t)r;
		memmove(channel->waiting, channel->waiting + r, channel->waiting_length);
	}
	if (channel->ending && channel->waiting_length == 0)
		close_end(&channel->input);
}

static void take_input(struct channel *channel, const uint8_t *payload, size_t length)
{
	if (channel->input < 0)
		return;
	if (length == 0) {
		channel->ending = true;
	} else {
		channel->waiting = realloc(channel->waiting, channel->waiting_length + length);
		if (!channel->waiting)
			fail("agent: memory");
		memcpy(channel->waiting + channel->waiting_length, payload, length);
		channel->waiting_length += length;
	}
	feed(channel);
}

static void take_frame(const struct agent_header *header, uint8_t *payload)
{
	struct channel *channel = &channels[header->channel % AGENT_CHANNELS];

	if (header->kind == AGENT_RUN)
		run(header->channel % AGENT_CHANNELS, (char *)payload, header->length);
	else if (header->kind == AGENT_INPUT && channel->child)
		take_input(channel, payload, header->length);
	else if (header->kind == AGENT_KILL && channel->child && !channel->exited)
		kill(channel->child, SIGKILL);
}

/* Returns false when the test has closed the port. */
static bool read_port(void)
{
	/* one byte more: the last argument of a RUN is always terminated */
	static uint8_t buffer[sizeof(struct agent_header) + AGENT_MAX_PAYLOAD + 1];
	static size_t filled;
	struct agent_header header;
	ssize_t r = read(port, buffer + filled, sizeof(buffer) - 1 - filled);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (r <= 0)
		return false;
	filled += (size_t)r;
	while (filled >= sizeof(header)) {
		size_t whole;

		memcpy(&header, buffer, sizeof(header));
		whole = sizeof(header) + header.length;
		if (header.length > AGENT_MAX_PAYLOAD || filled < whole)
			break;
		take_frame(&header, buffer + sizeof(header));
		filled -= whole;
		memmove(buffer, buffer + whole, filled);
	}
	return true;
}

static void pass_on(uint16_t number, int *fd, uint16_t kind)
{
	static uint8_t piece[AGENT_MAX_PAYLOAD];
	ssize_t r = read(*fd, piece, sizeof(piece));

	if (r > 0)
		send_frame(number, kind, piece, (size_t)r);
	else if (r == 0)
		close_end(fd);
}

/* A channel is free when its program has ended and all that it wrote was passed on. */
static void settle(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < AGENT_CHANNELS; i++)
			if (channels[i].child == pid) {
				channels[i].exited = true;
				channels[i].status = status;
			}
	for (int i = 0; i < AGENT_CHANNELS; i++) {
		struct channel *channel = &channels[i];

		if (!channel->child || !channel->exited || channel->output >= 0 || channel->errors >= 0)
			continue;
		close_end(&channel->input);
		free(channel->waiting);
		send_number((uint16_t)i, AGENT_EXITED, channel->status);
		*channel = (struct channel){ 0 };
	}
}

static void wait_for_something(void)
{
	struct pollfd fds[1 + AGENT_CHANNELS * 3] = { { .fd = port, .events = POLLIN } };

	for (int i = 0; i < AGENT_CHANNELS; i++) {
		struct channel *channel = &channels[i];
		struct pollfd *of = &fds[1 + i * 3];

		of[0].fd = channel->child ? channel->output : -1;
		of[1].fd = channel->child ? channel->errors : -1;
		of[2].fd = channel->child && channel->waiting_length ? channel->input : -1;
		of[0].events = of[1].events = POLLIN;
		of[2].events = POLLOUT;
	}
	/* The limit: a child's end alone wakes nobody. */
	poll(fds, 1 + AGENT_CHANNELS * 3, 20);
	if (fds[0].revents && !read_port())
		exit(0);
	for (int i = 0; i < AGENT_CHANNELS; i++) {
		struct channel *channel = &channels[i];

		if (fds[1 + i * 3].revents)
			pass_on((uint16_t)i, &channel->output, AGENT_OUTPUT);
		if (fds[2 + i * 3].revents)
			pass_on((uint16_t)i, &channel->errors, AGENT_ERRORS);
		if (fds[3 + i * 3].revents)
			feed(channel);
	}
}

int main(int argc, char **argv)
{
	struct utsname kernel;

	port = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	if (port < 0)
		fail("usage: agent PORT");
	signal(SIGPIPE, SIG_IGN);
	uname(&kernel);
	send_frame(0, AGENT_READY, kernel.release, strlen(kernel.release));
	for (;;) {
		settle();
		wait_for_something();
	}
}
