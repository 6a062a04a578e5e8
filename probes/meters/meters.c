/* SPDX-License-Identifier: MIT */
#include "probes/meters/meters.h"

#include <string.h>

const struct meter *const meters_counters[] = { &meter_papi, NULL };

/* A meter that was named is what its owner trusts.  RAPL by PAPI counts in
 * finer steps than powercap does and does not wrap; a sensor on the board sees
 * more than the package, but coarsely. */
const struct meter *const meters_energy[] = { &meter_external, &meter_rapl,
    &meter_powercap, &meter_hwmon, NULL };

static const char *
state_of(enum status st, const struct err *cause)
{
    static const struct {
        const char *code, *state;
    } rows[] = {
        { "device.meter_denied", "denied" },
        { "device.meter_untrusted", "untrusted" },
    };

    if (st == ST_OK)
        return "used";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(cause->code, rows[i].code) == 0)
            return rows[i].state;
    return "absent";
}

enum status
meters_find(const struct meter *const *table, const char *root,
    struct meter_handle *out, json_t *tried, struct err *err)
{
    *out = (struct meter_handle){ 0 };
    for (; *table != NULL && out->self == NULL; table++) {
        struct err cause = { 0 };
        enum status st = meter_open(out, *table, root, &cause);

        if (st != ST_OK && st != ST_NOT_FOUND)
            return err_set(err, st, cause.code, "%s", cause.text);
        if (json_array_append_new(tried,
                json_pack("{s:s, s:s, s:s, s:s?}", "name", (*table)->name,
                    "what", (*table)->what, "state", state_of(st, &cause),
                    "why", st == ST_OK ? NULL : cause.text)) < 0)
            return err_nomem(err);
    }
    return ST_OK;
}

bool
meters_here(const json_t *tried)
{
    const json_t *t;
    size_t i;

    json_array_foreach(tried, i, t)
    {
        const char *state = json_string_value(json_object_get(t, "state"));

        if (strcmp(state, "used") == 0 || strcmp(state, "untrusted") == 0)
            return true;
    }
    return false;
}
