/* SPDX-License-Identifier: MIT */
#include "probes/deploy/validate_json.h"

#include <math.h>

#include "base/json.h"

json_t *
validate_value_json(const struct stats *s)
{
    return json_pack("{s:o, s:o, s:o}", "median",
        json_number_or_null(s->median), "ci95_lo", json_number_or_null(s->lo),
        "ci95_hi", json_number_or_null(s->hi));
}

json_t *
validate_times_json(
    const struct validate_times *t, size_t right, size_t labelled)
{
    const double accuracy =
        labelled > 0 ? (double)right / (double)labelled : (double)NAN;

    if (t == NULL)
        return json_pack("{s:n, s:n, s:n, s:n, s:o}", "mean_ns", "mean_all_ns",
            "p50_ns", "p90_ns", "accuracy", json_number_or_null(accuracy));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean_ns",
        validate_value_json(&t->mean), "mean_all_ns",
        validate_value_json(&t->all), "p50_ns", validate_value_json(&t->p50),
        "p90_ns", validate_value_json(&t->p90), "accuracy",
        json_number_or_null(accuracy));
}
