/* SPDX-License-Identifier: MIT */
#include "server/cli/validation.h"

#include <math.h>
#include <stdio.h>

#include "server/cli/follow.h"
#include "server/cli/text.h"
#include "server/cli/validation_relay.h"

/* A value of a document: a number, or {median, ci95_lo, ci95_hi}. */
static void
value_text(const json_t *v, char out[3 * TEXT_CELL])
{
    char time[TEXT_CELL], interval[TEXT_CELL];

    if (!json_is_object(v)) {
        text_time(json_is_number(v) ? json_number_value(v) : NAN, time);
        snprintf(out, 3 * TEXT_CELL, "%s", time);
        return;
    }
    text_time(json_get_number(v, "median"), time);
    text_interval(json_get_number(v, "ci95_lo"), json_get_number(v, "median"),
        json_get_number(v, "ci95_hi"), interval);
    snprintf(out, 3 * TEXT_CELL, "%s %s", time, interval);
}

static enum status
time_row(struct text_table *t, const char *name, const json_t *predicted,
    const json_t *measured, const json_t *residual)
{
    double rel = json_get_number(residual, "rel");
    const json_t *within = json_object_get(residual, "within");
    char a[3 * TEXT_CELL], b[3 * TEXT_CELL];
    enum status st;

    value_text(predicted, a);
    value_text(measured, b);
    if ((st = text_cell(t, "%s", name)) != ST_OK ||
        (st = text_cell(t, "%s", a)) != ST_OK ||
        (st = text_cell(t, "%s", b)) != ST_OK)
        return st;
    if (!isfinite(rel))
        return text_cell(t, "-");
    return text_cell(t, "%+.1f %%%s", 100 * rel,
        json_is_false(within) ? " (beyond the intervals)" : "");
}

/* Instructions, where they were counted. */
static enum status
count_row(struct text_table *t, const char *name, double predicted,
    double measured, const json_t *residual)
{
    const double rel = json_get_number(residual, "rel");
    enum status st;

    if (!isfinite(measured))
        return ST_OK;
    if ((st = text_cell(t, "%s", name)) != ST_OK ||
        (st = isfinite(predicted) ? text_cell(t, "%.0f", predicted)
                                  : text_cell(t, "-")) != ST_OK ||
        (st = text_cell(t, "%.0f", measured)) != ST_OK)
        return st;
    return isfinite(rel) ? text_cell(t, "%+.2f %%", 100 * rel)
                         : text_cell(t, "%s", "");
}

/* What an emulated board has in place of times. */
static enum status
count_rows(struct text_table *t, const json_t *doc)
{
    static const char count[] = "mean_instructions";
    const json_t *p = json_object_get(doc, "predicted"),
                 *m = json_object_get(doc, "measured");
    enum status st = count_row(t, "instructions", json_get_number(p, count),
        json_get_number(json_object_get(m, "plan"), count),
        json_object_get(json_object_get(doc, "residual"), count));

    return st != ST_OK
               ? st
               : count_row(t, "instructions without exits",
                     json_get_number(p, "full_mean_instructions"),
                     json_get_number(json_object_get(m, "full"), count), NULL);
}

static enum status
share_row(
    struct text_table *t, const char *name, double predicted, double measured)
{
    enum status st = text_cell(t, "%s", name);

    if (st == ST_OK)
        st = isfinite(predicted) ? text_cell(t, "%.2f %%", 100 * predicted)
                                 : text_cell(t, "-");
    if (st == ST_OK)
        st = isfinite(measured) ? text_cell(t, "%.2f %%", 100 * measured)
                                : text_cell(t, "-");
    if (st == ST_OK)
        st = text_cell(t, "%s", "");
    return st;
}

static enum status
exit_rows(struct text_table *t, const json_t *predicted, const json_t *measured)
{
    const json_t *want = json_object_get(predicted, "exits"), *x;
    enum status st = ST_OK;
    size_t i;

    json_array_foreach(json_object_get(measured, "exits"), i, x)
    {
        char name[120];

        snprintf(name, sizeof(name), "leave at %.100s",
            json_get_string(x, "name", "-"));
        if (st == ST_OK)
            st = share_row(t, name,
                json_get_number(json_array_get(want, i), "share"),
                json_get_number(x, "share"));
    }
    return st;
}

