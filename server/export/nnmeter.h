/* SPDX-License-Identifier: MIT */
/*
 * nnmeter.h -- which nn-Meter kernel a layer is, and its configuration.
 * Private to nnmeter.c, nnmeter_csv.c and nnmeter_json.c; constant tables,
 * any thread.
 */
#ifndef OFFRAMP_SERVER_EXPORT_NNMETER_H
#define OFFRAMP_SERVER_EXPORT_NNMETER_H

#include "server/export/layers.h"

enum { NNMETER_FIELDS = 5, NNMETER_GROUPS = 8 };

struct nnmeter_kernel {
    const char *name;
    const char *groups[NNMETER_GROUPS]; /* fusion groups; ends with NULL */
    const char *fields[NNMETER_FIELDS + 1];
};

extern const struct nnmeter_kernel nnmeter_kernels[]; /* NULL name ends */

/* The kernel that this row is; NULL: there is none for it. */
const struct nnmeter_kernel *nnmeter_find(const json_t *row);

/* A field's value; -1 where nn-Meter cannot say it (windows and pictures
 * that are not square). */
int64_t nnmeter_value(const json_t *row, const char *field);

#endif
