/* SPDX-License-Identifier: MIT */
#include "server/modelled.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/flag.h"
#include "server/device_model.h"

static const char time_formula[] =
    "median_ns = instructions * cycles_per_instruction / clock_hz * 1e9";
static const char energy_formula[] =
    "net_nj = instructions * cycles_per_instruction * energy_per_cycle_nj";

/* What rows are derived with. */
struct deriving {
    struct cost_model model;
    const json_t *view; /* of the model */
    int64_t profile;
    const char *device;
};

static json_t *
energy_json(const struct deriving *d, double instructions)
{
    struct figure e = device_model_nj(&d->model, instructions);
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

/* From what a row is derived. */
static json_t *
from_json(const struct deriving *d, const json_t *row, double instructions)
{
    return json_pack("{s:I,s:O,s:o,s:{s:s,s:O},s:[s,s]}", "profile",
        (json_int_t)d->profile, "row", json_object_get(row, "id"),
        "instructions", json_number_or_null(instructions), "model", "device",
        d->device, "version", json_object_get(d->view, "version"), "formulas",
        time_formula, energy_formula);
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
    double n =
        json_get_number(json_object_get(row, "counters"), "instructions");
    struct figure t = device_model_ns(&d->model, n);
    int rc = 0;

    rc |= json_object_set_new(row, "from", from_json(d, row, n));
    rc |= json_object_set_new(row, "id", json_null());
    rc |= json_object_set_new(row, "source", json_string("modelled"));
    rc |= json_object_set_new(row, "median_ns", json_number_or_null(t.mid));
    rc |= json_object_set_new(row, "ci95_lo_ns", json_number_or_null(t.low));
    rc |= json_object_set_new(row, "ci95_hi_ns", json_number_or_null(t.high));
    rc |= json_object_set_new(
        row, "energy", isnan(n) ? json_null() : energy_json(d, n));
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

enum status
modelled_export(struct db *db, struct export_input *in, struct err *err)
{
    json_t *id = json_object_get(in->profile, "id");

    return modelled_rows(db, json_integer_value(id),
        export_text(in->profile, "device"), in->rows, &in->device_model, err);
}
