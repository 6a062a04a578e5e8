/* SPDX-License-Identifier: MIT */
#include "probes/relay/account.h"

#include <math.h>
#include <string.h>

#include "probes/measure/stats.h"

int
account_find(const struct account *a, int64_t index)
{
    for (int i = 0; i < a->exits; i++)
        if (a->exit[i].index == index)
            return i;
    return -1;
}

static int64_t
largest(const float *v, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (v[i] > v[best])
            best = i;
    return (int64_t)best;
}

/* Differences of outputs count where both left at the same exit. */
static void
compare(struct account *a, size_t row, const struct relay_answer *x,
    struct account_exit *e)
{
    const uint8_t *at = a->reference + account_bytes(row, a->width);
    size_t n = x->n < a->width ? x->n : a->width;
    int64_t stage;
    float want;

    memcpy(&stage, at, sizeof(stage));
    if (stage != x->stage)
        return;
    a->same_exit++;
    a->same_class +=
        largest((const float *)(const void *)(at + ACCOUNT_ROW_HEAD), n) ==
        x->class;
    e->compared++;
    for (size_t i = 0; i < n; i++) {
        double off;

        memcpy(&want, at + ACCOUNT_ROW_HEAD + i * sizeof(want), sizeof(want));
        off = fabs((double)x->values[i] - want);
        e->max_abs = fmax(e->max_abs, off);
        e->worst = fmax(e->worst,
            off / (a->abs_tolerance + a->rel_tolerance * fabs((double)want)));
    }
}

enum status
account_add(struct account *a, size_t row, int64_t label,
    const struct relay_answer *x, struct err *err)
{
    const int i = account_find(a, x->stage);
    struct account_exit *e;

    if (i < 0 || x->n == 0)
        return err_set(err, ST_CORRUPT, "relay.exit",
            "a sample left at exit %lld, which the plan has not: are both "
            "agents of one version?",
            (long long)x->stage);
    e = &a->exit[i];
    a->n++;
    e->n++;
    e->labelled += label >= 0;
    e->right += label >= 0 && x->class == label;
    for (size_t k = 0; k < x->hops; k++)
        e->counts += x->hop[k].counts;
    a->handed_over += x->hops > 1;
    if (a->reference != NULL)
        compare(a, row, x, e);
    return ST_OK;
}

/* Each of those seen is kept with the same probability (Vitter's algorithm R,
 * ACM TOMS 11, 1985). */
static void
add_link(struct account_link *l, struct rng *rng, double ns)
{
    size_t at = l->seen++;

    if (at >= ACCOUNT_LINKS)
        at = (size_t)rng_below(rng, l->seen);
    if (at < ACCOUNT_LINKS)
        l->ns[at] = ns;
}

void
account_time(struct account *a, const struct relay_answer *x)
{
    for (size_t i = 0; i < x->hops; i++) {
        struct account_processor *p = &a->processor[i];
        const struct relay_hop *h = &x->hop[i];

        p->reached++;
        p->own_ns += h->within_ns - (isnan(h->asked_ns) ? 0 : h->asked_ns);
        p->counts += h->counts;
        if (i + 1 < x->hops)
            add_link(&p->link, &a->rng, h->asked_ns - x->hop[i + 1].within_ns);
    }
}

struct account_median
account_link_median(const struct account_processor *p)
{
    const struct account_link *l = &p->link;
    const size_t n = l->seen < ACCOUNT_LINKS ? l->seen : ACCOUNT_LINKS;
    struct stats s;

    if (n == 0 || isnan(l->ns[0]) ||
        stats_of(l->ns, n, 0.95, &s, NULL) != ST_OK)
        return (struct account_median){ NAN, NAN, NAN };
    return (struct account_median){ s.median, s.lo, s.hi };
}

/* In units of the tolerance; an exact one allows none. */
static bool
is_equal(const struct account_exit *e)
{
    return e->exact ? !(e->max_abs > 0) : !(e->worst > 1);
}

bool
account_equal(const struct account *a)
{
    bool equal = a->reference != NULL && a->n > 0 && a->same_exit == a->n;

    for (int i = 0; equal && i < a->exits; i++)
        equal = is_equal(&a->exit[i]);
    return equal;
}

json_t *
account_outputs_json(const struct account *a)
{
    double worst = 0;
    bool exact = false;

    if (a->reference == NULL)
        return json_null();
    for (int i = 0; i < a->exits; i++) {
        worst = fmax(worst, a->exit[i].max_abs);
        exact = exact || a->exit[i].exact;
    }
    return json_pack("{s:I,s:I,s:I,s:f,s:f,s:f,s:b,s:b}", "compared",
        (json_int_t)a->n, "same_exit", (json_int_t)a->same_exit, "same_class",
        (json_int_t)a->same_class, "max_abs_diff", worst, "abs_tolerance",
        a->abs_tolerance, "rel_tolerance", a->rel_tolerance, "int8_exact",
        exact, "equal", account_equal(a));
}
