/* SPDX-License-Identifier: MIT */
#include "server/plan_memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { WEIGHT_BYTES = 4 }; /* heads are float32 */

static bool
keeps(const json_t *plan, const char *exit)
{
    const json_t *x;
    size_t i;

    json_array_foreach(json_object_get(plan, "exits"), i, x)
    {
        if (strcmp(json_get_string(x, "name", ""), exit) == 0)
            return json_is_true(json_object_get(x, "kept"));
    }
    return false;
}

json_t *
plan_memory(const json_t *augmentation, const json_t *plan)
{
    const json_t *m = json_object_get(augmentation, "memory"), *h;
    double limit = json_get_number(m, "limit_bytes"),
           weights = json_get_number(m, "weight_bytes"),
           peak = json_get_number(m, "activation_bytes_peak");
    size_t i;

    if (isnan(weights) || isnan(peak))
        return json_null();
    json_array_foreach(json_object_get(augmentation, "heads"), i, h)
    {
        const char *exit = json_get_string(h, "exit", NULL);

        if (exit != NULL && !keeps(plan, exit))
            weights -= WEIGHT_BYTES * json_get_number(h, "params");
    }
    return json_pack("{s:o,s:I,s:I,s:o}", "limit_bytes",
        json_number_or_null(limit), "weight_bytes", (json_int_t)weights,
        "activation_bytes_peak", (json_int_t)peak, "spare_bytes",
        json_number_or_null(limit - weights - peak));
}
