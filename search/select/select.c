/* SPDX-License-Identifier: MIT */
#include "search/select/select.h"

void
select_all(const struct select_table *t, struct select_set *out)
{
    out->n = t->configs;
    for (int c = 0; c < t->configs; c++)
        out->member[c] = c;
}

int
select_label(const struct select_table *t, const struct select_set *s, size_t i)
{
    int best = SELECT_NONE;

    for (int k = 0; k < s->n; k++) {
        int c = s->member[k];
        double cost = t->cost[(size_t)c * t->n + i], least;

        if (!t->right[(size_t)c * t->n + i])
            continue;
        least = best == SELECT_NONE ? 0 : t->cost[(size_t)best * t->n + i];
        if (best == SELECT_NONE || cost < least || (cost == least && c < best))
            best = c;
    }
    return best;
}

double
select_coverage(const struct select_table *t, const struct select_set *s)
{
    size_t covered = 0;

    for (size_t i = 0; i < t->n; i++)
        covered += select_label(t, s, i) != SELECT_NONE;
    return (double)covered / (double)t->n;
}

static bool
has(const struct select_set *s, int c)
{
    for (int k = 0; k < s->n; k++)
        if (s->member[k] == c)
            return true;
    return false;
}

/* How much speaks for each configuration outside of `s`, over the samples that
 * no member answers rightly. */
static void
count(const struct select_table *t, enum select_rule rule,
    const struct select_set *s, size_t votes[SELECT_MAX])
{
    struct select_set all;

    select_all(t, &all);
    for (int c = 0; c < t->configs; c++)
        votes[c] = 0;
    for (size_t i = 0; i < t->n; i++) {
        int label = select_label(t, &all, i);

        if (label == SELECT_NONE || select_label(t, s, i) != SELECT_NONE)
            continue;
        if (rule == SELECT_OPTIMAL)
            votes[label]++;
        for (int c = 0; rule == SELECT_ACCURACY && c < t->configs; c++)
            votes[c] += t->right[(size_t)c * t->n + i];
    }
}

static int
most(const size_t *votes, int n)
{
    int best = 0;

    for (int c = 1; c < n; c++)
        if (votes[c] > votes[best])
            best = c;
    return best;
}

void
select_choose(const struct select_table *t, enum select_rule rule, double theta,
    struct select_set *out)
{
    size_t votes[SELECT_MAX];

    *out = (struct select_set){ .n = 0 };
    count(t, SELECT_OPTIMAL, out, votes);
    out->member[out->n++] = most(votes, t->configs);
    while (out->n < t->configs) {
        double before = select_coverage(t, out);
        int next;

        count(t, rule, out, votes);
        next = most(votes, t->configs);
        if (votes[next] == 0 || has(out, next))
            return;
        out->member[out->n++] = next;
        if (select_coverage(t, out) - before <= theta) {
            out->n--;
            return;
        }
    }
}

struct select_outcome
select_judge(const struct select_table *t, const uint8_t *chosen, double each)
{
    struct select_outcome o = { 0 };
    double n = (double)t->n;

    for (size_t i = 0; i < t->n; i++) {
        o.cost += each;
        if (chosen[i] == SELECT_NONE) {
            o.declined++;
            continue;
        }
        o.cost += t->cost[(size_t)chosen[i] * t->n + i];
        o.accuracy += t->right[(size_t)chosen[i] * t->n + i];
    }
    return (
        struct select_outcome){ o.cost / n, o.accuracy / n, o.declined / n };
}
