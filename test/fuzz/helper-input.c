/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper under ASan and UBSan, fed with damaged input, without BPF and privileges:
 *
 *     helper-input [--mutate SEED SECONDS] FILE...
 *
 * runs a whole session on each file, in pieces as a pipe may deliver them, and with --mutate on damaged copies
 * for that long. Everything from the frame reader to the send queue is the helper's own; kernel_double.c stands
 * in for what the kernel would tell. Every session's output is checked. Prints how the sessions ended.
 *
 * LIVING in an input becomes the number of a process that lives.
 */
#define _GNU_SOURCE
#include <poll.h>

static int feed_and_poll(struct pollfd *fds, nfds_t count, int timeout);
#define poll(fds, count, timeout) feed_and_poll(fds, count, timeout)
#include "../../native/helper/session.c"
#undef poll

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "kernel_double.h"

#define INPUT_MAX ((size_t)32 << 10)
#define CORPUS_MAX 128
#define REASONS 6
#define LIVING 0x00e1beefu

struct bytes {
	uint8_t *list;
	size_t length;
};

static struct {
	const uint8_t *bytes;
	size_t length, at;
	int fd;
} input;

static u64 random_state = 1;
uint32_t living_tgid;
static unsigned long sessions, started, ended[REASONS], refused[WIRE_ERROR_INTERNAL + 1];

u64 random_number(void) /* xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dull;
}

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "after %lu sessions: %s\n", sessions, what);
	abort();
}

static struct session session;

/* The linker has every read() go through here: the buffer lies within an object, where a sanitizer does not look. */
ssize_t __real_read(int fd, void *into, size_t length);
ssize_t __wrap_read(int fd, void *into, size_t length);

ssize_t __wrap_read(int fd, void *into, size_t length)
{
	const uint8_t *from = into, *buffer = session.reader.bytes, *end = buffer + sizeof(session.reader.bytes);

	if (fd == STDIN_FILENO && from >= buffer && from <= end)
		require(length <= (size_t)(end - from), "the frame reader reads past the end of its buffer");
	return __real_read(fd, into, length);
}

/* A piece of the input at every turn of the loop, then its end; and now and then it is time for a drain. */
static int feed_and_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	size_t left = input.length - input.at, piece = 1 + random_number() % (random_number() % 8 ? 4096 : 24);

	(void)timeout;
	if (random_number() & 1)
		session.next_drain_ns = session.prepare_until_ns = 0;
	if (left == 0 && input.fd >= 0) {
		close(input.fd);
		input.fd = -1;
	} else if (left > 0) {
		piece = piece < left ? piece : left;
		require(write(input.fd, input.bytes + input.at, piece) > 0, "the pipe is full");
		input.at += piece;
	}
	return poll(fds, count, 0);
}

static void check_code(const uint8_t *payload, size_t length, bool codes[PYTHON_CODES])
{
	struct wire_python_code code;

	memcpy(&code, payload, sizeof(code));
	require(length == sizeof(code) + code.lines_length && code.lines_length < WIRE_PYTHON_LINES_MAX, "a cut code object");
	for (u32 i = 0; i < code.lines_length; i++)
		require(payload[sizeof(code) + i] == (uint8_t)code.id, "lines of another code object");
	codes[code.id] = true;
}

/* The code objects of its frames came before. */
static void check_stack(const uint8_t *payload, const bool codes[PYTHON_CODES])
{
	struct wire_stack stack;
	u64 frame;

	memcpy(&stack, payload, sizeof(stack));
	for (u32 i = 0; i < stack.frame_count && stack.space == WIRE_STACK_USER; i++) {
		memcpy(&frame, payload + sizeof(stack) + i * sizeof(frame), sizeof(frame));
		require(!(frame & WIRE_FRAME_PYTHON) || codes[frame >> WIRE_FRAME_CODE_SHIFT & FRAME_CODE_MASK],
			"a frame whose code object did not come");
	}
}