static enum status
time_rows(struct text_table *t, const json_t *doc)
{
    const json_t *p = json_object_get(doc, "predicted"),
                 *m = json_object_get(doc, "measured"),
                 *r = json_object_get(doc, "residual"),
                 *plan = json_object_get(m, "plan"),
                 *full = json_object_get(m, "full");
    enum status st;

    if ((st = time_row(t, "mean", json_object_get(p, "mean_ns"),
             json_object_get(plan, "mean_ns"), json_object_get(r, "mean"))) !=
            ST_OK ||
        (st = time_row(t, "mean, interruptions too", NULL,
             json_object_get(plan, "mean_all_ns"), NULL)) != ST_OK ||
        (st = time_row(t, "p50", json_object_get(p, "p50_ns"),
             json_object_get(plan, "p50_ns"), NULL)) != ST_OK ||
        (st = time_row(t, "p90", json_object_get(p, "p90_ns"),
             json_object_get(plan, "p90_ns"), NULL)) != ST_OK)
        return st;
    return json_is_object(full) ? time_row(t, "mean without exits",
                                      json_object_get(p, "full_mean_ns"),
                                      json_object_get(full, "mean_ns"),
                                      json_object_get(r, "full_mean"))
                                : ST_OK;
}

/* A board that only counts has no times to show. */
static bool
only_counts(const json_t *doc)
{
    const json_t *m = json_object_get(doc, "measured");

    return json_is_object(json_object_get(m, "full")) &&
           isfinite(json_get_number(
               json_object_get(m, "plan"), "mean_instructions"));
}

static enum status
fill(struct text_table *t, const json_t *doc)
{
    const json_t *p = json_object_get(doc, "predicted"),
                 *m = json_object_get(doc, "measured"),
                 *plan = json_object_get(m, "plan"),
                 *full = json_object_get(m, "full");
    enum status st = only_counts(doc) ? ST_OK : time_rows(t, doc);

    if (st != ST_OK || (st = count_rows(t, doc)) != ST_OK ||
        (st = share_row(t, "accuracy", json_get_number(p, "accuracy"),
             json_get_number(plan, "accuracy"))) != ST_OK ||
        (st = share_row(t, "accuracy without exits",
             json_get_number(p, "accuracy_full"),
             json_get_number(full, "accuracy"))) != ST_OK)
        return st;
    return exit_rows(t, p, m);
}

/* What the device's meter said, where there is one. */
static void
print_energy(const json_t *measured)
{
    const json_t *e = json_object_get(measured, "energy");

    if (json_is_object(e))
        printf("energy %.3g uJ a sample (net, +-%.2g)\n",
            json_get_number(e, "net_nj") / 1000,
            json_get_number(e, "err_nj") / 1000);
    else
        printf("energy -: no meter here\n");
}

static void
print_saving(const json_t *doc)
{
    const double saving =
        json_get_number(json_object_get(doc, "residual"), "saving");

    if (isfinite(saving))
        printf("\nmeasured %.1f %% %s than without exits\n", 100 * fabs(saving),
            saving < 0 ? "more" : "less");
}

/* Where it ran on boards or several processors: what each of them did. */
static enum status
print_relay(const json_t *doc, struct err *err)
{
    const json_t *m = json_object_get(doc, "measured");
    struct buf b;
    enum status st;

    print_saving(doc);
    if (json_is_object(json_object_get(m, "energy")))
        print_energy(m);
    buf_init(&b, 1 << 16);
    if ((st = validation_relay_text(doc, &b, err)) == ST_OK)
        printf("\n%s", b.data);
    buf_clear(&b);
    return st;
}

static enum status
print_one(const json_t *doc)
{
    print_saving(doc);
    print_energy(json_object_get(doc, "measured"));
    return ST_OK;
}

enum status
validation_print(const struct client *c, const json_t *doc, struct err *err)
{
    static const char *const columns[] = { "", ">predicted", ">measured",
        ">residual", NULL };
    const json_t *m = json_object_get(doc, "measured");
    struct text_table *t;
    enum status st;

    if (c->json) {
        client_print(doc);
        return ST_OK;
    }
    if ((t = text_table_new(columns)) == NULL)
        return err_nomem(err);
    printf("validation %.0f of plan %.0f: %.0f samples, %.0f rounds\n\n",
        json_get_number(doc, "id"), json_get_number(doc, "plan"),
        json_get_number(m, "n"), json_get_number(m, "rounds"));
    if ((st = fill(t, doc)) == ST_OK) {
        text_table_print(t, stdout);
        st = validation_is_relay(doc) ? print_relay(doc, err) : print_one(doc);
        text_warnings(doc);
    }
    text_table_free(t);
    return st == ST_OK ? ST_OK : err_nomem(err);
}

enum status
validation_follow(struct client *c, int64_t id, struct err *err)
{
    char path[64];
    json_t *doc;
    enum status st;

    snprintf(path, sizeof(path), "/v1/validations/%lld", (long long)id);
    if ((st = follow(c, path, "validate", &doc, err)) != ST_OK)
        return st;
    st = validation_print(c, doc, err);
    json_decref(doc);
    return st;
}
