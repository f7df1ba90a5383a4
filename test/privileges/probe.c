/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crosses the privilege line as the helper does, then tries what must work and what must not, and prints
 * one line of JSON: { "entered": 0 or -errno, "error", "what", "uid", ..., "calls": { name: errno } }.
 * stdin may name another user's process, a decimal tgid and a newline; without one it is the parent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../native/helper/privileges.h"

static int calls_printed;

/* `result` as a system call returns it: negative, and errno says why. */
static void print_call(const char *name, long result)
{
	printf("%s\"%s\":%d", calls_printed++ ? "," : "", name, result < 0 ? errno : 0);
}

static int load_program(void)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_PERF_EVENT;
	attributes.insns = (uint64_t)(uintptr_t)instructions;
	attributes.insn_cnt = 2;
	attributes.license = (uint64_t)(uintptr_t)"GPL";
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

static int create_map(void)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_RINGBUF;
	attributes.max_entries = 1u << 22;
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
}

static int pin(int fd)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.pathname = (uint64_t)(uintptr_t)"/sys/fs/bpf/emberscope-probe";
	attributes.bpf_fd = (uint32_t)fd;
	return (int)syscall(SYS_bpf, BPF_OBJ_PIN, &attributes, sizeof(attributes));
}

static int open_event(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = 99,
		.disabled = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static long read_file(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long r;

	if (fd < 0)
		return fd;
	r = read(fd, &byte, 1);
	close(fd);
	return r;
}

/* 1 when kallsyms shows addresses. */
static int kernel_addresses(void)
{
	unsigned long address = 0;
	FILE *file = fopen("/proc/kallsyms", "re");

	if (!file)
		return 0;
	while (address == 0 && fscanf(file, "%lx %*[^\n]", &address) == 1)
		;
	fclose(file);
	return address != 0;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static pid_t read_target(void)
{
	char text[16] = "", *end = text;

	while (end < text + sizeof(text) - 1 && read(STDIN_FILENO, end, 1) == 1 && *end != '\n')
		end++;
	*end = '\0';
	return text[0] ? atoi(text) : getppid();
}

static void try_allowed(pid_t target)
{
	int program = load_program();
	char maps[64], schedstat[64];
	pthread_t thread;

	snprintf(maps, sizeof(maps), "/proc/%d/maps", target);
	snprintf(schedstat, sizeof(schedstat), "/proc/%d/task/%d/schedstat", target, target);

	print_call("bpf_prog_load", program);
	print_call("bpf_map_create", create_map());
	int event = open_event();
	print_call("perf_event_open", event);
	print_call("set_bpf", syscall(SYS_ioctl, event, PERF_EVENT_IOC_SET_BPF, program));
	print_call("read_maps", read_file(maps));
	print_call("read_schedstat", read_file(schedstat));
	print_call("read_btf", read_file("/sys/kernel/btf/vmlinux"));
	print_call("read_tracepoint_id", read_file("/sys/kernel/tracing/events/sched/sched_process_fork/id"));
	errno = pthread_create(&thread, NULL, do_nothing, NULL);
	print_call("thread", errno ? -1 : 0);
	print_call("pin", pin(program));
}

static void try_refused(void)
{
	struct iovec vector = { .iov_base = &vector, .iov_len = 1 };
	char *none[] = { NULL };
	int namespace = open("/proc/1/ns/net", O_RDONLY);

	print_call("ptrace", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	print_call("process_vm_readv", process_vm_readv(getppid(), &vector, 1, &vector, 1, 0));
	print_call("execve", execve("/bin/true", none, none));
	print_call("setns", setns(namespace, 0));
	print_call("mount", syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
	print_call("socket", socket(AF_UNIX, SOCK_STREAM, 0));
	print_call("open_write", open("/dev/null", O_WRONLY));
	print_call("open_read_write", open("/dev/null", O_RDWR));
	print_call("open_create", open("/tmp/emberscope-probe", O_RDONLY | O_CREAT, 0600));
	print_call("open_truncate", open("/dev/null", O_RDONLY | O_TRUNC));
	print_call("open_tmpfile", open("/tmp", O_TMPFILE | O_WRONLY, 0600));
	print_call("unlink", unlink("/tmp/emberscope-probe"));
	print_call("fork", syscall(SYS_fork));
	print_call("clone_process", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
	print_call("kill_parent", kill(getppid(), SIGUSR1));
	print_call("mmap_executable",
		   mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	print_call("setuid_0", setuid(0) < 0 || getuid() != 0 ? -1 : 0);
}

/* The line's value after its name, blanks left out. */
static void print_status(const char *wanted, const char *key)
{
	char line[512];
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, wanted, strlen(wanted)) == 0) {
			line[strcspn(line, "\n")] = '\0';
			for (char *c = line; *c; c++)
				if (*c == '\t')
					*c = ' ';
			printf("\"%s\":\"%s\",", key, line + strlen(wanted) + 1 + strspn(line + strlen(wanted) + 1, " "));
		}
	}
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	struct privileges privileges;
	struct rlimit core;
	struct stat extra;
	int entered = privileges_enter(argc, argv, &privileges), sealed = 0;
	mode_t mask = umask(077);
	extern char **environ;

	if (entered == 0)
		sealed = privileges_seal(&privileges);
	getrlimit(RLIMIT_CORE, &core);
	printf("{\"entered\":%d,\"sealed\":%d,\"error\":%d,\"what\":\"%s\",\"served\":%u,\"gid\":%u,", entered, sealed,
	       (int)privileges.error, privileges.what ? privileges.what : "", privileges.uid, privileges.gid);
	if (entered == 0 && sealed == 0) {
		char folder[64];

		printf("\"uid\":%u,\"sysAdmin\":%s,\"descriptors\":%lu,\"bpfStatistics\":%s,\"environment\":%s,\"core\":%lu,\"umask\":%u,",
		       getuid(), privileges.keeps_sys_admin ? "true" : "false", privileges.descriptor_limit, privileges.bpf_stats_error == 0 ? "true" : "false",
		       environ && *environ ? "true" : "false", (unsigned long)core.rlim_cur, (unsigned)mask);
		printf("\"folder\":\"%s\",\"sessionLeader\":%s,\"descriptor9\":%s,\"signalIgnored\":%s,",
		       getcwd(folder, sizeof(folder)) ? folder : "?", getsid(0) == getpid() ? "true" : "false",
		       fstat(9, &extra) == 0 ? "true" : "false", signal(SIGPIPE, SIG_DFL) == SIG_IGN ? "true" : "false");
		print_status("CapEff:", "capEff");
		print_status("CapPrm:", "capPrm");
		print_status("CapInh:", "capInh");
		print_status("CapBnd:", "capBnd");
		print_status("CapAmb:", "capAmb");
		print_status("NoNewPrivs:", "noNewPrivs");
		print_status("Seccomp:", "seccomp");
		print_status("Groups:", "groups");
		printf("\"kernelAddresses\":%s,\"calls\":{", kernel_addresses() ? "true" : "false");
		try_allowed(read_target());
		printf(",");
		calls_printed = 0;
		try_refused();
		printf("},");
	}
	printf("\"pid\":%d}\n", getpid());
	fflush(stdout);

	/* Holds its session until the other end closes. */
	char byte;
	while (entered == 0 && read(STDIN_FILENO, &byte, 1) > 0)
		;
	return entered == 0 && sealed == 0 ? 0 : 1;
}
