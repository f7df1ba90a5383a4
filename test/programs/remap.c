/* SPDX-License-Identifier: Apache-2.0 */
/* remap [MILLISECONDS]: maps code from two files to the same address in turn, and runs it that long each time, as a
 * program does that loads and unloads plug-ins. The files lie in the working folder: plugin-a, plugin-b. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS ((void *)0x7e0000000000)
#define LENGTH 4096

/* Position independent, calls nothing. */
__attribute__((noinline, section("plugin"))) unsigned long plugin_work(unsigned long value)
{
	for (int step = 0; step < 100000; step++)
		value = value * 6364136223846793005ul + 1;
	return value;
}

extern const char __start_plugin[], __stop_plugin[];

static int write_plugin(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);

	if (fd < 0 || write(fd, __start_plugin, (size_t)(__stop_plugin - __start_plugin)) < 0 ||
	    ftruncate(fd, LENGTH) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int argc, char **argv)
{
	long long length = (argc > 1 ? atoll(argv[1]) : 500) * 1000000ll;
	int files[2] = { write_plugin("plugin-a"), write_plugin("plugin-b") };
	volatile unsigned long sink = 0;

	for (int turn = 0;; turn++) {
		long long end = now() + length;
		unsigned long (*plugin)(unsigned long) = mmap(ADDRESS, LENGTH, PROT_READ | PROT_EXEC,
							      MAP_PRIVATE | MAP_FIXED, files[turn % 2], 0);

		if (plugin == MAP_FAILED) {
			perror("mmap");
			return 1;
		}
		while (now() < end)
			sink = plugin(sink);
		munmap(ADDRESS, LENGTH);
	}
}
