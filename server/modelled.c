/* SPDX-License-Identifier: MIT */
#include "server/modelled.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/flag.h"
#include "server/device_model.h"

static const char cycles_formula[] =
    "cycles = instructions * cycles_per_instruction";
static const char class_formula[] =
    "cycles = sum over classes C of insn_C * cycles_per_instruction.C";
static const char time_formula[] = "median_ns = cycles / clock_hz * 1e9";
static const char energy_formula[] = "net_nj = cycles * energy_per_cycle_nj";

/* What rows are derived with. */
struct deriving {
    struct cost_model model;
    const json_t *view; /* of the model */
    int64_t profile;
    const char *device;
};

static json_t *
energy_json(const struct deriving *d, struct figure cycles)
{
    struct figure e = device_model_nj(&d->model, cycles);
    char sensor[128];

    if (isnan(e.mid))
        return json_null();
    snprintf(sensor, sizeof(sensor), "model %lld of %.64s",
        (long long)json_integer_value(json_object_get(d->view, "version")),
        d->device);
    return json_pack("{s:n,s:n,s:f,s:f,s:s,s:s}", "gross_nj", "idle_nj",
        "net_nj", e.mid, "err_nj", fmax(e.high - e.mid, e.mid - e.low),
        "method", "modelled", "sensor", sensor);
}

static json_t *
figure_json(struct figure f)
{
    return isnan(f.mid) ? json_null()
                        : json_pack("[f,f,f]", f.mid, f.low, f.high);
}

/* Why a row that was counted has no time. */
static json_t *
lacks_json(const json_t *counters, struct figure cycles)
{
    if (!isnan(cycles.mid) || !json_is_object(counters))
        return json_null();
    return json_string("this row has no counts by class, which the model is "
                       "of: measure it again with a QEMU that takes plugins, "
                       "or declare one figure for all instructions");
}

/* From what a row is derived. */
static json_t *
from_json(const struct deriving *d, const json_t *row, struct figure cycles)
{
    const json_t *counters = json_object_get(row, "counters");
    const double n = json_get_number(counters, "instructions");

    return json_pack("{s:I,s:O,s:o,s:o,s:o,s:{s:s,s:O},s:[s,s,s]}", "profile",
        (json_int_t)d->profile, "row", json_object_get(row, "id"),
        "instructions", json_number_or_null(n), "cycles", figure_json(cycles),
        "lacks", lacks_json(counters, cycles), "model", "device", d->device,
        "version", json_object_get(d->view, "version"), "formulas",
        d->model.by_class ? class_formula : cycles_formula, time_formula,
        energy_formula);
}

/* Flags of counts that still hold of what is derived from them. */
static json_t *
flags_json(const json_t *row)
{
    int64_t flags = 0;

    if (flag_from_json(json_object_get(row, "flags"), &flags, NULL) != ST_OK)
        return NULL;
    flags &= ~(FLAG(emulated) | FLAG(no_energy_sensor));
    return flag_json(flags | FLAG(modelled));
}

static int
derive(const struct deriving *d, json_t *row)
{
    const struct figure cycles =
        device_model_cycles(&d->model, json_object_get(row, "counters"));
    const struct figure t = device_model_ns(&d->model, cycles);
    int rc = 0;

    rc |= json_object_set_new(row, "from", from_json(d, row, cycles));
    rc |= json_object_set_new(row, "id", json_null());
    rc |= json_object_set_new(row, "source", json_string("modelled"));
    rc |= json_object_set_new(row, "median_ns", json_number_or_null(t.mid));
    rc |= json_object_set_new(row, "ci95_lo_ns", json_number_or_null(t.low));
    rc |= json_object_set_new(row, "ci95_hi_ns", json_number_or_null(t.high));
    rc |= json_object_set_new(row, "energy",
        isnan(cycles.mid) ? json_null() : energy_json(d, cycles));
    rc |= json_object_set_new(row, "counters", json_null());
    rc |= json_object_set_new(row, "flags", flags_json(row));
    rc |= json_object_set_new(row, "grade", json_string("C"));
    rc |= json_object_set_new(row, "n_epochs", json_integer(0));
    return rc;
}

enum status
modelled_rows(struct db *db, int64_t profile, const char *device, json_t *rows,
    json_t **model, struct err *err)
{
    struct deriving d = { .profile = profile, .device = device };
    struct device_model declared = { 0 };
    json_t *doc = NULL, *row;
    enum status st;
    int rc = 0;
    size_t i;

    *model = NULL;
    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_get_string(row, "source", ""), "emulated") != 0)
            return err_set(err, ST_UNPROCESSABLE, "profile.not_counted",
                "profile %lld has %s rows: times are modelled from an "
                "emulator's counts alone; leave source=modelled out",
                (long long)profile, json_get_string(row, "source", ""));
    }
    if ((st = db_device_model_get(db, device, 0, &declared, err)) != ST_OK)
        return st;
    *model = device_model_view(&declared);
    d.view = *model;
    if ((st = json_parse(
             declared.document, strlen(declared.document), &doc, err)) == ST_OK)
        st = device_model_read(doc, &d.model, err);
    json_decref(doc);
    device_model_clear(&declared);
    json_array_foreach(rows, i, row)
    {
        if (st == ST_OK)
            rc |= derive(&d, row);
    }
    if (st == ST_OK && (*model == NULL || rc != 0))
        st = err_nomem(err);
    if (st != ST_OK) {
        json_decref(*model);
        *model = NULL;
    }
    return st;
}

/* Costs of which some were not counted as the model needs are none. */
static enum status
check_whole(const struct export_input *in, struct err *err)
{
    const json_t *row;
    size_t i;

    json_array_foreach(in->rows, i, row)
    {
        const char *lacks =
            json_get_string(json_object_get(row, "from"), "lacks", NULL);

        if (lacks != NULL)
            return err_set(err, ST_UNPROCESSABLE, "profile.no_classes",
                "%s %.64s: %s", json_get_string(row, "role", ""),
                json_get_string(row, "name", ""), lacks);
    }
    return ST_OK;
}

enum status
modelled_export(struct db *db, struct export_input *in, struct err *err)
{
    json_t *id = json_object_get(in->profile, "id");
    enum status st = modelled_rows(db, json_integer_value(id),
        export_text(in->profile, "device"), in->rows, &in->device_model, err);

    return st == ST_OK ? check_whole(in, err) : st;
}
