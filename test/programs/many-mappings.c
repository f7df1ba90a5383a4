/* SPDX-License-Identifier: Apache-2.0 */
/*
 * many-mappings FILE COUNT [CHILDREN]: maps the first page of FILE, executable, again and again: no two of these can
 * become one mapping. Then prints "ready", begins idle
 * children, which have the same mappings, and is busy.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile unsigned long sink;

__attribute__((noinline)) void spin(void)
{
	for (int step = 0; step < 100000; step++)
		sink++;
}

int main(int argc, char **argv)
{
	const long page = sysconf(_SC_PAGESIZE);
	int fd = argc >= 3 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0)
		return 2;
	for (int i = 0; i < atoi(argv[2]); i++) {
		if (mmap(NULL, (size_t)page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED) {
			perror("mmap");
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	for (int i = 0; argc > 3 && i < atoi(argv[3]); i++) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	for (;;)
		spin();
}
