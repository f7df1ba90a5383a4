/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo: a made-up web server with a known profile. Usage: demo [SECONDS], without end by default.
 *
 * Shares of the CPU time of each thread, exact by construction: every function works until the thread's own
 * CPU clock (CLOCK_THREAD_CPUTIME_ID) has reached the end of its share of a round.
 *
 *     thread "demo"     about 50 % of a CPU         thread "indexer"   about 15 % of a CPU
 *     serve_requests 100 %                          index_documents 100 %
 *       handle_request 100 %                          scan_corpus 60 %
 *         parse_request 30 %                            split_words   40 %
 *           read_tokens   18 %                          hash_words    20 %
 *           build_tree    12 %                        write_index 40 %
 *         compress_body 45 %                            sort_postings 40 %
 *           find_matches  27 %
 *           encode_block  18 %
 *         render_page 25 %
 *           layout_boxes  10 %
 *           paint_pixels   5 %
 *           load_texture  10 %   (nearly all of it in the kernel: it reads /dev/zero)
 *
 * Both threads rest between rounds; the server's share of the CPU rises and falls by a fifth every 20 s.
 */
#include "freestanding.h"

#define ROUND_NS 10000000ul
#define WAVE_NS 20000000000ul
#define PERCENT (ROUND_NS / 100)
/* About 30 us: the clock is read between blocks and is noise of about 1 %. */
#define BLOCK 12000

static volatile u64 sink;
static int zero_fd;
static char texture[1 << 15];
static char indexer_stack[1 << 16] __attribute__((aligned(16)));

/* The CPU time of this thread at which the function that is running has had its share. */
struct round {
	u64 deadline;
};

static __attribute__((noinline)) u64 cpu_time_now(void)
{
	return clock_now(CLOCK_THREAD_CPUTIME_ID);
}

/* Part of every working function, so that the time is its own. */
#define WORK(round, percent)                                                                                   \
	do {                                                                                                   \
		(round)->deadline += (percent) * PERCENT;                                                      \
		do {                                                                                           \
			u64 value = sink;                                                                      \
			for (int step = 0; step < BLOCK; step++)                                               \
				value = value * 6364136223846793005ul + 1442695040888963407ul;                 \
			sink = value;                                                                          \
		} while (cpu_time_now() < (round)->deadline);                                                  \
	} while (0)

#define FUNCTION static __attribute__((noinline)) void

FUNCTION read_tokens(struct round *round)
{
	WORK(round, 18);
}

FUNCTION build_tree(struct round *round)
{
	WORK(round, 12);
}

FUNCTION parse_request(struct round *round)
{
	read_tokens(round);
	build_tree(round);
}

FUNCTION find_matches(struct round *round)
{
	WORK(round, 27);
}

FUNCTION encode_block(struct round *round)
{
	WORK(round, 18);
}

FUNCTION compress_body(struct round *round)
{
	find_matches(round);
	encode_block(round);
}

FUNCTION layout_boxes(struct round *round)
{
	WORK(round, 10);
}

FUNCTION paint_pixels(struct round *round)
{
	WORK(round, 5);
}

FUNCTION load_texture(struct round *round)
{
	round->deadline += 10 * PERCENT;
	do {
		for (int i = 0; i < 8; i++)
			system_call(SYS_read, zero_fd, (s64)texture, sizeof(texture), 0);
	} while (cpu_time_now() < round->deadline);
}

FUNCTION render_page(struct round *round)
{
	layout_boxes(round);
	paint_pixels(round);
	load_texture(round);
}

FUNCTION handle_request(struct round *round)
{
	parse_request(round);
	compress_body(round);
	render_page(round);
}

/* Not where the last round should have ended: what it took longer, and the sleep, would be missing from the first share. */
FUNCTION begin_round(struct round *round)
{
	round->deadline = cpu_time_now();
}

/* Nanoseconds to rest after a round: a triangle between 40 and 60 % of a CPU. */
FUNCTION rest_of_round(u64 begun)
{
	u64 phase = (clock_now(CLOCK_MONOTONIC) - begun) % WAVE_NS, half = WAVE_NS / 2;
	u64 permille = 400 + 200 * (phase < half ? phase : WAVE_NS - phase) / half;

	sleep_ns(ROUND_NS * (1000 - permille) / permille);
}

FUNCTION serve_requests(u64 end)
{
	struct round round = { cpu_time_now() };
	u64 begun = clock_now(CLOCK_MONOTONIC);

	while (!end || clock_now(CLOCK_MONOTONIC) < end) {
		begin_round(&round);
		handle_request(&round);
		rest_of_round(begun);
	}
}

FUNCTION split_words(struct round *round)
{
	WORK(round, 40);
}

FUNCTION hash_words(struct round *round)
{
	WORK(round, 20);
}

FUNCTION scan_corpus(struct round *round)
{
	split_words(round);
	hash_words(round);
}

FUNCTION sort_postings(struct round *round)
{
	WORK(round, 40);
}

FUNCTION write_index(struct round *round)
{
	sort_postings(round);
}

static void index_documents(void)
{
	struct round round = { cpu_time_now() };

	system_call(SYS_prctl, PR_SET_NAME, (s64) "indexer", 0, 0);
	for (;;) {
		begin_round(&round);
		scan_corpus(&round);
		write_index(&round);
		sleep_ns(ROUND_NS * 85 / 15);
	}
}

static u64 parse_seconds(const char *text)
{
	u64 seconds = 0;

	while (*text >= '0' && *text <= '9')
		seconds = seconds * 10 + (u64)(*text++ - '0');
	return seconds;
}

/* `stack` is what the kernel leaves for a new program: argc, then argv. */
__attribute__((used, noreturn)) void start(const u64 *stack)
{
	u64 seconds = stack[0] > 1 ? parse_seconds((const char *)stack[2]) : 0;

	zero_fd = (int)system_call(SYS_openat, AT_FDCWD, (s64) "/dev/zero", 0, 0);
	spawn(index_documents, indexer_stack + sizeof(indexer_stack));
	serve_requests(seconds ? clock_now(CLOCK_MONOTONIC) + seconds * 1000000000ul : 0);
	for (;;)
		system_call(SYS_exit_group, 0, 0, 0, 0);
}
