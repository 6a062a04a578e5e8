/* SPDX-License-Identifier: MIT */
/*
 * npy.h -- NumPy's .npy files, versions 1.0 to 3.0: C order, little endian.
 *
 * The file is mapped, so its size costs no memory and rows are read where
 * they lie.  A `struct npy` belongs to its caller, who ends it with
 * npy_close(); reading from several threads is fine.
 */
#ifndef OFFRAMP_DATA_NPY_H
#define OFFRAMP_DATA_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { NPY_RANK = 8 };

enum npy_type {
    NPY_F4,
    NPY_F2,
    NPY_U1,
    NPY_I1,
    NPY_I2,
    NPY_I4,
    NPY_I8,
    NPY_TYPE_COUNT
};

struct npy {
    enum npy_type type;
    size_t rank;
    int64_t dims[NPY_RANK];    /* each >= 0; dims[0] counts the rows */
    size_t row_elements;       /* product of dims[1..] */
    const unsigned char *data; /* borrowed from the map */
    void *map;                 /* owned */
    size_t map_bytes;
};

const char *npy_type_name(enum npy_type t); /* "f4" */

/* Map `path` and check its header against its size.  `field` is what the
 * file is called in errors: ST_UNPROCESSABLE, code "dataset.npy". */
enum status npy_open(struct npy *out, const char *path, const char *field,
    struct err *err) MUST_CHECK;
void npy_close(struct npy *a);

/* Row `row` as numbers; `out` has room for row_elements. */
void npy_row(const struct npy *a, size_t row, float *out);

/* Element `i` of an integer array, counted over the whole array. */
int64_t npy_int(const struct npy *a, size_t i);

#endif
