/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions to be probed, called as often and for as long as each line on stdin says:
 *
 *     sleep COUNT US | spin COUNT US | recurse COUNT DEPTH | jump COUNT 0 | value COUNT FIRST | text COUNT 0 |
 *     threads COUNT THREADS | open COUNT 0 | grow COUNT BYTES | fork COUNT 0 | static COUNT VALUE | keep COUNT MS
 *
 * and answered by "done", the shortest and the longest call as the program itself saw them, in ns.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "static-probe.h"

#define PROBED __attribute__((noipa, noinline, visibility("default")))

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

PROBED long probed_sleep(long us)
{
	nanosleep(&(struct timespec){ us / 1000000, us % 1000000 * 1000 }, NULL);
	return us;
}

PROBED long probed_spin(long us)
{
	uint64_t until = now_ns() + (uint64_t)us * 1000;

	while (now_ns() < until)
		;
	return -us;
}

PROBED long probed_recursion(long depth)
{
	return depth <= 1 ? 1 : 1 + probed_recursion(depth - 1);
}

static jmp_buf home;
/* So that no compiler leaves out what comes to nothing. */
static void *volatile kept;

PROBED void probed_leap(long number)
{
	if (number % 2)
		longjmp(home, 1);
}

PROBED int probed_value(int value, const char *text)
{
	return text ? value / 2 : -1;
}

static void *call_from_thread(void *count)
{
	for (long i = 0; i < (long)(intptr_t)count; i++)
		probed_value((int)i, "thread");
	return NULL;
}

static void call_from_threads(long count, long threads)
{
	pthread_t list[64];

	for (long i = 0; i < threads && i < 64; i++)
		pthread_create(&list[i], NULL, call_from_thread, (void *)(intptr_t)count);
	for (long i = 0; i < threads && i < 64; i++)
		pthread_join(list[i], NULL);
}

static void call(const char *what, long i, long of)
{
	char text[32];
	int fd;

	if (strcmp(what, "sleep") == 0)
		probed_sleep(of);
	else if (strcmp(what, "spin") == 0)
		probed_spin(of);
	else if (strcmp(what, "recurse") == 0)
		probed_recursion(of);
	else if (strcmp(what, "value") == 0)
		probed_value((int)(of + i), NULL);
	else if (strcmp(what, "jump") == 0 && setjmp(home) == 0)
		probed_leap(i);
	else if (strcmp(what, "text") == 0 && snprintf(text, sizeof(text), "number %ld", i) > 0)
		probed_value((int)i, text);
	else if (strcmp(what, "static") == 0)
		STATIC_PROBE(emberscope, hit, i, of);
	else if (strcmp(what, "open") == 0) {
		fd = open("/dev/null", O_RDONLY);
		if (fd >= 0)
			close(fd);
	} else if (strcmp(what, "grow") == 0) {
		kept = malloc((size_t)of);
		/* Every other one is freed. */
		if (i % 2)
			free(kept);
	} else if (strcmp(what, "keep") == 0) {
		pid_t child = fork();

		/* Lives for so many ms, and calls each of them. */
		for (long ms = 0; child == 0 && ms < of; ms++) {
			probed_value((int)ms, NULL);
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		}
		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	} else if (strcmp(what, "fork") == 0) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

int main(void)
{
	char line[128], what[32];
	long count, of;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		volatile uint64_t shortest = UINT64_MAX, longest = 0;

		if (sscanf(line, "%31s %ld %ld", what, &count, &of) != 3)
			return 2;
		if (strcmp(what, "threads") == 0) {
			call_from_threads(count, of);
			count = 0;
		}
		for (volatile long i = 0; i < count; i++) {
			const uint64_t from = now_ns();
			uint64_t took;

			call(what, i, of);
			took = now_ns() - from;
			shortest = took < shortest ? took : shortest;
			longest = took > longest ? took : longest;
		}
		printf("done %llu %llu\n", (unsigned long long)shortest, (unsigned long long)longest);
	}
	return 0;
}
