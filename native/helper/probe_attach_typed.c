/* SPDX-License-Identifier: Apache-2.0 */
/* One function of the kernel by its type (fentry, fexit). */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>

#include "kernel_attempt.h"

#define TYPED_ARGUMENTS_MAX 12u

/* The number of its arguments and whether it has a value; false: it has no type that can be traced. */
static bool read_type(const char *name, struct probe_settings *settings)
{
	static struct btf *kernel;
	const struct btf_type *function, *prototype;
	int id;

	if (!kernel)
		kernel = btf__load_vmlinux_btf();
	id = kernel ? btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC) : -ENOENT;
	function = id > 0 ? btf__type_by_id(kernel, (u32)id) : NULL;
	prototype = function ? btf__type_by_id(kernel, function->type) : NULL;
	if (!prototype || btf_vlen(prototype) > TYPED_ARGUMENTS_MAX)
		return false;
	/* A structure by value takes two places. */
	for (u32 i = 0; i < btf_vlen(prototype); i++) {
		if (btf__resolve_size(kernel, btf_params(prototype)[i].type) > 8)
			return false;
	}
	settings->argument_count = btf_vlen(prototype);
	settings->has_value = prototype->type != 0;
	return true;
}

int kernel_attach_typed(struct kernel_attempt *attempt, struct probe_refusal *ret)
{
	struct probe *probe = attempt->probe;
	const int *fds[] = { &attempt->programs.fds[PROGRAM_LEAVE], &attempt->programs.fds[PROGRAM_ENTER] };

	probe->mechanism = WIRE_MECHANISM_FENTRY;
	probe->settings.has_cookie = 0;
	probe->settings.preemptible = 1;
	if (!read_type(probe->names[0], &probe->settings))
		return refuse_probe(ret, WIRE_PROBE_NOT_TRACEABLE, 0, NULL);
	attempt->programs = (struct probe_programs){
		.names[PROGRAM_ENTER] = probe_form(probe, "count_traced", "enter_traced", "enter_traced_with_stacks"),
		.names[PROGRAM_LEAVE] = probe_returns(probe) ? "leave_traced" : NULL,
		.attach_to = probe->names[0],
	};
	if (probe_load(probe, attempt->session, &attempt->programs, ret) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		int fd = *fds[i] < 0 ? -1 : bpf_raw_tracepoint_open(NULL, *fds[i]);

		if (*fds[i] >= 0 && (fd < 0 || probe_keep_link(probe, fd) < 0)) {
			probe_unhook(probe);
			return probe_refuse_errno(ret, fd < 0 ? -fd : ENOMEM);
		}
	}
	probe->functions = 1;
	return 0;
}
