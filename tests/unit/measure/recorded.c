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
         r->warming_w_s * 1e9 / 2 * pow(steps * (double)f->update_ns / 1e9, 2) +
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
            .window_ns = 500000000,
            .longest_ns = INT64_MAX } };
    return (struct meter_handle){ .ops = &energy_meter, .self = r };
}

static const struct meter_facts *
power_facts(const void *self)
{
    return &((const struct recorded_power *)self)->facts;
}

/* The samples that were due since the last reading, at the mean power since
 * then: what a thread beside the work would have taken. */
static enum status
power_read(void *self, uint64_t *values, struct err *err)
{
    struct recorded_power *r = self;
    struct fake_machine *m = r->machine;
    double past_ns = m->now_ns - r->at_ns;
    double busy = past_ns > 0 ? (m->busy_ns - r->busy_ns) / past_ns : 0;

    (void)err;
    while (m->now_ns - r->at_ns >= (double)r->sum.period_ns) {
        r->at_ns += (double)r->sum.period_ns;
        if (r->n++ % 1000 >= r->lost)
            trapezoid_add(
                &r->sum, (int64_t)r->at_ns, r->idle_w + busy * r->busy_w);
    }
    r->busy_ns = m->busy_ns;
    values[0] = (uint64_t)r->sum.total_nj;
    m->now_ns += 200;
    return ST_OK;
}

static void
power_samples(void *self, uint64_t *taken, uint64_t *dropped)
{
    const struct recorded_power *r = self;

    *taken = r->sum.taken;
    *dropped = r->sum.dropped;
}

static const struct meter power_meter = {
    .name = "recorded power",
    .facts = power_facts,
    .select = energy_select,
    .read = power_read,
    .samples = power_samples,
    .close = nothing_to_close,
};

struct meter_handle
recorded_power(struct recorded_power *r, struct fake_machine *m)
{
    *r = (struct recorded_power){ .machine = m,
        .idle_w = 2,
        .busy_w = 3,
        .facts = { .source = "recorded",
            .names = { "board" },
            .n = 1,
            .unit_nj = 1,
            .update_ns = 2500000,
            .window_ns = 1000000000,
            .guard_ns = 500000,
            .longest_ns = INT64_MAX,
            .offset_w = 0.0125,
            .gain_error = 0.01 } };
    trapezoid_start(&r->sum, 2500000);
    return (struct meter_handle){ .ops = &power_meter, .self = r };
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
    if (r->backwards) /* of the second group alone */
        values[1] = r->group == 1 ? UINT64_MAX / 2 - values[1] : values[1];
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
