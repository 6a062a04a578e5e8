/* SPDX-License-Identifier: MIT */
/*
 * features.h -- what the streamed pass over the data keeps: one row of floats
 * a sample, in a file, so that memory stays bounded.
 *
 * The whole file is reserved before the first row, so a full disk is told at
 * once.  How many rows are complete is in a small file beside it, replaced
 * atomically by features_save(): an interrupted pass that finds both goes on
 * from there.  Belongs to its caller, one thread.
 */
#ifndef OFFRAMP_HEADS_FEATURES_H
#define OFFRAMP_HEADS_FEATURES_H

#include <limits.h>
#include <stddef.h>

#include "base/status.h"

#define FEATURES_PREFIX "features-"
enum { FEATURES_PATH = PATH_MAX - 16 };

struct features {
    float *data; /* [rows][width], mapped from the file */
    size_t rows, width;
    size_t done; /* rows that are complete */
    char path[FEATURES_PATH];
};

/* Open `path`, or make it.  ST_IO (code "infra.disk_full" where it is that)
 * says how many bytes are needed.  Features of other data never share a path:
 * its name is FEATURES_PREFIX and the caller's digest of all they depend on. */
enum status features_open(struct features *f, const char *path, size_t rows,
    size_t width, struct err *err) MUST_CHECK;
void features_close(struct features *f);

/* Remove both files; then close. */
void features_remove(struct features *f);

/* Remove files of passes that nobody came back to for a day. */
void features_sweep(const char *folder);

/* Make the rows below f->done durable, then say so in the file beside. */
enum status features_save(struct features *f, struct err *err) MUST_CHECK;

static inline float *
features_row(const struct features *f, size_t row)
{
    return f->data + row * f->width;
}

#endif
