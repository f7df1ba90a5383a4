/* SPDX-License-Identifier: Apache-2.0 */
/* Why a kernel does not load a BPF object: what it lacks, and what libbpf said last. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "sampler.h"

static char last_message[192];

/* The verifier's log comes as one message of many lines, of which the last but the statistics says why. */
static int keep_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char text[4 << 20]; /* a log of the verifier may be that long; memory is taken only when one comes */
	char *line, *rest = text;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	while ((line = strsep(&rest, "\n"))) {
		if (*line && !strstr(line, "processed ") && !strstr(line, "END PROG LOAD LOG") &&
		    !strstr(line, "failed to load") && !strstr(line, "verification time") &&
		    !strstr(line, "stack depth"))
			snprintf(last_message, sizeof(last_message), "%s", line);
	}
	return 0;
}

void sampler_capture_messages(void)
{
	libbpf_set_print(keep_message);
}

const char *sampler_last_message(void)
{
	return last_message;
}

void sampler_forget_message(void)
{
	last_message[0] = 0;
}

bool kernel_is_locked_down(void)
{
	char text[64] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, "[confidentiality]") != NULL;
}

int sampler_check_kernel(struct failure *ret)
{
	if (kernel_is_locked_down())
		return fail(ret, WIRE_ERROR_LOCKDOWN, 0, "the kernel's lockdown mode is confidentiality");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return fail(ret, WIRE_ERROR_NO_BTF, errno, "/sys/kernel/btf/vmlinux cannot be read");
	/* No command of this number: EINVAL where there is bpf(2) at all. */
	if (bpf_obj_get_info_by_fd(-1, NULL, &(u32){ 0 }) < 0 && errno == ENOSYS)
		return fail(ret, WIRE_ERROR_NO_BPF, ENOSYS, "the kernel was built without bpf(2)");
	return 0;
}

int sampler_refuse_load(int code, struct failure *ret)
{
	if (code == EPERM || code == EACCES) {
		/* The verifier, too, says EACCES. */
		if (code == EPERM || !last_message[0])
			return fail(ret, WIRE_ERROR_NOT_PERMITTED, code,
				    "the kernel does not let the helper use BPF");
	}
	if (code == ENOSYS)
		return fail(ret, WIRE_ERROR_NO_BPF, code, "the kernel was built without bpf(2)");
	if (code == ENOMEM)
		return fail(ret, WIRE_ERROR_MEMORY, code, "no memory for the BPF maps");
	if (code == EMFILE || code == ENFILE)
		return fail(ret, WIRE_ERROR_DESCRIPTORS, (int64_t)sysconf(_SC_OPEN_MAX),
			    "no descriptors for the BPF maps");
	return fail(ret, WIRE_ERROR_LOAD, code, "%s", last_message[0] ? last_message : strerror(code));
}
