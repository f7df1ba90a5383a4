/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits whose time is known. Usage: waiting ROUNDS. It begins when a line comes on its standard input, and says at its end,
 * by its own clock, how long each function waited and when each thread began and ended; and, as the kernel counts it, how
 * often each function went to sleep. That is not how often it was called: a thread that is preempted on its way to sleep
 * until its timer has rung does not sleep.
 *
 *     function NAME WAITS NANOSECONDS
 *     thread NAME BEGAN ENDED
 *
 *     thread "sleeper"   sleep_long      50 ms a round
 *                        sleep_short     ten times 2 ms a round
 *     thread "locker"    wait_for_lock   10 ms, in futex(2), woken by "holder" (let_go)
 *     thread "reader"    read_pipe       15 ms, until "writer" (write_pipe) has written
 *     threads "spin-N"   spin            three of them: they wait for a CPU
 *
 * The system calls are made in the functions themselves: along frame pointers the innermost frame of a wait is theirs.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUNCTION static __attribute__((noinline)) void

static inline long call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
			  x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#endif
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct waits {
	const char *name;
	uint64_t count, ns;
};

static struct waits sleep_long_waits = { .name = "sleep_long" }, sleep_short_waits = { .name = "sleep_short" },
		    lock_waits = { .name = "wait_for_lock" }, pipe_waits = { .name = "read_pipe" };
static int rounds;
static atomic_uint lock_word, lock_wanted, pipe_wanted;
static atomic_bool over;
static int pipe_ends[2];

struct beginning {
	uint64_t ns;
	long sleeps;
};

static long sleeps_so_far(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static struct beginning begin_wait(void)
{
	return (struct beginning){ .ns = now(CLOCK_MONOTONIC), .sleeps = sleeps_so_far() };
}

static void count_wait(struct waits *waits, struct beginning since)
{
	waits->ns += now(CLOCK_MONOTONIC) - since.ns;
	waits->count += (uint64_t)(sleeps_so_far() - since.sleeps);
}

FUNCTION sleep_long(void)
{
	struct timespec time = { .tv_nsec = 50000000 };
	struct beginning since = begin_wait();

	call(SYS_nanosleep, (long)&time, 0, 0, 0);
	count_wait(&sleep_long_waits, since);
}

FUNCTION sleep_short(void)
{
	struct timespec time = { .tv_nsec = 2000000 };
	struct beginning since = begin_wait();

	call(SYS_nanosleep, (long)&time, 0, 0, 0);
	count_wait(&sleep_short_waits, since);
}

static void rest(long milliseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = milliseconds * 1000000 }, NULL);
}

FUNCTION wait_for_lock(void)
{
	struct beginning since;

	atomic_store(&lock_word, 1);
	atomic_fetch_add(&lock_wanted, 1);
	since = begin_wait();
	while (atomic_load(&lock_word) == 1)
		call(SYS_futex, (long)&lock_word, FUTEX_WAIT_PRIVATE, 1, 0);
	count_wait(&lock_waits, since);
}

FUNCTION let_go(void)
{
	atomic_store(&lock_word, 0);
	call(SYS_futex, (long)&lock_word, FUTEX_WAKE_PRIVATE, 1, 0);
}

FUNCTION read_pipe(void)
{
	char byte;
	struct beginning since;

	atomic_fetch_add(&pipe_wanted, 1);
	since = begin_wait();
	call(SYS_read, pipe_ends[0], (long)&byte, 1, 0);
	count_wait(&pipe_waits, since);
}

FUNCTION write_pipe(void)
{
	call(SYS_write, pipe_ends[1], (long)"x", 1, 0);
}

static void run_sleeper(void)
{
	for (int i = 0; i < rounds; i++) {
		sleep_long();
		for (int j = 0; j < 10; j++)
			sleep_short();
	}
}

static void run_locker(void)
{
	for (int i = 0; i < 4 * rounds; i++)
		wait_for_lock();
}

/* Does what is asked for with a delay, so that the other waits for it. */
static void answer(atomic_uint *wanted, int count, long milliseconds, void (*give)(void))
{
	for (unsigned int given = 0; given < (unsigned int)count;) {
		if (atomic_load(wanted) == given) {
			rest(1);
			continue;
		}
		rest(milliseconds);
		give();
		given++;
	}
}

static void run_holder(void)
{
	answer(&lock_wanted, 4 * rounds, 10, let_go);
}

static void run_reader(void)
{
	for (int i = 0; i < 4 * rounds; i++)
		read_pipe();
}

static void run_writer(void)
{
	answer(&pipe_wanted, 4 * rounds, 15, write_pipe);
}

FUNCTION spin(void)
{
	static _Thread_local volatile uint64_t sink;

	for (int i = 0; i < 1000000; i++)
		sink = sink * 6364136223846793005u + 1;
}

static void run_spinner(void)
{
	while (!atomic_load(&over))
		spin();
}

struct thread {
	const char *name;
	void (*run)(void);
	pthread_t handle;
	uint64_t began, ended;
};

static void *run_thread(void *argument)
{
	struct thread *thread = argument;

	thread->began = now(CLOCK_MONOTONIC);
	prctl(PR_SET_NAME, thread->name);
	thread->run();
	thread->ended = now(CLOCK_MONOTONIC);
	return NULL;
}

int main(int count, char **arguments)
{
	static struct thread threads[] = {
		{ .name = "sleeper", .run = run_sleeper }, { .name = "locker", .run = run_locker },
		{ .name = "holder", .run = run_holder },   { .name = "reader", .run = run_reader },
		{ .name = "writer", .run = run_writer },   { .name = "spin-1", .run = run_spinner },
		{ .name = "spin-2", .run = run_spinner },  { .name = "spin-3", .run = run_spinner },
	};
	const struct waits *all[] = { &sleep_long_waits, &sleep_short_waits, &lock_waits, &pipe_waits };
	const size_t thread_count = sizeof(threads) / sizeof(threads[0]);
	uint64_t began = now(CLOCK_MONOTONIC);

	rounds = count > 1 ? atoi(arguments[1]) : 40;
	if (pipe(pipe_ends) < 0 || getchar() == EOF)
		return 1;
	for (size_t i = 0; i < thread_count; i++)
		pthread_create(&threads[i].handle, NULL, run_thread, &threads[i]);
	for (size_t i = 0; i < 5; i++)
		pthread_join(threads[i].handle, NULL);
	atomic_store(&over, true);
	for (size_t i = 5; i < thread_count; i++)
		pthread_join(threads[i].handle, NULL);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		printf("function %s %lu %lu\n", all[i]->name, all[i]->count, all[i]->ns);
	for (size_t i = 0; i < thread_count; i++)
		printf("thread %s %lu %lu\n", threads[i].name, threads[i].began, threads[i].ended);
	printf("thread waiting %lu %lu\n", began, now(CLOCK_MONOTONIC));
	return 0;
}
