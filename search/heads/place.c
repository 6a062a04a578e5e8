/* SPDX-License-Identifier: MIT */
#include "search/heads/place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* Share of the network's work that is behind exit `e` of `n`. */
typedef double share_fn(int e, int n);

static double
linear(int e, int n)
{
    return (e + 1.0) / (n + 1.0);
}

static double
fine(int e, int n)
{
    (void)n;
    return 1 - pow(0.95, e + 1);
}

static double
pareto(int e, int n)
{
    (void)n;
    return 1 - pow(0.8, e + 1);
}

static double
golden(int e, int n)
{
    return pow(1.618, e - n);
}

static const struct {
    const char *name;
    share_fn *share; /* NULL: all, natural */
    bool natural;
} rules[] = {
    { "all", NULL, false },
    { "linear", linear, false },
    { "fine", fine, false },
    { "pareto", pareto, false },
    { "golden", golden, false },
    { "natural", NULL, true },
};

/* What the boundaries become; `wanted` has one element a boundary. */
static void
keep_wanted(struct plain *p, const bool *wanted)
{
    for (int i = 0; i < p->n; i++)
        if (p->site[i].reason == SITE_OK && !wanted[i])
            p->site[i].reason = SITE_RULE;
}

static void
by_share(struct plain *p, bool *wanted, share_fn *share, int max)
{
    for (int e = 0; e < max; e++) {
        double least = share(e, max) * (double)p->macs;
        int i = 0;

        while (i < p->n && (p->site[i].reason != SITE_OK ||
                               (double)p->site[i].macs_before < least))
            i++;
        if (i < p->n)
            wanted[i] = true;
    }
}

static enum status
by_list(struct plain *p, bool *wanted, const json_t *list, struct err *err)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        json_int_t at = json_is_integer(item) ? json_integer_value(item) : -1;

        if (at < 0 || at >= p->n)
            return err_set(err, ST_INVALID, "augment.rule",
                "options.rule[%zu] must be a boundary, 0 to %d", i, p->n - 1);
        if (p->site[at].reason != SITE_OK)
            return err_set(err, ST_UNPROCESSABLE, "augment.rule",
                "options.rule[%zu]: boundary %d (tensor %.100s) is no "
                "candidate: %s",
                i, (int)at, p->site[at].tensor,
                site_reason_text(p->site[at].reason));
        wanted[at] = true;
    }
    return ST_OK;
}

static enum status
by_word(
    struct plain *p, bool *wanted, const char *word, int max, struct err *err)
{
    size_t r = 0;

    while (r < sizeof(rules) / sizeof(rules[0]) &&
           strcmp(rules[r].name, word) != 0)
        r++;
    if (r == sizeof(rules) / sizeof(rules[0]))
        return err_set(err, ST_INVALID, "augment.rule",
            "options.rule \"%.40s\" is not known: all, linear, fine, pareto, "
            "golden, natural, or an array of boundaries",
            word);
    if (rules[r].share != NULL)
        by_share(p, wanted, rules[r].share, max);
    for (int i = 0; i < p->n && rules[r].share == NULL; i++)
        wanted[i] = !rules[r].natural || p->site[i].bytes < p->input_bytes;
    return ST_OK;
}

/* Of `n` candidates keep `max`, evenly by their number. */
static void
thin_out(struct plain *p, int n, int max)
{
    for (int i = 0, k = 0; i < p->n && n > max; i++) {
        if (p->site[i].reason != SITE_OK)
            continue;
        if ((int64_t)(k + 1) * max / n == (int64_t)k * max / n)
            p->site[i].reason = SITE_LIMIT;
        k++;
    }
}

enum status
place(struct plain *p, const json_t *rule, int max, struct err *err)
{
    bool *wanted = calloc((size_t)p->n + 1, sizeof(*wanted));
    const char *word = rule ? json_string_value(rule) : "all";
    enum status st;
    int n = 0;

    if (wanted == NULL)
        return err_nomem(err);
    if (json_is_array(rule))
        st = by_list(p, wanted, rule, err);
    else
        st = by_word(p, wanted, word ? word : "", max, err);
    if (st == ST_OK) {
        keep_wanted(p, wanted);
        for (int i = 0; i < p->n; i++)
            n += p->site[i].reason == SITE_OK;
        thin_out(p, n, max);
    }
    free(wanted);
    if (st == ST_OK && n == 0)
        return err_set(err, ST_UNPROCESSABLE, "augment.no_candidates",
            "none of the %d boundaries gets an exit by this rule: choose "
            "another, or give boundaries",
            p->n);
    return st;
}
