/* SPDX-License-Identifier: MIT */
#include "server/device_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/view.h"

enum { FROM_MAX = 400 };

static const struct figure nothing = { NAN, NAN, NAN };

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

/* ---- by class ---- */

/* A class may be folded into others and take nothing; all cannot. */
static const char cycles_name[] = "cycles_per_instruction";
static const double CYCLES_MIN = 0.05, CYCLES_MAX = 1000;

static bool
is_class(const char *name)
{
    for (int c = 0; c < INSN_COUNTS; c++)
        if (strcmp(name, insn_name(c)) == 0)
            return true;
    return strcmp(name, "default") == 0;
}

static enum status
check_classes(const json_t *by_class, struct err *err)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)by_class, name, v)
    {
        if (!is_class(name))
            return err_set(err, ST_INVALID, "request.field",
                "%s.%.40s is no class of instructions: there are alu, "
                "multiply, load, .. (GET /openapi.yaml names them), and "
                "default",
                cycles_name, name);
    }
    return ST_OK;
}

/* What is not named takes what `default` says; extras are extra. */
static enum status
read_class(const json_t *by_class, enum insn_count c, struct figure *out,
    struct err *err)
{
    const json_t *v = json_object_get(by_class, insn_name(c));
    char name[64];

    snprintf(name, sizeof(name), "%s.%s", cycles_name, insn_name(c));
    *out = (struct figure){ 0, 0, 0 };
    if (v == NULL && c >= INSN_CLASSES)
        return ST_OK;
    if (v == NULL) {
        v = json_object_get(by_class, "default");
        snprintf(name, sizeof(name), "%s.default", cycles_name);
    }
    if (v == NULL)
        return err_set(err, ST_INVALID, "request.field",
            "%s.%s is missing (%s): name it, or say what all that are not "
            "named take (default)",
            cycles_name, insn_name(c), insn_text(c));
    return read_figure(v, name, 0, CYCLES_MAX, out, err);
}

static enum status
read_cycles(const json_t *v, struct cost_model *out, struct err *err)
{
    enum status st;

    out->by_class = json_is_object(v);
    if (!out->by_class)
        return read_figure(
            v, cycles_name, CYCLES_MIN, CYCLES_MAX, &out->cycles[0], err);
    st = check_classes(v, err);
    for (int c = 0; st == ST_OK && c < INSN_COUNTS; c++)
        st = read_class(v, c, &out->cycles[c], err);
    if (st == ST_OK && out->cycles[INSN_alu].low < CYCLES_MIN)
        st = err_set(err, ST_INVALID, "request.field",
            "%s.alu must be at least %g: only other classes can be free",
            cycles_name, CYCLES_MIN);
    return st;
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

    *out = (struct cost_model){ .energy_per_cycle_nj = nothing };
    if (st != ST_OK)
        return st;
    if (from[0] == '\0')
        return err_set(err, ST_INVALID, "request.field",
            "from must say where the figures come from: a datasheet, a paper, "
            "a measurement");
    if ((st = read_figure(clock, "clock_hz", 1e3, 1e11, &out->clock_hz, err)) !=
            ST_OK ||
        (st = read_cycles(cycles, out, err)) != ST_OK)
        return st;
    if (energy == NULL || json_is_null(energy))
        return ST_OK;
    return read_figure(energy, "energy_per_cycle_nj", 1e-6, 1e6,
        &out->energy_per_cycle_nj, err);
}

/* ---- what counts become ---- */

struct figure
device_model_cycles(const struct cost_model *m, const json_t *counters)
{
    const int n = m->by_class ? INSN_COUNTS : 1;
    struct figure sum = { 0, 0, 0 };

    for (int c = 0; c < n; c++) {
        const char *name = m->by_class ? insn_counter(c) : "instructions";
        const double count = json_get_number(counters, name);

        sum.mid += count * m->cycles[c].mid;
        sum.low += count * m->cycles[c].low;
        sum.high += count * m->cycles[c].high;
    }
    return sum; /* NaN where a count lacks */
}

struct figure
device_model_ns(const struct cost_model *m, struct figure cycles)
{
    const struct figure *f = &m->clock_hz;

    return (struct figure){ cycles.mid / f->mid * 1e9,
        cycles.low / f->high * 1e9, cycles.high / f->low * 1e9 };
}

struct figure
device_model_nj(const struct cost_model *m, struct figure cycles)
{
    const struct figure *e = &m->energy_per_cycle_nj;

    return (struct figure){ cycles.mid * e->mid, cycles.low * e->low,
        cycles.high * e->high };
}

json_t *
device_model_view(const struct device_model *m)
{
    json_t *o = json_pack("{s:s,s:I,s:o}", "device", m->device, "version",
        (json_int_t)m->version, "created_at", view_time(m->created_ms));

    return view_merge(o, view_document(m->document));
}
