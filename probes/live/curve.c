/* SPDX-License-Identifier: MIT */
#include "probes/live/curve.h"

#include "base/clock.h"

static const int64_t pause_ns = 500000000;

void
curve_begin(struct curve *c, const char *policy, size_t rows)
{
    c->policy = policy;
    c->rows = rows;
    c->done = 0;
}

static enum status
flush(struct curve *c, struct err *err)
{
    json_t *part;
    enum status st;

    if (json_array_size(c->points) == 0)
        return ST_OK;
    part = json_pack("{s:s,s:o}", "policy", c->policy, "points", c->points);
    c->points = NULL;
    st = part != NULL ? task_part(c->task, part, err) : err_nomem(err);
    json_decref(part);
    c->told_ns = clock_ns();
    return st;
}

enum status
curve_watch(void *ctx, const struct stream_point *now, struct err *err)
{
    struct curve *c = ctx;

    task_progress(c->task, "live", (int64_t)(c->before + now->done),
        (int64_t)c->all, c->policy);
    if (now->done * CURVE_POINTS < (c->done + 1) * c->rows)
        return ST_OK;
    c->done++;
    if (c->points == NULL && (c->points = json_array()) == NULL)
        return err_nomem(err);
    if (json_array_append_new(
            c->points, json_pack("[I,o,o,o,o]", (json_int_t)now->done,
                           json_number_or_null(now->here_ns),
                           json_number_or_null(now->predicted_ns),
                           json_number_or_null(now->handed_over),
                           json_number_or_null(now->accuracy))) < 0)
        return err_nomem(err);
    return clock_ns() - c->told_ns < pause_ns ? ST_OK : flush(c, err);
}

enum status
curve_end(struct curve *c, size_t n, struct err *err)
{
    c->before += n;
    c->all -= c->rows - n;
    return flush(c, err);
}

void
curve_clear(struct curve *c)
{
    json_decref(c->points);
    c->points = NULL;
}
