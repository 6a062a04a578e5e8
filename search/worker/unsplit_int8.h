/* SPDX-License-Identifier: MIT */
/*
 * unsplit_int8.h -- the reference where the first processors are boards that
 * compute in int8, all with the same image: that image whole, in one piece,
 * with the same kernels here; and for samples that go on, the next processor's
 * segments on the tensor that the image makes.  One thread.
 */
#ifndef OFFRAMP_WORKER_UNSPLIT_INT8_H
#define OFFRAMP_WORKER_UNSPLIT_INT8_H

#include "probes/agent/task.h"
#include "probes/runtimes/runtime.h"

struct unsplit_int8; /* opaque */

/* True for such a chain: int8 boards of one image, and at most one machine
 * behind them. */
bool unsplit_int8_applies(const json_t *deployment, const json_t *images);

enum status unsplit_int8_open(struct unsplit_int8 **out, struct task *t,
    const json_t *deployment, const json_t *images, struct runtime *rt,
    struct err *err) MUST_CHECK;
void unsplit_int8_close(struct unsplit_int8 *u);

/* One row ([c][h][w] floats): where it leaves, and that exit's values, which
 * stay until the next. */
enum status unsplit_int8_run(struct unsplit_int8 *u, const float *row,
    int64_t *exit, const float **values, size_t *n, struct err *err) MUST_CHECK;

/* The most values of an exit, and those of a row. */
size_t unsplit_int8_width(const struct unsplit_int8 *u);
size_t unsplit_int8_row(const struct unsplit_int8 *u);

#endif
