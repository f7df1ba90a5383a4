/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that does as it is told, and says how long each thing took by its own clock. It reads lines
 *
 *     WHAT TIMES SIZE
 *
 * and answers each with a line of JSON: {"what", "times", "ns": the sum, "least", "most", "number": of the process that it
 * woke, or was woken by}. Its functions have no frame pointers and are never inlined; linked statically.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEPT __attribute__((noinline, noclone, used))

/* A USDT probe as <sys/sdt.h> writes it (which is a package of its own): a nop, and a note that says where it lies. */
#define USDT(provider, name, first, second)                                                      \
	__asm__ volatile("990: nop\n"                                                                \
			 ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                          \
			 ".balign 4\n.4byte 992f-991f, 994f-993f, 3\n991: .asciz \"stapsdt\"\n992: .balign 4\n" \
			 "993: .8byte 990b, _.stapsdt.base, 0\n"                                                \
			 ".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"-8@%0 -8@%1\"\n"               \
			 "994: .balign 4\n.popsection\n"                                                        \
			 ".ifndef _.stapsdt.base\n"                                                             \
			 ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                \
			 ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n"                                       \
			 "_.stapsdt.base: .space 1\n.size _.stapsdt.base,1\n.popsection\n.endif\n"              \
			 :: "r"((long)(first)), "r"((long)(second)))

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

KEPT long probed_sleep(long microseconds)
{
	const struct timespec pause = { microseconds / 1000000, microseconds % 1000000 * 1000 };

	/* The system call itself: the library takes another one. */
	return syscall(SYS_nanosleep, &pause, NULL);
}

KEPT long probed_spin(long microseconds)
{
	const uint64_t until = now_ns() + (uint64_t)microseconds * 1000;

	while (now_ns() < until)
		;
	return microseconds;
}

KEPT long probed_read(long bytes)
{
	static char buffer[1 << 16];
	int fd = open("/dev/zero", O_RDONLY);
	long r = read(fd, buffer, (size_t)bytes);

	close(fd);
	return r;
}

KEPT long probed_mark(long number)
{
	USDT("emberscope", "mark", number, 2 * number);
	return number;
}

KEPT long probed_fork(long microseconds)
{
	pid_t child = fork();

	if (child == 0) {
		probed_sleep(microseconds);
		_exit(0);
	}
	return waitpid(child, NULL, 0);
}

/* Waits for a process that writes a byte every so often. */
static int pipe_ends[2];
static long waker;

KEPT long probed_wait(long microseconds)
{
	char byte;

	(void)microseconds;
	return read(pipe_ends[0], &byte, 1);
}

static void start_waker(long times, long microseconds)
{
	if (pipe(pipe_ends) < 0)
		exit(1);
	waker = fork();
	if (waker != 0)
		return;
	for (long i = 0; i < times; i++) {
		probed_sleep(microseconds);
		if (write(pipe_ends[1], "", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void end_waker(void)
{
	waitpid((pid_t)waker, NULL, 0);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static const struct {
	const char *name;
	long (*call)(long size);
} things[] = {
	{ "sleep", probed_sleep }, { "spin", probed_spin }, { "read", probed_read },
	{ "mark", probed_mark },   { "fork", probed_fork }, { "wait", probed_wait },
};

static void do_times(const char *name, long (*call)(long), long times, long size)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 0;

	waker = 0;
	if (call == probed_wait)
		start_waker(times, size);
	for (long i = 0; i < times; i++) {
		const uint64_t began = now_ns();
		uint64_t took;

		call(size);
		took = now_ns() - began;
		sum += took;
		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	if (call == probed_wait)
		end_waker();
	printf("{\"what\":\"%s\",\"times\":%ld,\"ns\":%llu,\"least\":%llu,\"most\":%llu,\"number\":%ld}\n", name, times,
	       (unsigned long long)sum, (unsigned long long)least, (unsigned long long)most, waker);
	fflush(stdout);
}

int main(void)
{
	char name[16];
	long times, size;

	while (scanf("%15s %ld %ld", name, &times, &size) == 3)
		for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
			if (strcmp(things[i].name, name) == 0)
				do_times(name, things[i].call, times, size);
	return 0;
}
