/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a module's file for an engine that cannot open it: a file of a container, or one that was deleted. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules.h"

/* Whether the file's mode lets this user read it. Root may everything. */
static bool may_read(const struct stat *status, uint32_t uid)
{
	if (uid == 0 || status->st_mode & S_IROTH)
		return true;
	return status->st_uid == uid && status->st_mode & S_IRUSR;
}

/* The mapped file itself, whatever its path leads to by now: the link leads to the mapping's own inode. */
int module_open(const struct module *module, uint32_t tgid, const struct mapping *mapping, uint32_t uid)
{
	struct stat status;
	char path[96];
	int fd, r = 0;

	if (module->mapping.flags & WIRE_MAPPING_VDSO)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", tgid, (unsigned long long)mapping->start,
		 (unsigned long long)mapping->end);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (!S_ISREG(status.st_mode) || (module->mapping.inode && status.st_ino != mapping->inode))
		r = -ESTALE;
	else if (!may_read(&status, uid))
		r = -EACCES;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static int read_part(const struct module *module, const struct wire_read *request, uint32_t uid, uint8_t *into,
		     struct wire_bytes *ret)
{
	struct stat status;
	size_t done = 0;
	int fd, r = 0;

	fd = module_open(module, module->tgid, &module->mapping, uid);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		r = -errno;
	else if (request->offset > INT64_MAX - WIRE_READ_MAX)
		r = -EINVAL;
	while (r == 0 && done < request->length) {
		ssize_t n = pread(fd, into + done, request->length - done, (off_t)(request->offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	if (r < 0)
		return r;
	ret->file_size = (uint64_t)status.st_size;
	ret->length = (uint32_t)done;
	return 0;
}

void module_read(struct module *module, const struct wire_read *request, uint32_t uid, struct send_queue *queue)
{
	struct wire_bytes frame = { .module = request->module, .offset = request->offset };
	uint8_t *bytes = malloc(request->length ? request->length : 1);
	int r = bytes ? read_part(module, request, uid, bytes, &frame) : -ENOMEM;

	frame.error = (uint32_t)-r;
	/* What finds no room is asked for again. */
	if (!send_frame(queue, SEND_BULK, WIRE_BYTES, &frame, sizeof(frame), bytes, frame.length)) {
		frame.error = EAGAIN;
		frame.length = 0;
		send_frame(queue, SEND_CONTROL, WIRE_BYTES, &frame, sizeof(frame), NULL, 0);
	}
	free(bytes);
}
