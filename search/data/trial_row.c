/* SPDX-License-Identifier: MIT */
#include "search/data/trial_row.h"

#include <math.h>
#include <stdlib.h>

void
trial_row_clear(struct trial_row *r)
{
    free(r->fixed.choice);
    *r = (struct trial_row){ 0 };
}

static double
score_of(const struct replay_stream *s, int exit, size_t i)
{
    return s->score[(size_t)exit * s->n + i];
}

void
trial_fixed_replay(const struct trial_fixed *x, const struct trial_input *in,
    const struct replay_order *order, int64_t run, struct trial_figures *f)
{
    const struct replay_stream *s = &in->stream;
    double n = (double)order->steps, cost = 0, right = 0, handed = 0,
           regret = 0;
    size_t point = 0;

    for (size_t t = 0; t < order->steps; t++) {
        size_t i = order->sample[t];
        int best = order->best[t];
        const struct trial_outcome *o =
            &x->outcome[x->choice != NULL ? x->choice[i] : 0];
        double earned = (o->exit < 0 ? 0 : score_of(s, o->exit, i)) - o->weight;

        cost += o->cost;
        handed += o->handed;
        right += o->exit < 0 ? 0 : s->right[(size_t)o->exit * s->n + i];
        regret += policy_earning(&in->settings.own, best, score_of(s, best, i),
                      score_of(s, s->arms - 1, i)) -
                  earned;
        while (point < REPLAY_POINTS &&
               (t + 1) * REPLAY_POINTS >= (point + 1) * order->steps)
            f->trace[point++] += regret;
    }
    f->cost[run] = cost / n;
    f->accuracy[run] = right / n;
    f->offloaded[run] = handed / n;
    f->regret[run] = regret;
}

/* The 97.5 % quantile of Student's t: the normal one and four terms of
 * Fisher's expansion (Abramowitz and Stegun 26.7.5). */
static double
student(double df)
{
    const double z = 1.959963984540054, z2 = z * z;
    const double g1 = z * (z2 + 1) / 4;
    const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    const double g4 =
        z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;

    return z + (g1 + (g2 + (g3 + g4 / df) / df) / df) / df;
}

json_t *
trial_interval(const double *x, int64_t n)
{
    double mean = 0, squares = 0, half;

    for (int64_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    half = n < 5 ? NAN
                 : student((double)(n - 1)) *
                       sqrt(squares / (double)(n - 1) / (double)n);
    return json_pack("[f,o,o]", mean, json_number_or_null(mean - half),
        json_number_or_null(mean + half));
}

static json_t *
trace_json(const struct trial_figures *f, const struct trial_options *o)
{
    json_t *a = json_array();

    for (int i = 0; a != NULL && i < REPLAY_POINTS; i++)
        if (json_array_append_new(
                a, json_pack("[I,f]",
                       (json_int_t)((i + 1) * o->steps / REPLAY_POINTS),
                       f->trace[i] / (double)o->shuffles)) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static json_t *
favourite_json(const struct trial_row *r, int arms)
{
    int most = 0;

    if (r->kind == NULL)
        return json_null();
    for (int i = 1; i < arms; i++)
        if (r->f.pulls[i] > r->f.pulls[most])
            most = i;
    return json_integer(most);
}

json_t *
trial_row_json(
    const struct trial_row *r, const struct trial_options *o, int arms)
{
    const struct trial_figures *f = &r->f;
    int64_t n = o->shuffles;

    return json_pack("{s:s,s:s,s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:o}",
        "name", r->name, "family", r->family, "summary", r->summary,
        "realisable", r->realisable, "cost", trial_interval(f->cost, n),
        "accuracy", trial_interval(f->accuracy, n), "offloaded",
        trial_interval(f->offloaded, n), "probed",
        r->kind ? trial_interval(f->probed, n) : json_null(), "regret",
        trial_interval(f->regret, n), "regret_trace", trace_json(f, o),
        "favourite", favourite_json(r, arms), "state_bytes",
        (json_int_t)r->state_bytes, "step_ns", json_number_or_null(r->step_ns));
}
