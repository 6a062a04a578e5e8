/* SPDX-License-Identifier: MIT */
#include "base/flag.h"

#include <string.h>

static const struct {
    const char *name, *text;
    enum flag_weight weight;
} rows[] = {
#define X(name, weight, text) { #name, text, FLAG_##weight },
    FLAG_MAP(X)
#undef X
};

const char *
flag_name(enum flag_index i)
{
    return rows[i].name;
}

const char *
flag_text(enum flag_index i)
{
    return rows[i].text;
}

enum flag_weight
flag_weight(enum flag_index i)
{
    return rows[i].weight;
}

char
flag_grade(int64_t flags, double ci_rel)
{
    /* NaN compares false, so a missing interval gives C. */
    int grade = ci_rel <= 0.01   ? FLAG_NOTE
                : ci_rel <= 0.03 ? FLAG_MILD
                                 : FLAG_RANK;

    for (int i = 0; i < FLAG_COUNT; i++)
        if ((flags & (INT64_C(1) << i)) && (int)rows[i].weight > grade)
            grade = (int)rows[i].weight;
    return "ABCX"[grade];
}

json_t *
flag_json(int64_t flags)
{
    json_t *a = json_array();

    for (int i = 0; a != NULL && i < FLAG_COUNT; i++)
        if ((flags & (INT64_C(1) << i)) &&
            json_array_append_new(a, json_string(rows[i].name)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

enum status
flag_from_json(const json_t *names, int64_t *flags, struct err *err)
{
    size_t k;
    json_t *v;

    *flags = 0;
    json_array_foreach(names, k, v)
    {
        const char *s = json_string_value(v);
        int i = 0;

        while (i < FLAG_COUNT && (s == NULL || strcmp(s, rows[i].name) != 0))
            i++;
        if (i == FLAG_COUNT)
            return err_set(err, ST_INVALID, "request.field",
                "flags[%zu]: no such flag", k);
        *flags |= INT64_C(1) << i;
    }
    return ST_OK;
}
