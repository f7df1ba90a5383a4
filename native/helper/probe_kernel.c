/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel offers to probes. */
#include <bpf/libbpf.h>
#include <stdio.h>

#include "probe_links.h"

bool probe_has_cookies(void)
{
	static int has = -1;

	if (has < 0)
		has = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
	return has;
}

static long read_as(const char *path, const char *format)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (!file)
		return -1;
	if (fscanf(file, format, &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

long probe_read_number(const char *path)
{
	return read_as(path, "%ld");
}

long probe_read_bit(const char *path)
{
	return read_as(path, "config:%ld");
}
