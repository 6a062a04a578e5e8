/* SPDX-License-Identifier: MIT */
#include "search/worker/summary.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"

/* What an exit's scores are; NULL where nobody said. */
static const char *
score_name(const struct records *r, int e, bool made)
{
    return made || r->kind[e] != SCORE_MAX_PROBABILITY ? score_word(r->kind[e])
                                                       : NULL;
}

/* The one of all exits, `mixed`, or NULL. */
static const char *
common_score(const struct records *r, bool made)
{
    for (int e = 1; e < r->exits; e++)
        if (r->kind[e] != r->kind[0])
            return "mixed";
    return score_name(r, 0, made);
}

/* One exit's line of the summary. */
static json_t *
exit_summary(const struct records *r, int e, const char *name, bool made)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (isfinite(r->score[(size_t)e * r->n + i])) {
            sum += r->score[(size_t)e * r->n + i];
            n++;
        }
    return json_pack("{s:s,s:o,s:o,s:o,s:s?}", "name", name, "accuracy",
        json_number_or_null(records_accuracy(r, e)), "agree",
        json_number_or_null(records_agreement(r, e)), "mean_score",
        json_number_or_null(n ? sum / (double)n : NAN), "score",
        score_name(r, e, made));
}

enum status
summarise(const struct records *r, const json_t *names, const char *hex,
    bool made, json_t **out, struct err *err)
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
                exits, exit_summary(r, e, name ? name : fallback, made)) < 0) {
            json_decref(exits);
            exits = NULL;
        }
    }
    *out = exits == NULL
               ? NULL
               : json_pack("{s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:s?}", "csv", hex,
                     "n", (json_int_t)r->n, "labelled", labelled, "classes",
                     (json_int_t)records_classes(r), "exits", exits, "warnings",
                     records_warnings(r), "accuracy_full",
                     json_number_or_null(records_accuracy(r, r->exits - 1)),
                     "score", common_score(r, made));
    return *out ? ST_OK : err_nomem(err);
}