/* Whole frames of known types; HELLO first, END last, REFUSED only before it, and ledgers that add up. */
static void check_output(const uint8_t *bytes, size_t length)
{
	struct wire_header header = { 0 };
	struct wire_refused last_refused;
	struct wire_ledger ledger;
	struct wire_loss_entry loss;
	struct wire_end end;
	bool codes[PYTHON_CODES] = { false };
	uint16_t before = 0;
	u64 lost = 0;

	for (size_t at = 0; at < length; at += sizeof(header) + header.length) {
		const uint8_t *payload = bytes + at + sizeof(header);

		require(length - at >= sizeof(header), "a cut header");
		memcpy(&header, bytes + at, sizeof(header));
		require(header.length <= WIRE_MAX_PAYLOAD && header.length <= length - at - sizeof(header),
			"a cut frame");
		require(header.type >= WIRE_HELLO && header.type <= WIRE_WAITS && header.zero == 0,
			"an unknown frame");
		require((header.type == WIRE_HELLO) == (at == 0), "HELLO is not the first frame");
		require(before != WIRE_END, "a frame after END");
		require(before != WIRE_REFUSED || header.type == WIRE_END, "no END after REFUSED");
		if (header.type == WIRE_LOSS) {
			memcpy(&loss, payload, sizeof(loss));
			if (loss.cause < WIRE_LOSS_SIDEBAND_RECORDS)
				lost += loss.count;
		} else if (header.type == WIRE_PYTHON_CODE) {
			check_code(payload, header.length, codes);
		} else if (header.type == WIRE_STACK) {
			check_stack(payload, codes);
		} else if (header.type == WIRE_LEDGER) {
			memcpy(&ledger, payload, sizeof(ledger));
			require(ledger.fired == ledger.not_ours + ledger.stored + lost, "an inexact ledger");
		} else if (header.type == WIRE_REFUSED) {
			memcpy(&last_refused, payload, sizeof(last_refused));
			require(last_refused.error >= 1 && last_refused.error <= WIRE_ERROR_INTERNAL, "an unknown error");
			refused[last_refused.error]++;
		} else if (header.type == WIRE_END) {
			memcpy(&end, payload, sizeof(end));
			require(end.reason >= 1 && end.reason < REASONS, "an unknown reason");
			require((end.reason == WIRE_REASON_FAILURE || end.reason == WIRE_REASON_TARGET_GONE) ==
					(before == WIRE_REFUSED),
				"an END that does not fit REFUSED");
			ended[end.reason]++;
		}
		started += header.type == WIRE_STARTED;
		before = header.type;
	}
	require(before == WIRE_END, "no END");
}

static void read_output(void)
{
	struct stat status;
	void *bytes;

	require(fstat(STDOUT_FILENO, &status) == 0 && status.st_size > 0, "no output");
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, STDOUT_FILENO, 0);
	require(bytes != MAP_FAILED, "the output cannot be read");
	check_output(bytes, (size_t)status.st_size);
	munmap(bytes, (size_t)status.st_size);
	require(ftruncate(STDOUT_FILENO, 0) == 0 && lseek(STDOUT_FILENO, 0, SEEK_SET) == 0,
		"the output cannot be emptied");
}

static void run(const uint8_t *bytes, size_t length)
{
	int cpu = 0, ends[2];

	require(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO, "no pipe");
	close(ends[0]);
	input.bytes = bytes;
	input.length = length;
	input.at = 0;
	input.fd = ends[1];
	hung_up = 0;
	session = (struct session){
		.wake_fd = -1,
		.cpus = &cpu,
		.cpu_count = 1,
		.features = random_number() & 1 ? WIRE_FEATURE_CYCLES : 0,
		.privileges.may_trace = random_number() % 4 != 0,
	};
	require(send_queue_open(&session.queue) == 0, "no send queue");
	require(session_run(&session) == 0, "the queue was not emptied");
	send_queue_close(&session.queue);
	if (session.wake_fd >= 0)
		close(session.wake_fd);
	if (input.fd >= 0)
		close(input.fd);
	sessions++;
	read_output();
}

static void bring_to_life(struct bytes *bytes)
{
	const u32 living = LIVING;

	for (size_t at = 0; at + sizeof(living) <= bytes->length; at++) {
		if (memcmp(bytes->list + at, &living, sizeof(living)) == 0)
			memcpy(bytes->list + at, &living_tgid, sizeof(living_tgid));
	}
}

