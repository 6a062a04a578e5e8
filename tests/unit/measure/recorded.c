/* SPDX-License-Identifier: MIT */
#include "recorded.h"

#include <math.h>

static const struct meter_facts *
energy_facts(const void *self)
{
    return &((const struct recorded_energy *)self)->facts;
}

static enum status
energy_select(void *self, size_t group, struct err *err)
{
    (void)self;
    return group == 0 ? ST_OK : err_set(err, ST_NOT_FOUND, NULL, "no group");
}

/* The register as the sensor shows it: whole quanta, once an update. */
static enum status
energy_read(void *self, uint64_t *values, struct err *err)
{
    struct recorded_energy *r = self;
    const struct meter_facts *f = &r->facts;
    double steps, nj;
    uint64_t count;

    (void)err;
    r->machine->now_ns += 200; /* a read takes time */
    steps = r->stuck ? 0 : floor(r->machine->now_ns / (double)f->update_ns);
    nj = r->idle_w * steps * (double)f->update_ns +
         (r->stuck ? 0 : r->busy_w * r->machine->busy_ns);
    count = r->start +
            (uint64_t)(floor(nj / f->quantum_nj) * f->quantum_nj / f->unit_nj);
    if (r->backwards)
        count -= (uint64_t)(r->reads++) * 1000000000;
    values[0] = f->range > 0 ? count % f->range : count;
    return ST_OK;
}

static void
nothing_to_close(void *self)
{
    (void)self;
}

static const struct meter energy_meter = {
    .name = "recorded",
    .facts = energy_facts,
    .select = energy_select,
    .read = energy_read,
    .close = nothing_to_close,
};

struct meter_handle
recorded_energy(struct recorded_energy *r, struct fake_machine *m)
{
    *r = (struct recorded_energy){ .machine = m,
        .idle_w = 10,
        .busy_w = 20,
        .facts = { .source = "recorded",
            .names = { "package" },
            .n = 1,
            .unit_nj = 1000, /* counts uJ */
            .quantum_nj = 61000,
            .update_ns = 1000000,
            .longest_ns = INT64_MAX } };
    return (struct meter_handle){ .ops = &energy_meter, .self = r };
}

static const struct meter_facts *
counters_facts(const void *self)
{
    return &((const struct recorded_counters *)self)->facts;
}

static enum status
counters_select(void *self, size_t group, struct err *err)
{
    struct recorded_counters *r = self;

    if (group >= r->groups)
        return err_set(err, ST_NOT_FOUND, NULL, "no group");
    r->group = group;
    r->facts = (struct meter_facts){ .source = "recorded",
        .names = { "PAPI_TOT_CYC", r->names[group] },
        .n = 2 };
    return ST_OK;
}

static enum status
counters_read(void *self, uint64_t *values, struct err *err)
{
    struct recorded_counters *r = self;
    double n = (double)r->work->executions;

    (void)err;
    values[0] = (uint64_t)(r->cycles[r->group] * n);
    values[1] = (uint64_t)(r->other[r->group] * n);
    return ST_OK;
}

static const struct meter counters_meter = {
    .name = "recorded",
    .facts = counters_facts,
    .select = counters_select,
    .read = counters_read,
    .close = nothing_to_close,
};

struct meter_handle
recorded_counters(struct recorded_counters *r, const struct fake_work *w)
{
    *r = (struct recorded_counters){ .work = w,
        .cycles = { 3000, 3010 },
        .other = { 9000, 120 },
        .names = { "PAPI_TOT_INS", "PAPI_L1_DCM" },
        .groups = 2 };
    r->facts.source = "recorded";
    return (struct meter_handle){ .ops = &counters_meter, .self = r };
}
