/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hit costs beside the program that it runs: the trap into the kernel and back. It differs by a factor of ten
 * between machines, so it is measured, once for each mechanism: a function of this process is called as it is, and with
 * a probe that does nothing.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "kernel_functions.h"
#include "object_symbols.h"
#include "probe_links.h"
#include "session.h"

/* A uprobe takes up to 50 us: of all rounds together some ms. */
#define CALLS 100u
#define ROUNDS 5u

#if defined(__x86_64__)
#define MEASURED_CALL "__x64_sys_getppid"
#else
#define MEASURED_CALL "__arm64_sys_getppid"
#endif

__attribute__((noinline, noclone, used)) static void measured_function(void)
{
	__asm__ volatile("" ::: "memory");
}

static void call_measured(bool of_program)
{
	if (of_program)
		measured_function();
	else
		syscall(SYS_getppid);
}

/* Of one call, ns; the least of some rounds is the one that nothing disturbed. */
static u64 time_calls(bool of_program)
{
	u64 least = UINT64_MAX;

	for (u32 round = 0; round < ROUNDS; round++) {
		const u64 from = monotonic_ns();
		u64 took;

		for (u32 i = 0; i < CALLS; i++)
			call_measured(of_program);
		took = (monotonic_ns() - from) / CALLS;
		least = took < least ? took : least;
	}
	return least;
}

static int load_nothing(u32 attach_type)
{
	const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "nothing", "Dual BSD/GPL", nothing, 2, &options);
}

/* Where the function lies in the file of this program. */
static bool find_own_place(struct object_place *ret)
{
	const u64 address = (uintptr_t)measured_function;
	FILE *file = fopen("/proc/self/maps", "re");
	unsigned long long start, end, offset;
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx-%llx %*s %llx", &start, &end, &offset) != 3 || address < start || address >= end)
			continue;
		*ret = (struct object_place){ .offset = address - start + offset };
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

static int link_own(struct probe *probe, int program_fd, bool returns)
{
	struct object_place place;
	const struct object_places places = { .list = &place, .count = 1, .capacity = 1 };
	struct probe_refusal ignored;
	int fd = find_own_place(&place) ? open("/proc/self/exe", O_RDONLY | O_CLOEXEC) : -1, r;

	if (fd < 0)
		return -1;
	r = returns ? probe_link_places(probe, fd, &places, program_fd, true, &ignored) : 0;
	if (r == 0)
		r = probe_link_places(probe, fd, &places, program_fd, false, &ignored);
	close(fd);
	return r;
}

static int link_kernel(struct probe *probe, int program_fd, bool returns)
{
	static const char *const name = MEASURED_CALL;
	struct kernel_places places;
	int r = kernel_find_functions(&name, 1, &places);

	if (r == 0 && places.count == 0)
		r = -ENOENT;
	if (r == 0 && returns)
		r = probe_link_address(probe, places.list[0].address, program_fd, true);
	if (r == 0)
		r = probe_link_address(probe, places.list[0].address, program_fd, false);
	kernel_places_close(&places);
	return r;
}

/* 0: it could not be measured. */
static u64 measure(u32 mechanism, bool returns)
{
	const bool of_program = mechanism == WIRE_MECHANISM_UPROBE || mechanism == WIRE_MECHANISM_UPROBE_MULTI;
	const u32 attach_type = mechanism == WIRE_MECHANISM_UPROBE_MULTI ? TRACE_UPROBE_MULTI :
				mechanism == WIRE_MECHANISM_KPROBE_MULTI ? TRACE_KPROBE_MULTI :
									   0;
	struct probe probe = { .mechanism = mechanism };
	int program_fd = load_nothing(attach_type);
	u64 without, with = 0;

	if (program_fd < 0)
		return 0;
	without = time_calls(of_program);
	if ((of_program ? link_own(&probe, program_fd, returns) : link_kernel(&probe, program_fd, returns)) == 0)
		with = time_calls(of_program);
	probe_unhook(&probe);
	free(probe.link_fds);
	close(program_fd);
	return with > without ? with - without : 0;
}

u64 probe_trap_cost(const struct probe *probe)
{
	static u64 known[WIRE_MECHANISM_RAW_TRACEPOINT + 1][2];
	static bool tried[WIRE_MECHANISM_RAW_TRACEPOINT + 1][2];
	const u32 mechanism = probe->mechanism;
	const bool returns = probe->settings.at_return || probe->settings.event_at_return;

	/* A trampoline or a static branch: what they cost is about the program's own time, or less. */
	if (mechanism < WIRE_MECHANISM_KPROBE || mechanism > WIRE_MECHANISM_UPROBE_MULTI)
		return 0;
	if (!tried[mechanism][returns])
		known[mechanism][returns] = measure(mechanism, returns);
	tried[mechanism][returns] = true;
	return known[mechanism][returns];
}
