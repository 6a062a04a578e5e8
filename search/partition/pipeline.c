/* SPDX-License-Identifier: MIT */
#include "search/partition/pipeline.h"

#include <stdlib.h>

enum { LAYERS_MAX = 2000 };

/* The best way to have layers 0..end-1 done after stage s, sending behind it
 * in one way. */
struct cell {
    int64_t slowest;
    uint16_t begin; /* of this stage */
    int8_t way;     /* in which its input came; -1: the first stage */
};

struct table {
    const struct pipeline *p; /* borrowed */
    struct cell *cell;        /* owned, [stages][layers + 1][ways + 1] */
    int64_t *sum;             /* owned, [layers + 1]: of one stage's times */
};

static struct cell *
cell(const struct table *t, size_t stage, size_t end, int way)
{
    size_t ways = t->p->ways + 1;

    return &t->cell[(stage * (t->p->layers + 1) + end) * ways +
                    (size_t)(way + 1)];
}

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Fill a stage's cells for one end and one way of sending behind it (-1:
 * nothing is sent, this is the last stage). */
static void
fill_cell(struct table *t, size_t stage, size_t end, int way)
{
    const struct pipeline *p = t->p;
    struct cell *best = cell(t, stage, end, way);
    int64_t behind =
        way < 0 ? 0 : p->encode_ps[(end - 1) * p->ways + (size_t)way];
    int64_t sent = way < 0 ? 0 : p->send_ps[(end - 1) * p->ways + (size_t)way];

    if (stage == 0) {
        *best = (struct cell){ larger(t->sum[end] + behind, sent), 0, -1 };
        return;
    }
    *best = (struct cell){ INT64_MAX, 0, -1 };
    for (size_t begin = stage; begin < end; begin++) {
        for (int in = 0; in < (int)p->ways; in++) {
            int64_t work = t->sum[end] - t->sum[begin] + behind +
                           p->decode_ps[(begin - 1) * p->ways + (size_t)in];
            int64_t slowest = larger(
                larger(work, sent), cell(t, stage - 1, begin, in)->slowest);

            if (slowest < best->slowest)
                *best = (struct cell){ slowest, (uint16_t)begin, (int8_t)in };
        }
    }
}

static void
fill_stage(struct table *t, size_t stage)
{
    const struct pipeline *p = t->p;
    const int64_t *time = p->time_ps + stage * p->layers;

    t->sum[0] = 0;
    for (size_t i = 0; i < p->layers; i++)
        t->sum[i + 1] = t->sum[i] + time[i];
    for (size_t end = stage + 1; end <= p->layers; end++)
        for (int way = -1; way < (end < p->layers ? (int)p->ways : 0); way++)
            fill_cell(t, stage, end, way);
}

static void
read_plan(const struct table *t, size_t last, struct pipeline_plan *out)
{
    size_t end = t->p->layers;
    int way = -1;

    out->stages = last + 1;
    for (size_t s = last + 1; s-- > 0;) {
        const struct cell *c = cell(t, s, end, way);

        out->end[s] = end;
        out->way[s] = way;
        end = c->begin;
        way = c->way;
    }
}

static enum status
check(const struct pipeline *p, struct err *err)
{
    size_t edges = p->layers ? (p->layers - 1) * p->ways : 0;

    if (p->layers < 1 || p->layers > LAYERS_MAX || p->stages < 1 ||
        p->stages > PIPELINE_STAGES_MAX || p->ways < 1 ||
        p->ways > PIPELINE_WAYS_MAX)
        return err_set(err, ST_INVALID, "partition.pipeline",
            "%zu layers over %zu processors with %zu ways of sending: give 1 "
            "to %d layers, 1 to %d processors, 1 to %d ways",
            p->layers, p->stages, p->ways, LAYERS_MAX, PIPELINE_STAGES_MAX,
            PIPELINE_WAYS_MAX);
    for (size_t i = 0; i < p->stages * p->layers; i++)
        if (p->time_ps[i] < 0 || p->time_ps[i] > INT64_C(1) << 50)
            return err_set(err, ST_INVALID, "partition.pipeline",
                "processor %zu, layer %zu: time is not within 0..1e15 ps",
                i / p->layers, i % p->layers);
    for (size_t i = 0; i < edges; i++)
        if (p->send_ps[i] < 0 || p->encode_ps[i] < 0 || p->decode_ps[i] < 0)
            return err_set(err, ST_INVALID, "partition.pipeline",
                "behind layer %zu, way %zu: a time is negative", i / p->ways,
                i % p->ways);
    return ST_OK;
}

enum status
pipeline_solve(
    const struct pipeline *p, struct pipeline_plan *out, struct err *err)
{
    struct table t = { .p = p };
    size_t stages = p->stages < p->layers ? p->stages : p->layers;
    enum status st = check(p, err);

    *out = (struct pipeline_plan){ .slowest_ps = INT64_MAX };
    if (st != ST_OK)
        return st;
    t.cell = malloc(stages * (p->layers + 1) * (p->ways + 1) * sizeof(*t.cell));
    t.sum = malloc((p->layers + 1) * sizeof(*t.sum));
    if (t.cell == NULL || t.sum == NULL)
        st = err_nomem(err);
    for (size_t s = 0; st == ST_OK && s < stages; s++) {
        fill_stage(&t, s);
        if (cell(&t, s, p->layers, -1)->slowest < out->slowest_ps) {
            out->slowest_ps = cell(&t, s, p->layers, -1)->slowest;
            read_plan(&t, s, out);
        }
    }
    free(t.cell);
    free(t.sum);
    return st;
}
