/* SPDX-License-Identifier: MIT */
#include "probes/live/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

static enum status
add_header(const struct record_setup *s, struct buf *csv, struct err *err)
{
    enum status st = buf_addstr(csv, "sample,label", err);

    for (int e = 0; st == ST_OK && e < runner_stages(s->runner); e++)
        st = buf_addf(csv, err, ",pred_%d,score_%d", e, e);
    return st == ST_OK ? buf_addstr(csv, "\n", err) : st;
}

/* Every exit's head in turn, one segment after the other. */
static enum status
add_row(const struct record_setup *s, size_t i, struct buf *csv, int64_t *last,
    struct err *err)
{
    enum status st = buf_addf(csv, err, "%zu,%" PRId64, s->first + i,
        s->labels != NULL ? s->labels[i] : INT64_C(-1));

    runner_begin(s->runner);
    for (int e = 0; st == ST_OK && e < runner_stages(s->runner); e++) {
        double score[RUNNER_EXITS_MAX];
        struct runner_answer a;

        if ((st = runner_reach(s->runner, e, false, score, &a, err)) != ST_OK)
            break;
        *last = a.class;
        st = buf_addf(csv, err, ",%" PRId64 ",%.17g", a.class, a.score);
    }
    return st == ST_OK ? buf_addstr(csv, "\n", err) : st;
}

static enum status
time_full(const struct record_setup *s, double *ns, struct err *err)
{
    double score[RUNNER_EXITS_MAX];
    struct runner_answer a;
    int64_t start = clock_ns();
    enum status st;

    runner_begin(s->runner);
    st = runner_reach(
        s->runner, runner_stages(s->runner) - 1, false, score, &a, err);
    *ns += (double)(clock_ns() - start);
    return st;
}

enum status
record_stream(const struct record_setup *s, struct buf *csv, int64_t *last,
    double *full_ns, struct err *err)
{
    enum status st = add_header(s, csv, err);
    size_t elements;
    float *input = runner_input(s->runner, &elements);

    *full_ns = 0;
    for (size_t i = 0; st == ST_OK && i < s->n; i++) {
        memcpy(input, s->rows + i * elements, elements * sizeof(*input));
        if ((st = add_row(s, i, csv, &last[i], err)) == ST_OK)
            st = time_full(s, full_ns, err);
    }
    *full_ns /= (double)s->n;
    return st;
}
