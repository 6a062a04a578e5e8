/* SPDX-License-Identifier: MIT */
#include "server/device_model.h"

#include <math.h>
#include <string.h>

#include "server/view.h"

enum { FROM_MAX = 400 };

/* A number, or [middle, low, high] in order. */
static enum status
read_figure(const json_t *v, const char *name, double min, double max,
    struct figure *out, struct err *err)
{
    double x[3] = { NAN, NAN, NAN };

    if (json_is_number(v))
        x[0] = x[1] = x[2] = json_number_value(v);
    for (size_t i = 0; json_array_size(v) == 3 && i < 3; i++)
        if (json_is_number(json_array_get(v, i)))
            x[i] = json_number_value(json_array_get(v, i));
    if (isnan(x[0] + x[1] + x[2]))
        return err_set(err, ST_INVALID, "request.field",
            "%s must be a number, or [middle, low, high]", name);
    for (size_t i = 0; i < 3; i++)
        if (!(x[i] >= min && x[i] <= max))
            return err_set(err, ST_INVALID, "request.field",
                "%s must be within %g and %g, %g is not", name, min, max, x[i]);
    if (!(x[1] <= x[0] && x[0] <= x[2]))
        return err_set(err, ST_INVALID, "request.field",
            "%s: [middle, low, high] must be low <= middle <= high", name);
    *out = (struct figure){ x[0], x[1], x[2] };
    return ST_OK;
}

enum status
device_model_read(const json_t *doc, struct cost_model *out, struct err *err)
{
    json_t *clock = NULL, *cycles = NULL, *energy = NULL;
    const char *from = NULL;
    const struct json_field fields[] = {
        { "clock_hz", JF_ANY, true, &clock, 0, 0 },
        { "cycles_per_instruction", JF_ANY, true, &cycles, 0, 0 },
        { "energy_per_cycle_nj", JF_ANY, false, &energy, 0, 0 },
        { "from", JF_STR, true, &from, 0, FROM_MAX },
    };
    enum status st = JSON_READ(doc, "", fields, err);

    *out = (struct cost_model){ .energy_per_cycle_nj = { NAN, NAN, NAN } };
    if (st != ST_OK)
        return st;
    if (from[0] == '\0')
        return err_set(err, ST_INVALID, "request.field",
            "from must say where the figures come from: a datasheet, a paper, "
            "a measurement");
    if (json_is_object(cycles))
        return err_set(err, ST_INVALID, "request.field",
            "cycles_per_instruction must be one figure for all instructions: "
            "an emulator's clock does not tell their classes apart; give an "
            "interval that covers them");
    if ((st = read_figure(clock, "clock_hz", 1e3, 1e11, &out->clock_hz, err)) !=
            ST_OK ||
        (st = read_figure(cycles, "cycles_per_instruction", 0.05, 1000,
             &out->cycles_per_instruction, err)) != ST_OK)
        return st;
    if (energy == NULL || json_is_null(energy))
        return ST_OK;
    return read_figure(energy, "energy_per_cycle_nj", 1e-6, 1e6,
        &out->energy_per_cycle_nj, err);
}

struct figure
device_model_ns(const struct cost_model *m, double instructions)
{
    const struct figure *c = &m->cycles_per_instruction, *f = &m->clock_hz;

    return (struct figure){ instructions * c->mid / f->mid * 1e9,
        instructions * c->low / f->high * 1e9,
        instructions * c->high / f->low * 1e9 };
}

struct figure
device_model_nj(const struct cost_model *m, double instructions)
{
    const struct figure *c = &m->cycles_per_instruction;
    const struct figure *e = &m->energy_per_cycle_nj;

    return (struct figure){ instructions * c->mid * e->mid,
        instructions * c->low * e->low, instructions * c->high * e->high };
}

json_t *
device_model_view(const struct device_model *m)
{
    json_t *o = json_pack("{s:s,s:I,s:o}", "device", m->device, "version",
        (json_int_t)m->version, "created_at", view_time(m->created_ms));

    return view_merge(o, view_document(m->document));
}
