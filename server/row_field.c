/* SPDX-License-Identifier: MIT */
#include "server/row_field.h"

#include <string.h>

#define FIELD(name, kind)                                                      \
    {                                                                          \
#name, kind, offsetof(struct measure, name)                            \
    }

const struct row_field row_fields[] = {
    FIELD(n_epochs, ROW_COUNT),
    FIELD(iters_per_epoch, ROW_COUNT),
    FIELD(min_ns, ROW_TIME),
    FIELD(p10_ns, ROW_TIME),
    FIELD(p25_ns, ROW_TIME),
    FIELD(median_ns, ROW_TIME),
    FIELD(p75_ns, ROW_TIME),
    FIELD(p90_ns, ROW_TIME),
    FIELD(p99_ns, ROW_TIME),
    FIELD(max_ns, ROW_TIME),
    FIELD(mean_ns, ROW_TIME),
    FIELD(sd_ns, ROW_TIME),
    FIELD(mad_ns, ROW_TIME),
    FIELD(ci95_lo_ns, ROW_TIME),
    FIELD(ci95_hi_ns, ROW_TIME),
    FIELD(lag1, ROW_REAL),
    FIELD(n_mild, ROW_COUNT),
    FIELD(n_severe, ROW_COUNT),
    FIELD(first_ns, ROW_TIME),
    { NULL, ROW_COUNT, 0 },
};

const struct row_field *
row_field_find(const char *name)
{
    for (const struct row_field *f = row_fields; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

void *
row_field_slot(struct measure *m, const struct row_field *f)
{
    return (char *)m + f->offset;
}

double
row_field_real(const struct measure *m, const struct row_field *f)
{
    const void *slot = (const char *)m + f->offset;

    return f->kind == ROW_COUNT ? (double)*(const int64_t *)slot
                                : *(const double *)slot;
}

json_t *
row_field_json(const struct measure *m, const struct row_field *f)
{
    if (f->kind == ROW_COUNT)
        return json_integer(*(const int64_t *)((const char *)m + f->offset));
    return json_number_or_null(row_field_real(m, f));
}
