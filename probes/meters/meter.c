/* SPDX-License-Identifier: MIT */
#include "probes/meters/meter.h"

enum status
meter_open(struct meter_handle *out, const struct meter *m, const char *root,
    struct err *err)
{
    enum status st;

    *out = (struct meter_handle){ .ops = m };
    if ((st = m->open(&out->self, root, err)) != ST_OK)
        out->self = NULL;
    return st;
}

void
meter_close(struct meter_handle *h)
{
    if (h->self != NULL)
        h->ops->close(h->self);
    h->self = NULL;
}

enum status
meter_delta(const struct meter_facts *f, uint64_t from, uint64_t to,
    uint64_t *delta, struct err *err)
{
    *delta = 0;
    if (f->range > 0 && (from >= f->range || to >= f->range))
        return err_set(err, ST_INVALID, "measure.meter_range",
            "%s: a reading is beyond the sensor's range", f->source);
    if (to >= from)
        *delta = to - from;
    else if (f->range > 0)
        *delta = f->range - from + to;
    if ((to < from && f->range == 0) ||
        (f->range > 0 && *delta > f->range / 2)) {
        *delta = 0;
        return err_set(err, ST_INVALID, "measure.meter_negative",
            "%s: a total went down", f->source);
    }
    return ST_OK;
}
