/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emberscope-helper profile|trace: the only privileged program. It speaks wire.h on stdin and stdout, executes
 * nothing, opens no file for writing, and ends when stdin does.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "kernel_symbols.h"
#include "proc_files.h"
#include "session.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

/* The engine looks for it in an installed file, to tell a wrong one without asking anybody for a password. */
__attribute__((used)) static const char mark[] = "emberscope-helper version " EMBERSCOPE_VERSION
						 " protocol " TEXT(WIRE_PROTOCOL);

/* The one exit status of a helper that refused before its hello; pkexec uses 126 and 127 itself. */
#define EXIT_REFUSED 2

/* There is no hello to this: the engine takes REFUSED and END in its place. */
static int refuse(struct send_queue *queue, enum wire_error error, int code, const char *what)
{
	const u32 length = (u32)strlen(what);
	const struct wire_refused refused = { .error = error, .text_length = length, .value = code };
	const struct wire_end end = { .reason = WIRE_REASON_FAILURE, .time_ns = monotonic_ns() };

	send_frame(queue, SEND_CONTROL, WIRE_REFUSED, &refused, sizeof(refused), what, length);
	send_frame(queue, SEND_CONTROL, WIRE_END, &end, sizeof(end), NULL, 0);
	send_queue_flush(queue, STDOUT_FILENO);
	return EXIT_REFUSED;
}

static u32 find_features(const struct privileges *privileges)
{
	u32 features = 0;

	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		features |= WIRE_FEATURE_BTF;
	if (sampler_has_cycles())
		features |= WIRE_FEATURE_CYCLES;
	if (sideband_has_build_ids())
		features |= WIRE_FEATURE_MMAP_BUILD_ID;
	if (privileges->bpf_stats_error == 0 && !privileges->may_trace)
		features |= WIRE_FEATURE_BPF_STATS;
	if (privileges->may_trace)
		features |= WIRE_FEATURE_TRACE;
	if (kernel_symbols_are_visible())
		features |= WIRE_FEATURE_KERNEL_SYMBOLS;
	return features;
}

/* What is missing is told where it is needed. */
static void read_objects(struct session *session, const char *path)
{
	object_file_read(&session->object, path, ON_CPU_OBJECT);
	object_file_read(&session->off_cpu_object, path, OFF_CPU_OBJECT);
	if (session->privileges.may_trace) {
		object_file_read(&session->probes.function_object, path, "function.bpf.o");
		object_file_read(&session->probes.ready_object, path, "ready.bpf.o");
	}
}

int main(int argc, char **argv)
{
	static struct session session;
	char path[PATH_MAX] = "";
	/* Before the change of user: afterwards the link belongs to root. */
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int entered = privileges_enter(argc, argv, &session.privileges), r;

	if (send_queue_open(&session.queue) < 0)
		return EXIT_REFUSED;
	if (entered < 0)
		return refuse(&session.queue, session.privileges.error, -entered, session.privileges.what);
	session.wake_fd = -1;
	sampler_capture_messages();
	if (length > 0)
		read_objects(&session, path);
	session.features = find_features(&session.privileges);
	session.cpu_count = proc_online_cpus(&session.cpus);
	if (session.cpu_count < 0)
		return refuse(&session.queue, WIRE_ERROR_INTERNAL, -session.cpu_count,
			      "the list of CPUs cannot be read");
	r = privileges_seal(&session.privileges);
	if (r < 0)
		return refuse(&session.queue, WIRE_ERROR_PRIVILEGES, -r,
			      "the system call filter could not be loaded");
	return session_run(&session);
}
