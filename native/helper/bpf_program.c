/* SPDX-License-Identifier: Apache-2.0 */
/* Loading on_cpu.bpf.o: choices, sizes, its maps and programs. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sampler.h"

#define OBJECT_MAX ((off_t)16 << 20)
/* The kernel's name for its first pid namespace. */
#define FIRST_PID_NAMESPACE 0xeffffffcu

#define COUNTS_MIN 16384u
#define COUNTS_MAX (1u << 18)
#define RING_MIN (4u << 20)
#define RING_MAX (32u << 20)
/* 32 bytes each: of a thousand processes with 250 mappings that are all different, or of the whole system. */
#define MAPPED_CODES (1u << 18)
#define MAPPED_CODES_SYSTEM (1u << 20)

int object_file_read(struct object_file *file, const char *program_path, const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	const char *slash = strrchr(program_path, '/');
	size_t done = 0;
	int fd, r;

	if (!slash)
		return -ENOENT;
	r = snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - program_path), program_path, name);
	if (r < 0 || (size_t)r >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    status.st_size > OBJECT_MAX) {
		close(fd);
		return -EINVAL;
	}
	file->length = (size_t)status.st_size;
	file->bytes = malloc(file->length);
	while (file->bytes && done < file->length) {
		ssize_t n = read(fd, (char *)file->bytes + done, file->length - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	if (done == file->length)
		return 0;
	free(file->bytes);
	*file = (struct object_file){ 0 };
	return -EIO;
}

static u32 power_of_two(u64 wanted, u32 lowest, u32 highest)
{
	u32 size = lowest;

	while (size < wanted && size < highest)
		size *= 2;
	return size;
}

static int configure(struct sampler *sampler, int cpus)
{
	struct stat namespace = { 0 };
	struct settings settings = {
		.system = !!(sampler->start.flags & WIRE_START_SYSTEM),
		.follow_children = !!(sampler->start.flags & WIRE_START_CHILDREN),
		.kernel_stacks = !!(sampler->start.flags & WIRE_START_KERNEL_STACKS),
		.stack_depth = sampler->start.stack_depth,
		.tables = !!(sampler->start.flags & WIRE_START_UNWIND_TABLES),
		.wakers = !!(sampler->start.flags & WIRE_START_WAKERS),
		.least_wait_ns = sampler->start.least_wait_ns,
		.cgroup = sampler->start.cgroup,
	};
	/* Every sample its own entry for a second, five to ten times longer than a drain should take. */
	u64 samples = (u64)sampler->start.frequency * (u64)cpus;
	u32 ring = power_of_two(samples * 256, RING_MIN, RING_MAX);
	u32 entries = power_of_two(samples, COUNTS_MIN, COUNTS_MAX);
	size_t length = 0;
	struct bpf_map *map, *rodata = NULL;
	int r;

	if (stat("/proc/self/ns/pid", &namespace) == 0 && namespace.st_ino != FIRST_PID_NAMESPACE)
		settings.pid_namespace = (u32) namespace.st_ino;
	settings.wake_bytes = ring / 4;
	if (getrandom(&settings.hash_seed, sizeof(settings.hash_seed), 0) != sizeof(settings.hash_seed))
		return -EIO;
	bpf_object__for_each_map (map, sampler->object) {
		const char *name = bpf_map__name(map);

		r = 0;
		if (strncmp(name, "counts_", 7) == 0)
			r = bpf_map__set_max_entries(map, entries);
		else if (strcmp(name, "stacks") == 0)
			r = bpf_map__set_max_entries(map, ring);
		else if ((strcmp(name, "targets") == 0 || strcmp(name, "address_spaces") == 0) && settings.system)
			r = bpf_map__set_max_entries(map, 65536);
		else if (strcmp(name, "mapped_codes") == 0 && settings.tables)
			r = bpf_map__set_max_entries(map, settings.system ? MAPPED_CODES_SYSTEM : MAPPED_CODES);
		else if (strstr(name, ".rodata") && !strstr(name, ".str"))
			rodata = map;
		if (r < 0)
			return r;
	}
	if (!rodata || !bpf_map__initial_value(rodata, &length) || length != sizeof(settings))
		return -EINVAL;
	sampler->settings = settings;
	return bpf_map__set_initial_value(rodata, &settings, sizeof(settings));
}

/* libbpf maps the globals for skeletons only. */
static int map_control(struct sampler *sampler, const struct bpf_map *map)
{
	void *control;

	if (bpf_map__value_size(map) < sizeof(struct control))
		return -EINVAL;
	control = mmap(NULL, CONTROL_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (control == MAP_FAILED)
		return -errno;
	sampler->control = control;
	return 0;
}

/* What the helper writes for walks in the kernel. */
static int map_tables(struct sampler *sampler, const struct bpf_map *codes)
{
	void *mapped;

	if (!(sampler->start.flags & WIRE_START_UNWIND_TABLES))
		return 0;
	sampler->mapped_code_count = bpf_map__max_entries(codes);
	mapped = mmap(NULL, sampler->mapped_code_count * sizeof(struct mapped_code), PROT_READ | PROT_WRITE, MAP_SHARED,
		      sampler->mapped_codes_fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	sampler->mapped_codes = mapped;
	sampler->block_maps = 1;
	return 0;
}

static int find_maps(struct sampler *sampler)
{
	const struct {
		const char *name;
		int *ret_fd;
	} wanted[] = {
		{ "counts_0", &sampler->counts_fds[0] }, { "counts_1", &sampler->counts_fds[1] },
		{ "ledgers", &sampler->ledgers_fd },	 { "targets", &sampler->targets_fd },
		{ "remaps", &sampler->remaps_fd },	 { "seen", &sampler->seen_fd },
		{ "stacks", &sampler->stacks_fd },	 { "lifecycles", &sampler->lifecycles_fd },
		{ "blocks", &sampler->blocks_fd },	 { "blocks_0", &sampler->block_map_fds[0] },
		{ "mapped_codes", &sampler->mapped_codes_fd },
		{ "address_spaces", &sampler->address_spaces_fd },
		{ "python_codes", &sampler->python_codes_fd },
		{ "python_code_ring", &sampler->python_code_ring_fd },
	};
	struct bpf_map *map = bpf_object__find_map_by_name(sampler->object, "mapped_codes");
	int r;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].ret_fd = bpf_object__find_map_fd_by_name(sampler->object, wanted[i].name);
		if (*wanted[i].ret_fd < 0)
			return -ENOENT;
	}
	r = map_tables(sampler, map);
	if (r < 0)
		return r;
	bpf_object__for_each_map (map, sampler->object) {
		if (strstr(bpf_map__name(map), ".bss"))
			return map_control(sampler, map);
	}
	return -ENOENT;
}

static int find_programs(struct sampler *sampler)
{
	struct bpf_program *program;
	int count = 0;

	sampler->sample_fd = -1;
	bpf_object__for_each_program (program, sampler->object) {
		if (count == SAMPLER_PROGRAMS)
			return -EINVAL;
		sampler->program_fds[count++] = bpf_program__fd(program);
		if (strcmp(bpf_program__name(program), "on_sample") == 0)
			sampler->sample_fd = bpf_program__fd(program);
	}
	return count == SAMPLER_PROGRAMS && sampler->sample_fd >= 0 ? 0 : -EINVAL;
}

int sampler_load(struct sampler *sampler, const struct object_file *file, const struct wire_start *start,
		 int cpus, struct failure *ret)
{
	int r;

	*sampler = (struct sampler){ .start = *start };
	if (!file->bytes)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, ENOENT, ON_CPU_OBJECT " is missing beside the helper");
	if (sampler_check_kernel(ret) < 0)
		return -1;
	sampler_forget_message();
	sampler->object = bpf_object__open_mem(file->bytes, file->length, NULL);
	if (!sampler->object)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, errno, ON_CPU_OBJECT " cannot be read: %s",
			    sampler_last_message());
	r = configure(sampler, cpus);
	if (r < 0)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, -r, ON_CPU_OBJECT " does not belong to this helper");
	r = bpf_object__load(sampler->object);
	if (r < 0)
		return sampler_refuse_load(-r, ret);
	if (find_maps(sampler) < 0 || find_programs(sampler) < 0)
		return fail(ret, WIRE_ERROR_BPF_OBJECT, 0, ON_CPU_OBJECT " does not belong to this helper");
	sampler->possible_cpus = libbpf_num_possible_cpus();
	if (sampler->possible_cpus > 0)
		sampler->ledger_buffer = calloc((size_t)sampler->possible_cpus, sizeof(struct ledger));
	/* Who joins a cgroup has no event of his own. */
	sampler->per_thread = !(start->flags & WIRE_START_SYSTEM) && !start->cgroup && start->frequency > WIRE_PER_CPU_FREQUENCY;
	return sampler->ledger_buffer ? 0 : fail(ret, WIRE_ERROR_MEMORY, ENOMEM, "no memory");
}

int sampler_attach(const struct bpf_program *program, struct bpf_link **ret_link, struct failure *ret)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link && (errno == EPERM || errno == EACCES))
		return fail(ret, WIRE_ERROR_NOT_PERMITTED, errno, "the kernel does not let the helper trace");
	if (!link)
		return fail(ret, WIRE_ERROR_LOAD, errno, "tracepoint of %s: %s", bpf_program__name(program), strerror(errno));
	*ret_link = link;
	return 0;
}

int sampler_follow_processes(struct sampler *sampler, struct failure *ret)
{
	struct bpf_program *program;
	int count = 0;

	bpf_object__for_each_program (program, sampler->object) {
		if (bpf_program__type(program) != BPF_PROG_TYPE_RAW_TRACEPOINT ||
		    (!sampler->settings.cgroup && strcmp(bpf_program__name(program), "on_attach") == 0))
			continue;
		if (sampler_attach(program, &sampler->links[count++], ret) < 0)
			return -1;
	}
	return 0;
}
