/* SPDX-License-Identifier: Apache-2.0 */
/* The maps by which walks in the kernel find the caller: unwind rows in blocks, and where code lies. */
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "sampler.h"

int sampler_add_block_map(struct sampler *sampler)
{
	const u32 place = sampler->block_maps;
	int fd, r;

	if (place >= BLOCK_MAPS_MAX)
		return -ENOSPC;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "blocks", sizeof(u32), BLOCK_BYTES, BLOCKS_PER_MAP, NULL);
	if (fd < 0)
		return -errno;
	r = bpf_map_update_elem(sampler->blocks_fd, &place, &fd, BPF_ANY) < 0 ? -errno : 0;
	if (r < 0) {
		close(fd);
		return r;
	}
	sampler->block_map_fds[sampler->block_maps++] = fd;
	return 0;
}

int sampler_write_block(struct sampler *sampler, u32 number, const void *bytes)
{
	const u32 map = number / BLOCKS_PER_MAP, place = number % BLOCKS_PER_MAP;

	if (map >= sampler->block_maps)
		return -EINVAL;
	return bpf_map_update_elem(sampler->block_map_fds[map], &place, bytes, BPF_ANY) < 0 ? -errno : 0;
}

void sampler_set_space(struct sampler *sampler, u32 tgid, const struct address_space *space)
{
	/* Where this fails, walks of the process end at their first frame, and say so. */
	bpf_map_update_elem(sampler->address_spaces_fd, &tgid, space, BPF_ANY);
}

void sampler_forget_space(struct sampler *sampler, u32 tgid, u32 first)
{
	struct address_space space;

	/* Whoever has the number now may have one of its own. */
	if (bpf_map_lookup_elem(sampler->address_spaces_fd, &tgid, &space) == 0 && space.first == first)
		bpf_map_delete_elem(sampler->address_spaces_fd, &tgid);
}
