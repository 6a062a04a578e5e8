/* SPDX-License-Identifier: MIT */
#include "search/data/trial_fixed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/plan_read.h"

const struct trial_name trial_fixed_names[TRIAL_FIXED] = {
    [TRIAL_ONE_EXIT] = { "one-exit",
        "every sample leaves at the cheapest exit that keeps the floor" },
    [TRIAL_ONE_CUT] = { "one-cut",
        "every sample is handed over at the exit's tensor where that costs "
        "least, or none is" },
    [TRIAL_EXACT] = { "exact plan",
        "thresholds for the device alone, found on the calibration half" },
};

bool
trial_wanted(const struct trial_options *o, const char *name)
{
    for (size_t i = 0; i < o->n_names; i++)
        if (strcmp(o->names[i], name) == 0)
            return true;
    return o->n_names == 0;
}

bool
trial_fixed_named(const char *name)
{
    return strcmp(name, trial_fixed_names[TRIAL_ONE_EXIT].name) == 0 ||
           strcmp(name, trial_fixed_names[TRIAL_ONE_CUT].name) == 0;
}

static struct trial_row *
next_row(struct trial_rows *out, int which)
{
    struct trial_row *r = &out->row[out->n++];

    r->name = trial_fixed_names[which].name;
    r->summary = trial_fixed_names[which].summary;
    r->family = "fixed";
    r->realisable = true;
    r->step_ns = NAN;
    return r;
}

/* Right answers of each exit on the calibration half, and how many samples
 * have one to compare with. */
static enum status
count_right(
    const struct trial_base *b, size_t *right, size_t *n, struct err *err)
{
    const struct records *r = b->records;
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    bool final = b->options->reference == SEARCH_FINAL;
    uint8_t *half = malloc(r->n + 1);

    if (half == NULL)
        return err_nomem(err);
    records_split(r, b->options->seed, half);
    for (size_t i = 0; i < r->n; i++) {
        int64_t want = final ? last[i] : r->label[i];

        if (half[i] != RECORDS_CAL || want < 0)
            continue;
        ++*n;
        for (int e = 0; e < r->exits; e++)
            right[e] += r->pred[(size_t)e * r->n + i] == want;
    }
    free(half);
    return ST_OK;
}

/* The cheapest exit that keeps the floor when every sample leaves there. */
static enum status
add_one_exit(
    const struct trial_base *b, struct trial_rows *out, struct err *err)
{
    const struct trial_input *in = b->input;
    size_t right[POLICY_ARMS_MAX] = { 0 }, n = 0;
    int last = in->stream.arms - 1, best = last;
    struct trial_row *row;
    enum status st;

    if (!trial_wanted(b->options, trial_fixed_names[TRIAL_ONE_EXIT].name))
        return ST_OK;
    if ((st = count_right(b, right, &n, err)) != ST_OK)
        return st;
    for (int e = 0; e < last; e++)
        if ((double)right[e] >=
                (double)right[last] - b->options->max_drop * (double)n - 1e-9 &&
            in->own[e] < in->own[best])
            best = e;
    row = next_row(out, TRIAL_ONE_EXIT);
    row->fixed.outcome[0] = (struct trial_outcome){ in->own[best],
        in->earn_own[best], best, false };
    return ST_OK;
}

/* Run up to one exit's tensor and hand every sample over there, or none. */
static void
add_one_cut(const struct trial_base *b, struct trial_rows *out)
{
    const struct trial_input *in = b->input;
    int last = in->stream.arms - 1, best = last;
    double least = in->own[last];
    struct trial_row *row;

    if (!trial_wanted(b->options, trial_fixed_names[TRIAL_ONE_CUT].name))
        return;
    for (int e = 0; e < last; e++)
        if (in->backbone[e] + in->offload[e] < least) {
            least = in->backbone[e] + in->offload[e];
            best = e;
        }
    row = next_row(out, TRIAL_ONE_CUT);
    row->fixed.outcome[0] = (struct trial_outcome){ least,
        best == last ? in->earn_own[last] : least * in->unit, last,
        best != last };
}

/* Where each sample leaves under thresholds. */
static enum status
add_exact(const struct trial_base *b, const json_t *exact,
    struct trial_rows *out, struct err *err)
{
    const struct trial_input *in = b->input;
    const struct replay_stream *s = &in->stream;
    struct plan_exits x;
    struct trial_row *row;
    double heads = 0;
    enum status st = plan_exits_read(exact, &x, err);

    if (st != ST_OK)
        return st;
    row = next_row(out, TRIAL_EXACT);
    if ((row->fixed.choice = malloc(s->n + 1)) == NULL)
        return err_nomem(err);
    for (int e = 0; e < s->arms; e++) {
        double cost;

        heads += x.kept[e] ? in->own[e] - in->backbone[e] : 0;
        cost = in->backbone[e] + heads;
        row->fixed.outcome[e] =
            (struct trial_outcome){ cost, cost * in->unit, e, false };
    }
    for (size_t i = 0; i < s->n; i++) {
        int e = 0;

        while (e < s->arms - 1 &&
               !(x.kept[e] && s->score[(size_t)e * s->n + i] >= x.threshold[e]))
            e++;
        row->fixed.choice[i] = (uint8_t)e;
    }
    row->state_bytes = (size_t)s->arms * sizeof(float);
    return ST_OK;
}

enum status
trial_fixed_add(const struct trial_base *b, const json_t *exact,
    struct trial_rows *out, struct err *err)
{
    enum status st = add_one_exit(b, out, err);

    if (st != ST_OK)
        return st;
    add_one_cut(b, out);
    return add_exact(b, exact, out, err);
}
