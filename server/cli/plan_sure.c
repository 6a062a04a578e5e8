/* SPDX-License-Identifier: MIT */
#include "server/cli/plan_sure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/cli/text.h"

/* The guarantee that was asked for, or NULL with rc != 0. */
static json_t *
guarantee(const struct sure_wish *w)
{
    json_t *o = json_pack("{s:f,s:s*,s:s*,s:s*,s:s*}", "eps", w->eps, "loss",
        w->loss, "family", w->family, "test", w->test, "order", w->order);

    if (o != NULL && w->delta > 0 &&
        json_object_set_new(o, "delta", json_real(w->delta)) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

enum status
sure_wish_put(const struct sure_wish *w, json_t *problem, struct err *err)
{
    int rc = 0;

    if (w->eps <= 0 &&
        (w->delta > 0 || w->loss || w->family || w->test || w->order))
        return err_set(err, ST_INVALID, "cli.arguments",
            "--delta, --loss, --family, --test and --order belong to "
            "--guarantee EPS");
    if (w->eps > 0)
        rc |= json_object_set_new(problem, "guarantee", guarantee(w));
    if (w->cross)
        rc |= json_object_set_new(problem, "cross", json_object());
    if (w->draws > 0)
        rc |= json_object_set_new(problem, "bootstrap",
            json_pack("{s:I}", "draws", (json_int_t)w->draws));
    if (w->metrics != NULL)
        rc |= json_object_set_new(problem, "metrics", text_words(w->metrics));
    if (w->robust)
        rc |= json_object_set_new(problem, "robust", json_true());
    return rc == 0 ? ST_OK : err_nomem(err);
}

/* "drop" of accuracy or "flips", as a sentence has it. */
static const char *
loss_words(const json_t *plan, const json_t *g)
{
    bool flips = strcmp(json_get_string(g, "loss", ""), "flips") == 0;
    bool final = strcmp(json_get_string(plan, "reference", ""), "final") == 0;

    return final   ? "disagrees with the full network in"
           : flips ? "makes right answers wrong in"
                   : "loses";
}

static void
guarantee_text(const json_t *plan, const json_t *g)
{
    const char *status = json_get_string(g, "status", "-");
    double needed = json_get_number(g, "needed");
    const json_t *without = json_object_get(g, "without");

    printf("\nguarantee    with probability %.4g the plan %s at most %.4g %% "
           "of new data%s\n",
        1 - json_get_number(g, "delta"), loss_words(plan, g),
        100 * json_get_number(g, "eps"),
        strcmp(status, "certified") == 0 ? "" : ":");
    if (strcmp(status, "full") == 0)
        printf("             only the full network carries that\n");
    else if (strcmp(status, "none") == 0)
        printf("             no plan within the limits carries that\n");
    else
        printf("             seen on %.0f %ss: %.4g %%, p = %.3g (at most "
               "%.3g); %.0f of %.0f plans passed\n",
            json_get_number(g, "n_test"), json_get_string(g, "unit", "sample"),
            100 * json_get_number(g, "drop"), json_get_number(g, "p_value"),
            json_get_number(g, "level"), json_get_number(g, "passed"),
            json_get_number(g, "tried"));
    printf("             %s", json_get_string(g, "reason", ""));
    if (isfinite(needed))
        printf("; about %.0f calibration %ss would do", needed,
            json_get_string(g, "unit", "sample"));
    printf("\nno promise   the optimum of these samples costs %.6g, accuracy "
           "%.2f %% (held-out %.2f %%)\n",
        json_get_number(without, "cost"),
        100 * json_get_number(without, "accuracy"),
        100 * json_get_number(without, "test_accuracy"));
}

/* What to expect of new data, and what it would be without care. */
static void
cross_text(const json_t *c)
{
    const json_t *without = json_object_get(c, "without");
    const char *status = json_get_string(c, "status", "");
    double plain = json_get_number(c, "drop_without");

    if (strcmp(status, "stopped") == 0)
        printf("\nexpected     time ran out before anything was known: give "
               "--time-limit, or fewer exits with --max-exits\n");
    else if (strcmp(status, "none") == 0)
        printf("\nexpected     no plan is expected to keep the floor on new "
               "data: this one meets it on the calibration samples only\n");
    else if (strcmp(status, "full") == 0)
        printf("\nexpected     only the full network keeps the floor on new "
               "data: more samples would help\n");
    else
        printf("\nexpected     new data lose %.2f points (+- %.2f), by "
               "cross-validation; %.2f %% were asked for on the calibration "
               "samples\n",
            100 * json_get_number(c, "drop"), 100 * json_get_number(c, "error"),
            100 * json_get_number(c, "floor"));
    printf("optimistic   without that care: cost %.6g, accuracy %.2f %% "
           "(held-out %.2f %%",
        json_get_number(without, "cost"),
        100 * json_get_number(without, "accuracy"),
        100 * json_get_number(without, "test_accuracy"));
    if (isfinite(plain))
        printf(", expected drop %.2f points", 100 * plain);
    puts(")");
}

static double
nth(const json_t *o, const char *name, size_t i)
{
    return json_number_value(json_array_get(json_object_get(o, name), i));
}

static void
bootstrap_text(const json_t *b)
{
    double draws = json_get_number(b, "draws");

    if (!json_is_array(json_object_get(b, "cost"))) {
        printf("bootstrap    the costs carry neither intervals nor epochs: "
               "nothing to draw\n");
        return;
    }
    printf("bootstrap    cost %.6g (95 %%: %.6g to %.6g) in %.0f draws of %s\n",
        nth(b, "cost", 0), nth(b, "cost", 1), nth(b, "cost", 2), draws,
        json_get_string(b, "from", "-"));
    if (json_get_number(b, "solves") < json_get_number(b, "solves_asked"))
        printf("             there was time to search %.0f of %.0f draws for "
               "other plans\n",
            json_get_number(b, "solves"), json_get_number(b, "solves_asked"));
    if (json_is_number(json_object_get(b, "chance_best")))
        printf(
            "             the best of the plans found in %.1f %% of them; on "
            "average %.3g %% above the best, in 95 %% at most %.3g %%\n",
            100 * json_get_number(b, "chance_best"), 100 * nth(b, "regret", 0),
            100 * nth(b, "regret", 1));
}

enum { NAMES_MAX = 8, FIXED = 4 };

/* One row a plan: its cost in each metric, then what does not depend on it. */
static enum status
metrics_row(struct text_table *t, const json_t *point, bool knee)
{
    double test = json_get_number(point, "test_accuracy");
    enum status st = ST_OK;
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(point, "costs"), i, v)
    {
        if (st == ST_OK)
            st = text_cell(t, "%.6g", json_number_value(v));
    }
    if (st == ST_OK)
        st = text_cell(t, "%.2f %%", 100 * json_get_number(point, "accuracy"));
    if (st == ST_OK)
        st = isfinite(test) ? text_cell(t, "%.2f %%", 100 * test)
                            : text_cell(t, "-");
    if (st == ST_OK)
        st = text_cell(t, "%.0f", json_get_number(point, "kept"));
    return st == ST_OK ? text_cell(t, "%s", knee ? "knee" : "") : st;
}

static enum status
metrics_text(const json_t *m, struct err *err)
{
    static const char *const fixed[FIXED] = { ">accuracy", ">held-out",
        ">exits", "" };
    const char *columns[NAMES_MAX + FIXED + 1] = { NULL };
    const json_t *names = json_object_get(m, "names"), *point, *name;
    double knee = json_get_number(m, "knee");
    char head[NAMES_MAX][72];
    struct text_table *t;
    enum status st = ST_OK;
    size_t n = 0, i;

    json_array_foreach(names, i, name)
    {
        if (n == NAMES_MAX)
            break;
        snprintf(head[n], sizeof(head[n]), ">%.64s", json_string_value(name));
        columns[n] = head[n];
        n++;
    }
    for (i = 0; i < FIXED; i++)
        columns[n + i] = fixed[i];
    printf("\nmetrics      plans that no other beats in all of them; they "
           "dominate %.3g of the box%s\n",
        json_get_number(m, "hypervolume"),
        json_is_true(json_object_get(m, "complete")) ? ""
                                                     : " (not all proved)");
    if (json_get_number(m, "fronts") < json_get_number(m, "fronts_asked"))
        printf("             there was time for %.0f of %.0f ways to weigh "
               "them\n",
            json_get_number(m, "fronts"), json_get_number(m, "fronts_asked"));
    printf("\n");
    if ((t = text_table_new(columns)) == NULL)
        return err_nomem(err);
    json_array_foreach(json_object_get(m, "points"), i, point)
    {
        if (st == ST_OK)
            st = metrics_row(t, point, (double)i == knee);
    }
    if (st == ST_OK)
        text_table_print(t, stdout);
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
sure_text(const json_t *plan, struct err *err)
{
    const json_t *g = json_object_get(plan, "guarantee");
    const json_t *c = json_object_get(plan, "cross");
    const json_t *b = json_object_get(plan, "bootstrap");
    const json_t *m = json_object_get(plan, "metrics");

    if (strcmp(json_get_string(plan, "cost_basis", ""), "upper") == 0)
        printf("costs        upper ends of their intervals (robust)\n");
    if (json_is_object(g))
        guarantee_text(plan, g);
    if (json_is_object(c))
        cross_text(c);
    if (json_is_object(b))
        bootstrap_text(b);
    return json_is_object(m) ? metrics_text(m, err) : ST_OK;
}
