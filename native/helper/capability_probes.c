/* SPDX-License-Identifier: Apache-2.0 */
/* Every way of attaching a program, tried. The raw calls, since libbpf 1.1 does not know all of them. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <link.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capabilities.h"

#define STEP_SIZE 48
/* Called when a process begins: in every kernel since 5.10, never inlined, and not so often that anybody would notice. */
#define KERNEL_FUNCTION "kernel_clone"
/* When one ends. */
#define TRACEPOINT_FOLDER "sched"
#define TRACEPOINT "sched_process_exit"
/* Of linux/bpf.h, newer than some headers: kprobe.multi (5.18) and uprobe_multi (6.6). */
#define TRACE_KPROBE_MULTI 42u
#define TRACE_UPROBE_MULTI 48u

static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };

static int bpf(enum bpf_cmd command, void *attributes, size_t size)
{
	long r = syscall(SYS_bpf, command, attributes, size);

	return r < 0 ? -errno : (int)r;
}

static int load(enum bpf_prog_type type, uint32_t attach_type, int btf_id)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = type;
	attributes.expected_attach_type = attach_type;
	attributes.attach_btf_id = (uint32_t)btf_id;
	attributes.insns = (uint64_t)(uintptr_t)nothing;
	attributes.insn_cnt = sizeof(nothing) / sizeof(nothing[0]);
	attributes.license = (uint64_t)(uintptr_t)"Dual BSD/GPL";
	memcpy(attributes.prog_name, "ember_attempt", sizeof("ember_attempt"));
	return bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

/* Closes what was made. Takes and returns a descriptor or -errno; 0 for a descriptor. */
static int give_up(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void say(char *step, const char *what)
{
	snprintf(step, STEP_SIZE, "%s", what);
}

int capability_load_program(void)
{
	return give_up(load(BPF_PROG_TYPE_KPROBE, 0, 0));
}

/* Attaches to an event of perf. */
static int attach_event(struct perf_event_attr *attributes, pid_t tid, enum bpf_prog_type type)
{
	unsigned cpu = 0;
	int program, event, r = 0;

	program = load(type, 0, 0);
	if (program < 0)
		return program;
	attributes->size = sizeof(*attributes);
	attributes->sample_period = 1;
	attributes->disabled = 1;
	syscall(SYS_getcpu, &cpu, NULL, NULL);
	event = (int)syscall(SYS_perf_event_open, attributes, tid, tid < 0 ? (int)cpu : -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		r = -errno;
	else if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) < 0 || ioctl(event, PERF_EVENT_IOC_ENABLE, 0) < 0)
		r = -errno;
	if (event >= 0)
		close(event);
	close(program);
	return r;
}

int capability_tracepoint(char *ret_step)
{
	static const char *const folders[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct perf_event_attr attributes = { .type = PERF_TYPE_TRACEPOINT };
	char path[128];
	int64_t id = 0;
	int r = -ENOENT;

	say(ret_step, TRACEPOINT_FOLDER ":" TRACEPOINT);
	for (size_t i = 0; i < 2 && r < 0; i++) {
		snprintf(path, sizeof(path), "%s/events/" TRACEPOINT_FOLDER "/" TRACEPOINT "/id", folders[i]);
		r = capability_read_number(path, &id);
	}
	attributes.config = (uint64_t)id;
	return r < 0 ? r : attach_event(&attributes, -1, BPF_PROG_TYPE_TRACEPOINT);
}

static int open_raw_tracepoint(int program, const char *name)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.raw_tracepoint.name = (uint64_t)(uintptr_t)name;
	attributes.raw_tracepoint.prog_fd = (uint32_t)program;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(attributes));
}

int capability_raw_tracepoint(char *ret_step)
{
	int program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0), r;

	say(ret_step, TRACEPOINT);
	if (program < 0)
		return program;
	r = give_up(open_raw_tracepoint(program, TRACEPOINT));
	close(program);
	return r;
}

