/* SPDX-License-Identifier: Apache-2.0 */
/* What the helper's frames say, added up. */
#include <stdio.h>
#include <string.h>

#include "client.h"

struct session session = { .read_error = -1 };

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
	if (loss.cause < WIRE_LOSS_SIDEBAND_RECORDS)
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

void read_frame(uint16_t type, const uint8_t *payload, uint32_t length)
{
	struct wire_mapping mapping;
	struct wire_kernel_symbols symbols;
	struct wire_started started;
	struct wire_tables tables;
	struct wire_bytes bytes;
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
	case WIRE_BYTES:
		memcpy(&bytes, payload, sizeof(bytes));
		/* It is an ELF file. */
		if (bytes.error || (bytes.length == 4096 && memcmp(payload + sizeof(bytes), "\177ELF", 4) == 0))
			session.read_error = (int)bytes.error;
		break;
	case WIRE_TABLES:
		memcpy(&tables, payload, sizeof(tables));
		session.tables = tables.tables;
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

void print_result(int status)
{
	printf("RESULT {\"uid\":%u,\"release\":\"%.*s\",\"protocol\":%u,\"features\":%u,\"frames\":%u,", session.hello.uid,
	       (int)sizeof(session.hello.release), session.hello.release, session.hello.protocol, session.hello.features,
	       session.frames);
	printf("\"processes\":%u,\"threads\":%u,\"mappings\":%u,\"kernelSymbols\":%u,\"stacks\":%u,\"modules\":%u,\"tables\":%u,\"readError\":%d,\"sampling\":%u,",
	       session.processes, session.threads, session.user_count, session.symbols, session.stack_count,
	       session.modules, session.tables, session.read_error, session.sampling);
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
	printf("\"sysAdmin\":%s,", session.sys_admin ? "true" : "false");
	printf("\"inexactLedgers\":%u,\"refused\":%d,\"value\":%d,\"text\":\"%s\",\"endReason\":%d,\"exit\":%d}\n",
	       session.inexact_ledgers, session.refused, session.refused_value, session.text, session.end_reason, status);
	fflush(stdout);
}
