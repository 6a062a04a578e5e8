/* SPDX-License-Identifier: MIT */
#include "search/worker/summary.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"

/* One exit's line of the summary. */
static json_t *
exit_summary(const struct records *r, int e, const char *name)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (isfinite(r->score[(size_t)e * r->n + i])) {
            sum += r->score[(size_t)e * r->n + i];
            n++;
        }
    return json_pack("{s:s,s:o,s:o,s:o}", "name", name, "accuracy",
        json_number_or_null(records_accuracy(r, e)), "agree",
        json_number_or_null(records_agreement(r, e)), "mean_score",
        json_number_or_null(n ? sum / (double)n : NAN));
}

enum status
summarise(const struct records *r, const json_t *names, const char *hex,
    const char *score, json_t **out, struct err *err)
{
    json_t *exits = json_array();
    json_int_t labelled = 0;
    char fallback[24];

    for (size_t i = 0; i < r->n; i++)
        labelled += r->label[i] >= 0;
    for (int e = 0; exits != NULL && e < r->exits; e++) {
        const char *name = json_string_value(
            json_object_get(json_array_get(names, (size_t)e), "name"));

        snprintf(fallback, sizeof(fallback), "exit%d", e);
        if (json_array_append_new(
                exits, exit_summary(r, e, name ? name : fallback)) < 0) {
            json_decref(exits);
            exits = NULL;
        }
    }
    *out = exits == NULL
               ? NULL
               : json_pack("{s:s,s:I,s:I,s:o,s:o,s:s?}", "csv", hex, "n",
                     (json_int_t)r->n, "labelled", labelled, "exits", exits,
                     "accuracy_full",
                     json_number_or_null(records_accuracy(r, r->exits - 1)),
                     "score", score);
    return *out ? ST_OK : err_nomem(err);
}
