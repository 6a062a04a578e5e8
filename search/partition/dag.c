/* SPDX-License-Identifier: MIT */
#include "search/partition/dag.h"

#include <stdlib.h>

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.graph", __VA_ARGS__)

static enum status
check_layer(const struct dag *d, size_t i, struct err *err)
{
    const struct dag_layer *x = &d->layer[i];

    if (x->first_ps < 0 || x->second_ps < 0)
        return BAD(err, "layer %zu: a time is negative", i);
    if (x->bytes < 0)
        return BAD(err, "layer %zu: its output has %lld bytes", i,
            (long long)x->bytes);
    for (size_t k = 0; k < x->n_reads; k++)
        if (x->reads[k] < DAG_INPUT || x->reads[k] >= (int64_t)i)
            return BAD(err,
                "layer %zu reads layer %d: layers must come after what they "
                "read",
                i, x->reads[k]);
    return ST_OK;
}

/* a += b * c, unless that is too much. */
static bool
add_up(int64_t *a, int64_t b, int64_t c)
{
    int64_t x;

    return !__builtin_mul_overflow(b, c, &x) &&
           !__builtin_add_overflow(*a, x, a) && *a <= DAG_TIME_MAX;
}

enum status
dag_check(const struct dag *d, const struct dag_link *l, struct err *err)
{
    enum status st = ST_OK;
    int64_t sum = 0;
    size_t reads = 0;

    if (d->n == 0 || d->n > DAG_LAYERS_MAX)
        return BAD(
            err, "%zu layers: a graph has 1 to %d", d->n, DAG_LAYERS_MAX);
    if (d->input_bytes < 0)
        return BAD(err, "the input has %lld bytes", (long long)d->input_bytes);
    if (l->base_ps < 0 || l->byte_ps < 0)
        return BAD(err, "the link's base and time per byte must be 0 or more");
    if (!add_up(&sum, d->input_bytes, l->byte_ps) ||
        !add_up(&sum, l->base_ps, 1))
        return BAD(err, "sending the input takes too long to be added up");
    for (size_t i = 0; st == ST_OK && i < d->n; i++) {
        const struct dag_layer *x = &d->layer[i];

        st = check_layer(d, i, err);
        reads += x->n_reads;
        if (st == ST_OK &&
            (!add_up(&sum, x->first_ps, 1) || !add_up(&sum, x->second_ps, 1) ||
                !add_up(&sum, x->bytes, l->byte_ps) ||
                !add_up(&sum, l->base_ps, 1)))
            return BAD(err, "layer %zu: times are too long to be added up", i);
    }
    if (st == ST_OK && reads > DAG_READS_MAX)
        return BAD(
            err, "%zu reads: a graph has at most %d", reads, DAG_READS_MAX);
    return st;
}

/* Tensor t is sent[t + 1]; the input is DAG_INPUT. */
static void
send_once(const struct dag *d, const struct dag_link *l, int32_t t,
    uint8_t *sent, struct dag_bill *out)
{
    int64_t bytes = t == DAG_INPUT ? d->input_bytes : d->layer[t].bytes;

    if (sent[t + 1])
        return;
    sent[t + 1] = 1;
    out->link_ps += l->base_ps + bytes * l->byte_ps;
    out->bytes += bytes;
    out->sent++;
}

enum status
dag_bill(const struct dag *d, const struct dag_link *l, const uint8_t *on_first,
    struct dag_bill *out, struct err *err)
{
    uint8_t *sent = calloc(d->n + 1, 1);

    *out = (struct dag_bill){ 0 };
    if (sent == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < d->n; i++) {
        const struct dag_layer *x = &d->layer[i];

        if (on_first[i]) {
            out->first_ps += x->first_ps;
            continue;
        }
        out->second_ps += x->second_ps;
        for (size_t k = 0; k < x->n_reads; k++)
            if (x->reads[k] == DAG_INPUT || on_first[x->reads[k]])
                send_once(d, l, x->reads[k], sent, out);
    }
    free(sent);
    return ST_OK;
}
