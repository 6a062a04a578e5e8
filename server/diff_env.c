/* SPDX-License-Identifier: MIT */
/* diff_env.c -- two environments side by side (diff.h). */
#include <math.h>
#include <string.h>

#include "server/diff.h"

/* The volatile members that can move a time, and how far apart they have to
 * be: by more than `abs`, and by more than `rel` of the larger. */
static const struct {
    const char *name;
    double abs, rel;
} volatiles[] = {
    { "freq_min_khz", 0, 0.02 },
    { "freq_max_khz", 0, 0.02 },
    { "throttle_now", 0, 0 },
    { "temp_start_c", 5, 0 },
    { "temp_max_c", 5, 0 },
    { "loadavg", 0.2, 0.2 },
    { "ctx_switches_involuntary", 100, 0.5 },
    { "page_faults_major", 10, 0.5 },
    { "free_mem_kb", 65536, 0.5 },
    { "clock_cost_ns", 5, 0.2 },
    { "clock_res_ns", 0, 0.5 },
};

static bool
is_missing(const json_t *v)
{
    return v == NULL || json_is_null(v);
}

static enum status
add(json_t *list, const char *name, const char *kind, json_t *a, json_t *b,
    struct err *err)
{
    json_t *o = json_pack("{s:s,s:s,s:O?,s:O?}", "name", name, "kind", kind,
        "a", a ? a : json_null(), "b", b ? b : json_null());

    return json_array_append_new(list, o) == 0 ? ST_OK : err_nomem(err);
}

static enum status
add_stable(json_t *list, json_t *a, json_t *b, struct err *err)
{
    const char *name;
    json_t *v;
    enum status st = ST_OK;

    json_object_foreach(a, name, v)
    {
        json_t *other = json_object_get(b, name);

        if (st != ST_OK)
            break;
        if (!json_equal(v, other) && !(is_missing(v) && is_missing(other)))
            st = add(list, name, "stable", v, other, err);
    }
    json_object_foreach(b, name, v)
    {
        if (st != ST_OK)
            break;
        if (!is_missing(v) && json_object_get(a, name) == NULL)
            st = add(list, name, "stable", NULL, v, err);
    }
    return st;
}

/* Far enough apart to matter; what is known on one side only does not. */
static bool
matters(const json_t *a, const json_t *b, double abs, double rel)
{
    double x = json_number_value(a), y = json_number_value(b);

    if (!json_is_number(a) || !json_is_number(b))
        return !is_missing(a) && !is_missing(b) && !json_equal(a, b);
    return fabs(x - y) > abs && fabs(x - y) > rel * fmax(fabs(x), fabs(y));
}

enum status
diff_env(const json_t *a, const json_t *b, json_t **out, struct err *err)
{
    json_t *list = json_array();
    const json_t *va = json_object_get(a, "volatile");
    const json_t *vb = json_object_get(b, "volatile");
    enum status st = list ? add_stable(list, json_object_get(a, "stable"),
                                json_object_get(b, "stable"), err)
                          : err_nomem(err);

    for (size_t i = 0; i < sizeof(volatiles) / sizeof(volatiles[0]); i++) {
        json_t *x = json_object_get(va, volatiles[i].name);
        json_t *y = json_object_get(vb, volatiles[i].name);

        if (st == ST_OK && matters(x, y, volatiles[i].abs, volatiles[i].rel))
            st = add(list, volatiles[i].name, "volatile", x, y, err);
    }
    *out = list;
    if (st == ST_OK)
        return ST_OK;
    json_decref(list);
    *out = NULL;
    return st;
}
