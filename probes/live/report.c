/* SPDX-License-Identifier: MIT */
#include "probes/live/report.h"

#include <inttypes.h>
#include <math.h>

static enum status
add_ns(struct buf *csv, double ns, struct err *err)
{
    return isnan(ns) ? buf_addstr(csv, ",", err)
                     : buf_addf(csv, err, ",%.0f", ns);
}

enum status
report_steps(const struct stream_result *r, const int64_t *want, size_t first,
    struct buf *csv, struct err *err)
{
    enum status st = buf_addstr(csv,
        "step,row,exit,probe,handed_over,answer,right,decide_ns,here_ns,"
        "rest_ns,far_ns\n",
        err);

    for (size_t i = 0; st == ST_OK && i < r->n; i++) {
        const struct stream_step *x = &r->step[i];

        if ((st = buf_addf(csv, err, "%zu,%zu,%d,%d,%d,%" PRId64 ",%d", i,
                 first + i, x->arm, x->probe, x->handed_over, x->answer,
                 x->answer == want[i])) != ST_OK ||
            (st = add_ns(csv, x->decide_ns, err)) != ST_OK ||
            (st = add_ns(csv, x->here_ns, err)) != ST_OK ||
            (st = add_ns(csv, x->rest_ns, err)) != ST_OK ||
            (st = add_ns(csv, x->far_ns, err)) != ST_OK)
            return st;
        st = buf_addstr(csv, "\n", err);
    }
    return st;
}

static double
accuracy(const struct report_stream *s)
{
    double right = 0;

    for (size_t i = 0; i < s->result->n; i++)
        right += s->result->step[i].answer == s->want[i];
    return right / (double)s->result->n;
}

static json_t *
pulls(const struct report_stream *s)
{
    json_t *a = json_array();

    for (int e = 0; a != NULL && e < s->order->own.arms; e++)
        (void)json_array_append_new(
            a, json_integer((json_int_t)s->result->pulls[e]));
    return a;
}

static json_t *
residual(const struct stats *s)
{
    return s->n == 0 ? json_null()
                     : json_pack("{s:f,s:o,s:o}", "rel", s->median, "ci95_lo",
                           json_number_or_null(s->lo), "ci95_hi",
                           json_number_or_null(s->hi));
}

static json_t *
here(const struct report_stream *s)
{
    const struct stream_result *r = s->result;

    return json_pack("{s:f,s:o,s:o}", "measured_ns", r->here_ns, "predicted_ns",
        json_number_or_null(r->predicted_here), "residual", residual(&r->here));
}

/* On one device nothing really goes over: then only the table knows. */
static json_t *
over(const struct report_stream *s)
{
    const struct stream_result *r = s->result;

    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o}", "n",
        (json_int_t)r->handed_over, "measured_ns",
        json_number_or_null(s->elsewhere ? r->rest_ns : NAN), "far_ns",
        json_number_or_null(s->elsewhere ? r->far_ns : NAN), "completed_ns",
        json_number_or_null(s->elsewhere ? NAN : r->rest_ns), "predicted_ns",
        json_number_or_null(r->predicted_over), "residual", residual(&r->over));
}

/* Mean cost of a sample in the objective's unit, by the table. */
static double
predicted_cost(const struct report_stream *s)
{
    const struct live_table *t = &s->order->cost;
    double sum = 0;

    for (size_t i = 0; i < s->result->n; i++) {
        const struct stream_step *x = &s->result->step[i];

        sum += live_all_heads(s->kind, x->probe) ? t->path[x->arm]
                                                 : t->own[x->arm];
        sum += x->handed_over ? t->over[x->arm] : 0;
    }
    return sum / (double)s->result->n;
}

/* The same as measured; what no device did here comes from the table. */
static double
measured_cost(const struct report_stream *s)
{
    const struct stream_result *r = s->result;
    double share = (double)r->handed_over / (double)r->n;
    double each = s->elsewhere ? r->rest_ns : r->predicted_over;

    if (!s->order->timed)
        return NAN;
    return r->here_ns + (r->handed_over > 0 ? share * each : 0);
}

json_t *
report_stream(const struct report_stream *s)
{
    const struct stream_result *r = s->result;
    const double n = (double)r->n;

    return json_pack(
        "{s:s,s:I,s:f,s:f,s:f,s:o,s:f,s:I,s:s,s:o,s:o,s:{s:o,s:f}}", "name",
        s->kind->name, "n", (json_int_t)r->n, "accuracy", accuracy(s),
        "handed_over", (double)r->handed_over / n, "probed",
        (double)r->probed / n, "pulls", pulls(s), "decide_ns", r->decide_ns,
        "state_bytes",
        (json_int_t)policy_state_size(s->kind, s->order->own.arms), "steps",
        s->steps, "here", here(s), "over", over(s), "cost", "measured",
        json_number_or_null(measured_cost(s)), "predicted", predicted_cost(s));
}