static struct bytes read_input(const char *path)
{
	struct bytes bytes = { malloc(INPUT_MAX), 0 };
	FILE *file = fopen(path, "re");

	if (!file || !bytes.list) {
		perror(path);
		exit(2);
	}
	bytes.length = fread(bytes.list, 1, INPUT_MAX, file);
	fclose(file);
	bring_to_life(&bytes);
	return bytes;
}

static void damage(struct bytes *bytes, const struct bytes *other)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 0x7f, 0x80, 0xff };
	size_t at = bytes->length ? random_number() % bytes->length : 0, count;

	switch (random_number() % 6) {
	case 0:
		bytes->length = at;
		break;
	case 1: /* another input's frames after these */
		count = other->length < INPUT_MAX - bytes->length ? other->length : INPUT_MAX - bytes->length;
		memcpy(bytes->list + bytes->length, other->list, count);
		bytes->length += count;
		break;
	case 2: /* some bytes twice */
		count = bytes->length - at;
		if (count > INPUT_MAX - bytes->length)
			count = INPUT_MAX - bytes->length;
		memmove(bytes->list + at + count, bytes->list + at, bytes->length - at);
		bytes->length += count;
		break;
	case 3:
		if (bytes->length)
			bytes->list[at] = values[random_number() % sizeof(values)];
		break;
	default:
		if (bytes->length)
			bytes->list[at] ^= (uint8_t)(1u << random_number() % 8);
	}
}

static void mutate(const struct bytes *corpus, size_t count, u64 seconds)
{
	u64 end = monotonic_ns() + seconds * 1000000000u;
	struct bytes bytes = { malloc(INPUT_MAX), 0 };

	require(bytes.list != NULL, "no memory");
	while (monotonic_ns() < end) {
		const struct bytes *from = &corpus[random_number() % count];

		memcpy(bytes.list, from->list, from->length);
		bytes.length = from->length;
		for (size_t i = 1 + random_number() % 4; i > 0; i--)
			damage(&bytes, &corpus[random_number() % count]);
		run(bytes.list, bytes.length);
	}
	free(bytes.list);
}

int main(int argc, char **argv)
{
	struct bytes corpus[CORPUS_MAX];
	FILE *report = fdopen(dup(STDOUT_FILENO), "w");
	int first = 1, output = memfd_create("output", MFD_CLOEXEC);
	size_t count = 0;
	u64 seconds = 0;

	if (argc > 3 && strcmp(argv[1], "--mutate") == 0) {
		random_state = strtoull(argv[2], NULL, 10) * 2 + 1;
		seconds = strtoull(argv[3], NULL, 10);
		first = 4;
	}
	if (first == argc || !report || dup2(output, STDOUT_FILENO) < 0) {
		fprintf(stderr, "usage: helper-input [--mutate SEED SECONDS] FILE...\n");
		return 2;
	}
	living_tgid = (uint32_t)fork();
	if (living_tgid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	for (int i = first; i < argc && count < CORPUS_MAX; i++) {
		corpus[count] = read_input(argv[i]);
		run(corpus[count].list, corpus[count].length);
		count++;
	}
	if (seconds > 0)
		mutate(corpus, count, seconds);
	for (size_t i = 0; i < count; i++)
		free(corpus[i].list);
	fprintf(report, "{\"sessions\":%lu,\"started\":%lu,", sessions, started);
	fprintf(report, "\"asked\":%lu,\"exited\":%lu,\"gone\":%lu,\"failed\":%lu,",
		ended[WIRE_REASON_ASKED], ended[WIRE_REASON_TARGET_EXITED], ended[WIRE_REASON_TARGET_GONE],
		ended[WIRE_REASON_FAILURE]);
	fprintf(report, "\"malformed\":%lu,\"frequency\":%lu,\"targets\":%lu,\"noCycles\":%lu}\n",
		refused[WIRE_ERROR_MALFORMED], refused[WIRE_ERROR_FREQUENCY], refused[WIRE_ERROR_TARGETS],
		refused[WIRE_ERROR_NO_CYCLES]);
	fclose(report);
	kill((pid_t)living_tgid, SIGKILL);
	return 0;
}
