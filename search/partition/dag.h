/* SPDX-License-Identifier: MIT */
/*
 * dag.h -- a network as layers and tensors, with what each layer costs on two
 * processors, and one cut of it.
 *
 * Layers are in an order in which they can run.  A cut puts some layers on the
 * first processor and the rest on the second; what a layer reads is never on
 * the second if the layer is on the first (nothing comes back).  A tensor that
 * the second one reads is sent once, however many layers read it.
 *
 * Times are integers in ps, so that sums and cuts are exact.  Pure: no I/O, no
 * clock; arrays are borrowed.
 */
#ifndef OFFRAMP_SEARCH_DAG_H
#define OFFRAMP_SEARCH_DAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    DAG_LAYERS_MAX = 10000,
    DAG_READS_MAX = 100000,
    DAG_INPUT = -1, /* what a layer reads where it reads the network's input */
};

/* Largest sum of all times, 75 minutes, so that no weighted sum overflows. */
#define DAG_TIME_MAX (INT64_C(1) << 52)

struct dag_layer {
    int64_t first_ps, second_ps; /* on each processor, >= 0 */
    int64_t bytes;               /* of its output, >= 0 */
    const int32_t *reads;        /* layers before it, or DAG_INPUT */
    size_t n_reads;
};

struct dag {
    const struct dag_layer *layer;
    size_t n;
    int64_t input_bytes;
};

/* Sending a tensor takes base_ps + bytes * byte_ps. */
struct dag_link {
    int64_t base_ps, byte_ps;
};

/* ST_INVALID (code "partition.graph") names the layer and what is wrong with
 * it: no layers, a read of itself or of a later one, a negative time, sums
 * beyond DAG_TIME_MAX. */
enum status dag_check(
    const struct dag *d, const struct dag_link *l, struct err *err) MUST_CHECK;

/* What a cut costs.  `sent` counts tensors, the input among them. */
struct dag_bill {
    int64_t first_ps, link_ps, second_ps;
    int64_t bytes;
    size_t sent;
};

/* The bill of a cut, on_first[n].  ST_NOMEM. */
enum status dag_bill(const struct dag *d, const struct dag_link *l,
    const uint8_t *on_first, struct dag_bill *out, struct err *err) MUST_CHECK;

#endif
