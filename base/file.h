/* SPDX-License-Identifier: MIT */
/* file.h -- whole files: read with a limit, write so that a crash leaves the
 * old one or the new one, make and remove folders. */
#ifndef OFFRAMP_BASE_FILE_H
#define OFFRAMP_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Open a file of the user's to read it: *fd is the caller's to close.  What is
 * wrong with it is the user's to mend, and says so: ST_NOT_FOUND
 * "file.not_found", ST_INVALID "file.kind" (a folder, a pipe), ST_FORBIDDEN
 * "file.permission"; ST_IO. */
enum status file_open(const char *path, int *fd, struct err *err) MUST_CHECK;

/* Read `path` whole.  On ST_OK the caller frees *data, which has a NUL after
 * `*len` bytes.  ST_TOO_LARGE (over `max`); file_open()'s failures; ST_IO. */
enum status file_read(const char *path, size_t max, char **data, size_t *len,
    struct err *err) MUST_CHECK;

/* Write to a temporary neighbour, fsync, rename, fsync the folder. */
enum status file_write(
    const char *path, const void *data, size_t len, struct err *err) MUST_CHECK;

/* Make the bytes of a finished temporary file durable and give it its name. */
enum status file_publish(
    const char *tmp, const char *path, struct err *err) MUST_CHECK;

/* Copy a file (durably, under its new name at once). */
enum status file_copy(
    const char *from, const char *to, struct err *err) MUST_CHECK;

/* Make `path` and its parents, durably; mode 0700 for new ones. */
enum status file_mkdirs(const char *path, struct err *err) MUST_CHECK;

/* Remove a folder and all below it; absent is fine.  Follows no link. */
enum status file_rmtree(const char *path, struct err *err) MUST_CHECK;

bool file_exists(const char *path);

/* Size in bytes, or -1. */
int64_t file_size(const char *path);

/* Folder of the running program, for finding its siblings; ST_IO. */
enum status file_self_dir(char *out, size_t cap, struct err *err) MUST_CHECK;

#endif
