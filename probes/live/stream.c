/* SPDX-License-Identifier: MIT */
#include "probes/live/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { WARM_ROWS = 32, BLOCKS = 24 };
static const double confidence = 0.95;

/* What adds up while a stream runs. */
struct sums {
    double here, decide, predicted, rest, far, over, right;
};

static void
write_row(const struct stream_setup *s, size_t i)
{
    size_t elements;
    float *input = runner_input(s->runner, &elements);

    memcpy(input, s->rows + i * elements, elements * sizeof(*input));
}

static enum status
warm(const struct stream_setup *s, struct err *err)
{
    const int last = s->setting->arms - 1;
    double score[RUNNER_EXITS_MAX];
    struct runner_answer a;
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < s->n && i < WARM_ROWS; i++) {
        write_row(s, i);
        runner_begin(s->runner);
        st = runner_reach(s->runner, last, true, score, &a, err);
    }
    return st;
}

static double
expected(const struct stream_setup *s, const struct stream_step *x)
{
    if (s->costs == NULL)
        return NAN;
    return live_all_heads(s->kind, x->probe) ? s->costs->path[x->arm]
                                             : s->costs->own[x->arm];
}

static void
keep(const struct stream_setup *s, const struct live_step *x,
    struct stream_result *out, struct sums *sums)
{
    struct stream_step *k = &out->step[out->n];

    *k = (struct stream_step){ x->arm, x->probe, x->handed_over, x->answer,
        x->decide_ns, x->here_ns, NAN, NAN };
    out->pulls[x->arm]++;
    out->probed += x->probe;
    sums->here += x->here_ns;
    sums->decide += x->decide_ns;
    sums->predicted += expected(s, k);
    sums->right += s->labels != NULL ? s->labels[out->n] == x->answer : NAN;
    if (x->handed_over) {
        k->rest_ns = x->rest.rest_ns;
        k->far_ns = x->rest.far_ns;
        out->handed_over++;
        sums->rest += k->rest_ns;
        sums->far += k->far_ns;
        sums->over += s->costs != NULL ? s->costs->over[x->arm] : NAN;
    }
    out->n++;
}

static enum status
tell(const struct stream_setup *s, const struct stream_result *r,
    const struct sums *sums, struct err *err)
{
    const double n = (double)r->n;
    const struct stream_point now = { r->n, sums->here / n, sums->predicted / n,
        (double)r->handed_over / n, sums->right / n };

    return s->watch != NULL ? s->watch(s->ctx, &now, err) : ST_OK;
}

static enum status
run_all(const struct stream_setup *s, struct live *l, struct stream_result *out,
    struct sums *sums, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < s->n; i++) {
        struct live_step x;

        if (i >= (size_t)s->setting->arms && clock_ns() >= s->until_ns)
            break;
        write_row(s, i);
        if ((st = live_step(l, &x, err)) != ST_OK)
            break;
        keep(s, &x, out, sums);
        st = tell(s, out, sums, err);
    }
    return st;
}

/* (measured - predicted) / predicted of each block of neighbours. */
static enum status
residual_here(
    const struct stream_setup *s, struct stream_result *r, struct err *err)
{
    const size_t blocks = r->n < BLOCKS ? r->n : BLOCKS;
    double rel[BLOCKS];

    if (s->costs == NULL)
        return ST_OK;
    for (size_t b = 0; b < blocks; b++) {
        double measured = 0, predicted = 0;

        for (size_t i = b * r->n / blocks; i < (b + 1) * r->n / blocks; i++) {
            measured += r->step[i].here_ns;
            predicted += expected(s, &r->step[i]);
        }
        rel[b] = measured / predicted - 1;
    }
    return stats_of(rel, blocks, confidence, &r->here, err);
}

/* Of each sample that was handed over to another device. */
static enum status
residual_over(
    const struct stream_setup *s, struct stream_result *r, struct err *err)
{
    double *rel;
    size_t n = 0;
    enum status st = ST_OK;

    if (s->costs == NULL || !s->elsewhere || r->handed_over == 0)
        return ST_OK;
    if ((rel = malloc(r->handed_over * sizeof(*rel))) == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < r->n; i++) {
        const struct stream_step *x = &r->step[i];

        if (x->handed_over && s->costs->over[x->arm] > 0)
            rel[n++] = x->rest_ns / s->costs->over[x->arm] - 1;
    }
    if (n > 0)
        st = stats_of(rel, n, confidence, &r->over, err);
    free(rel);
    return st;
}

static void
means(struct stream_result *r, const struct sums *sums)
{
    const double n = (double)r->n, over = (double)r->handed_over;

    r->here_ns = sums->here / n;
    r->decide_ns = sums->decide / n;
    r->predicted_here = sums->predicted / n;
    r->rest_ns = over > 0 ? sums->rest / over : NAN;
    r->far_ns = over > 0 ? sums->far / over : NAN;
    r->predicted_over = over > 0 ? sums->over / over : NAN;
}

enum status
stream_run(
    const struct stream_setup *s, struct stream_result *out, struct err *err)
{
    struct live l = { 0 };
    struct sums sums = { 0 };
    enum status st;

    *out = (struct stream_result){ .step = malloc(
                                       (s->n + 1) * sizeof(*out->step)) };
    if (out->step == NULL)
        return err_nomem(err);
    if ((st = warm(s, err)) == ST_OK &&
        (st = live_open(&l, s->runner, s->kind, s->setting, s->other, err)) ==
            ST_OK &&
        (st = run_all(s, &l, out, &sums, err)) == ST_OK &&
        (st = residual_here(s, out, err)) == ST_OK)
        st = residual_over(s, out, err);
    if (st == ST_OK)
        means(out, &sums);
    else
        stream_result_clear(out);
    live_close(&l);
    return st;
}

void
stream_result_clear(struct stream_result *r)
{
    free(r->step);
    *r = (struct stream_result){ 0 };
}
