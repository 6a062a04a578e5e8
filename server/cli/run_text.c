/* SPDX-License-Identifier: MIT */
#include "server/cli/run_text.h"

#include <math.h>
#include <stdlib.h>

#include "server/cli/client.h"
#include "server/cli/text.h"

enum status
run_tally_init(struct run_tally *t, size_t samples, struct err *err)
{
    *t = (struct run_tally){ .cap = samples };
    t->ns = malloc((samples + 1) * sizeof(*t->ns));
    return t->ns != NULL ? ST_OK : err_nomem(err);
}

void
run_tally_clear(struct run_tally *t)
{
    free(t->ns);
    *t = (struct run_tally){ 0 };
}

void
run_tally_add(struct run_tally *t, const struct runner_answer *a, double ns,
    int64_t label)
{
    if (t->n < t->cap)
        t->ns[t->n++] = ns;
    t->sum_ns[a->stage] += ns;
    t->left[a->stage]++;
    t->labelled[a->stage] += label >= 0;
    t->right[a->stage] += label >= 0 && label == a->class;
}

static double
ratio(double part, size_t all)
{
    return all > 0 ? part / (double)all : NAN;
}

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The nearest rank of sorted times. */
static double
quantile(const struct run_tally *t, double q)
{
    size_t at = (size_t)ceil(q * (double)t->n);

    return t->n > 0 ? t->ns[at > 0 ? at - 1 : 0] : NAN;
}

static int
stages(const struct run_plan *p)
{
    int n = 0;

    for (int e = 0; e < p->exits.n; e++)
        n += p->exits.kept[e];
    return n;
}

static json_t *
exits_json(const struct run_plan *p, const struct run_tally *t)
{
    json_t *a = json_array();

    for (int i = 0; i < stages(p); i++) {
        const int e = p->index[i];

        if (json_array_append_new(
                a, json_pack("{s:i, s:s, s:s, s:o, s:I, s:o, s:o, s:o}",
                       "index", e, "name", p->exits.name[e], "score",
                       score_word(p->exits.score[e]), "threshold",
                       json_number_or_null(p->exits.threshold[e]), "n",
                       (json_int_t)t->left[i], "share",
                       json_number_or_null(ratio((double)t->left[i], t->n)),
                       "accuracy",
                       json_number_or_null(
                           ratio((double)t->right[i], t->labelled[i])),
                       "mean_ns",
                       json_number_or_null(ratio(t->sum_ns[i], t->left[i])))) <
            0) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *
run_json(const struct run_plan *p, const struct run_tally *t)
{
    double sum = 0, right = 0;
    size_t labelled = 0;

    for (int i = 0; i < stages(p); i++) {
        sum += t->sum_ns[i];
        right += (double)t->right[i];
        labelled += t->labelled[i];
    }
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "schema",
        "offramp.run/1", "n", (json_int_t)t->n, "mean_ns",
        json_number_or_null(ratio(sum, t->n)), "p50_ns",
        json_number_or_null(quantile(t, 0.5)), "p90_ns",
        json_number_or_null(quantile(t, 0.9)), "accuracy",
        json_number_or_null(ratio(right, labelled)), "exits", exits_json(p, t));
}

static enum status
percent_cell(struct text_table *t, double x)
{
    return isfinite(x) ? text_cell(t, "%.2f %%", 100 * x) : text_cell(t, "-");
}

static enum status
exit_row(struct text_table *t, const json_t *e)
{
    double threshold = json_get_number(e, "threshold");
    char time[TEXT_CELL];
    enum status st;

    text_time(json_get_number(e, "mean_ns"), time);
    if ((st = text_cell(t, "%.0f", json_get_number(e, "index"))) != ST_OK ||
        (st = text_cell(t, "%s", json_get_string(e, "name", "-"))) != ST_OK ||
        (st = text_cell(t, "%s", json_get_string(e, "score", "-"))) != ST_OK ||
        (st = isfinite(threshold) ? text_cell(t, "%.6g", threshold)
                                  : text_cell(t, "-")) != ST_OK ||
        (st = percent_cell(t, json_get_number(e, "share"))) != ST_OK ||
        (st = percent_cell(t, json_get_number(e, "accuracy"))) != ST_OK)
        return st;
    return text_cell(t, "%s", time);
}

static enum status
print_table(const json_t *doc, struct err *err)
{
    static const char *const columns[] = { ">exit", "name", "score",
        ">threshold", ">share", ">accuracy", ">mean time", NULL };
    struct text_table *t = text_table_new(columns);
    char mean[TEXT_CELL], p50[TEXT_CELL], p90[TEXT_CELL];
    double accuracy = json_get_number(doc, "accuracy");
    enum status st = t ? ST_OK : ST_NOMEM;
    const json_t *e;
    size_t i;

    json_array_foreach(json_object_get(doc, "exits"), i, e) if (st == ST_OK)
        st = exit_row(t, e);
    if (st == ST_OK) {
        text_table_print(t, stdout);
        text_time(json_get_number(doc, "mean_ns"), mean);
        text_time(json_get_number(doc, "p50_ns"), p50);
        text_time(json_get_number(doc, "p90_ns"), p90);
        printf("\n%.0f samples  mean %s  p50 %s  p90 %s",
            json_get_number(doc, "n"), mean, p50, p90);
        if (isfinite(accuracy))
            printf("  accuracy %.2f %%", 100 * accuracy);
        putchar('\n');
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
run_text(
    const struct run_plan *p, struct run_tally *t, bool json, struct err *err)
{
    enum status st = ST_OK;
    json_t *doc;

    qsort(t->ns, t->n, sizeof(*t->ns), ascending);
    if ((doc = run_json(p, t)) == NULL)
        return err_nomem(err);
    if (json)
        client_print(doc);
    else
        st = print_table(doc, err);
    json_decref(doc);
    return st;
}
