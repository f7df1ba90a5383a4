/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting sessions without a daemon: a session holds flock() on one of the numbered files of its user
 * and on one of all. The kernel lets go of them however the process ends. The files are never removed,
 * so that nobody locks a name that has gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges.h"

/* Only root may have made or may change what lies there. */
static int open_folder(void)
{
	struct stat status;
	int fd;

	if (mkdir(PRIVILEGES_RUN_FOLDER, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(PRIVILEGES_RUN_FOLDER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* Returns the descriptor of the first free one of `count` files, or -EAGAIN. */
static int lock_one_of(int folder, const char *prefix, unsigned long owner, int count)
{
	for (int number = 0; number < count; number++) {
		char name[48];
		int fd, error;

		snprintf(name, sizeof(name), "%s-%lu.%d", prefix, owner, number);
		fd = openat(folder, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		error = errno;
		close(fd);
		if (error != EWOULDBLOCK)
			return -error;
	}
	return -EAGAIN;
}

int privileges_lock(uid_t uid, int *ret_uid_fd, int *ret_total_fd)
{
	int folder, uid_fd, total_fd;

	folder = open_folder();
	if (folder < 0)
		return folder;

	/* The user's first: one user at the limit must not hold a place of all meanwhile. */
	uid_fd = lock_one_of(folder, "uid", uid, PRIVILEGES_SESSIONS_PER_UID);
	if (uid_fd < 0) {
		close(folder);
		return uid_fd;
	}
	total_fd = lock_one_of(folder, "all", 0, PRIVILEGES_SESSIONS_TOTAL);
	close(folder);
	if (total_fd < 0) {
		close(uid_fd);
		return total_fd;
	}

	*ret_uid_fd = uid_fd;
	*ret_total_fd = total_fd;
	return 0;
}