int capability_kprobe(char *ret_step)
{
	struct perf_event_attr attributes = { .config1 = (uint64_t)(uintptr_t)KERNEL_FUNCTION };
	int64_t type = 0;
	int r = capability_read_number("/sys/bus/event_source/devices/kprobe/type", &type);

	say(ret_step, KERNEL_FUNCTION);
	attributes.type = (uint32_t)type;
	return r < 0 ? r : attach_event(&attributes, -1, BPF_PROG_TYPE_KPROBE);
}

/* What BPF_LINK_CREATE takes for kprobe.multi. */
struct kprobe_multi_link {
	uint32_t program_fd, target_fd, attach_type, flags;
	uint32_t multi_flags, count;
	uint64_t symbols, addresses, cookies;
};

int capability_kprobe_multi(char *ret_step)
{
	static const char *const symbols[] = { KERNEL_FUNCTION };
	struct kprobe_multi_link link = {
		.attach_type = TRACE_KPROBE_MULTI,
		.count = 1,
		.symbols = (uint64_t)(uintptr_t)symbols,
	};
	int program = load(BPF_PROG_TYPE_KPROBE, TRACE_KPROBE_MULTI, 0), r;

	say(ret_step, KERNEL_FUNCTION);
	if (program < 0)
		return program;
	link.program_fd = (uint32_t)program;
	r = give_up(bpf(BPF_LINK_CREATE, &link, sizeof(link)));
	close(program);
	return r;
}

int capability_fentry(char *ret_step)
{
	int btf_id, program, r;

	say(ret_step, KERNEL_FUNCTION);
	btf_id = libbpf_find_vmlinux_btf_id(KERNEL_FUNCTION, BPF_TRACE_FENTRY);
	if (btf_id < 0) {
		say(ret_step, "finding " KERNEL_FUNCTION " in the kernel's BTF");
		return btf_id;
	}
	program = load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, btf_id);
	if (program < 0) {
		say(ret_step, "loading for " KERNEL_FUNCTION);
		return program;
	}
	r = give_up(open_raw_tracepoint(program, NULL));
	close(program);
	return r;
}

/* A function of the helper itself that nobody calls: its process is the only one that runs this file. */
__attribute__((used, noinline)) static int probed_by_nobody(int argument)
{
	__asm__ volatile("" : "+r"(argument));
	return argument;
}

struct place {
	uintptr_t address;
	uint64_t offset; /* in the file; 0: not found */
};

static int find_segment(struct dl_phdr_info *object, size_t size, void *context)
{
	struct place *place = context;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		const uintptr_t start = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && place->address >= start && place->address - start < segment->p_filesz)
			place->offset = place->address - start + segment->p_offset;
	}
	return place->offset != 0;
}

static uint64_t own_offset(void)
{
	struct place place = { .address = (uintptr_t)probed_by_nobody };

	dl_iterate_phdr(find_segment, &place);
	return place.offset;
}

int capability_uprobe(char *ret_step)
{
	struct perf_event_attr attributes = {
		.config1 = (uint64_t)(uintptr_t)"/proc/self/exe",
		.config2 = own_offset(),
	};
	int64_t type = 0;
	int r = capability_read_number("/sys/bus/event_source/devices/uprobe/type", &type);

	say(ret_step, "a function of the helper");
	attributes.type = (uint32_t)type;
	return r < 0 ? r : attach_event(&attributes, 0, BPF_PROG_TYPE_KPROBE);
}

/* The same of uprobe_multi. */
struct uprobe_multi_link {
	uint32_t program_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, semaphores, cookies;
	uint32_t count, multi_flags, tgid, zero;
};

int capability_uprobe_multi(char *ret_step)
{
	const uint64_t offset = own_offset();
	struct uprobe_multi_link link = {
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uint64_t)(uintptr_t)"/proc/self/exe",
		.offsets = (uint64_t)(uintptr_t)&offset,
		.count = 1,
		.tgid = (uint32_t)getpid(),
	};
	int program = load(BPF_PROG_TYPE_KPROBE, TRACE_UPROBE_MULTI, 0), r;

	say(ret_step, "a function of the helper");
	if (program < 0)
		return program;
	link.program_fd = (uint32_t)program;
	r = give_up(bpf(BPF_LINK_CREATE, &link, sizeof(link)));
	close(program);
	return r;
}
