/* SPDX-License-Identifier: MIT */
/*
 * bench_published [RECORDS] -- does SplitEE's published shape come out here?
 *
 * On exit records (by default those of ResNet-20 in the shared data) and on
 * made ones of 12 exits, with the published constants (lambda 0.1 a layer, a
 * fifth of it the head's; UCB width 1; 20 shuffles): cost and accuracy against
 * always running the full network, and regret at 2,000 steps, for handing over
 * at 0.5 of a layer's lambda and at 0.5 of a score's unit, the dearest that the
 * paper's code has.  alpha is the one of the code's own values that loses at
 * most two points on the calibration half and costs least there.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/data/trial.h"
#include "unit/policy/stream.h"

enum { STEPS = 2000, SHUFFLES = 20 };

static const double alphas[] = { 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9 };
enum { ALPHAS = sizeof(alphas) / sizeof(alphas[0]) };

static const char *const names[] = { "splitee-s", "splitee", "random",
    "final" };
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static double
figure(const json_t *doc, size_t row, const char *member)
{
    return json_number_value(json_array_get(
        json_object_get(
            json_array_get(json_object_get(doc, "policies"), row), member),
        0));
}

static json_t *
replay(struct records *r, double offload, double alpha)
{
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc;

    trial_options_init(&o);
    o.names = names;
    o.n_names = NAMES;
    o.offload[0] = offload;
    o.n_offload = 1;
    o.alpha = alpha;
    o.steps = STEPS;
    o.shuffles = SHUFFLES;
    o.time_limit_s = 0;
    if (trial_run(r, NULL, &o, &doc, &err) != ST_OK) {
        fprintf(stderr, "bench_published: %s\n", err.text);
        exit(1);
    }
    return doc;
}

/* Calibration and test half change places. */
static void
swap_halves(struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        r->half[i] = r->half[i] == RECORDS_CAL ? RECORDS_TEST : RECORDS_CAL;
}

/* The cheapest alpha for SplitEE that loses at most two points on the
 * calibration half; where none does, the one that loses least. */
static double
choose_alpha(struct records *r, double offload)
{
    double best = alphas[ALPHAS - 1], cost = INFINITY;

    swap_halves(r);
    for (size_t k = 0; k < ALPHAS; k++) {
        json_t *doc = replay(r, offload, alphas[k]);
        double lost = figure(doc, 3, "accuracy") - figure(doc, 1, "accuracy");

        if (lost <= 0.02 && figure(doc, 1, "cost") < cost) {
            cost = figure(doc, 1, "cost");
            best = alphas[k];
        }
        json_decref(doc);
    }
    swap_halves(r);
    return best;
}

static void
print_case(const char *title, struct records *r, double offload)
{
    double alpha = choose_alpha(r, offload);
    json_t *doc = replay(r, offload, alpha);
    double cost = figure(doc, 3, "cost"), right = figure(doc, 3, "accuracy");
    bool ordered = true;

    printf("\n%s, o = %g (%g lambda), alpha %g\n", title, offload,
        offload / 0.1, alpha);
    for (size_t k = 0; k < NAMES; k++) {
        printf("  %-10s cost %+6.1f %%  accuracy %+6.2f points  regret %7.1f\n",
            names[k], 100 * (figure(doc, k, "cost") / cost - 1),
            100 * (figure(doc, k, "accuracy") - right),
            figure(doc, k, "regret"));
        ordered = ordered && (k == 0 || figure(doc, k - 1, "regret") <
                                            figure(doc, k, "regret"));
    }
    printf("  half the cost for under two points: %s; regret in the published "
           "order: %s\n",
        figure(doc, 1, "cost") <= 0.52 * cost &&
                figure(doc, 1, "accuracy") > right - 0.02
            ? "yes"
            : "NO",
        ordered ? "yes" : "NO");
    json_decref(doc);
}

/* The 12-exit stream of the regret bench as exit records. */
static void
make_records(struct records *r)
{
    static struct made_stream made;

    stream_make(&made, 0.5, 0.25, false, 1);
    if (records_init(r, STREAM_N, STREAM_ARMS, NULL) != ST_OK ||
        (r->half = malloc(STREAM_N)) == NULL) {
        fprintf(stderr, "bench_published: out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i < STREAM_N; i++) {
        if (asprintf(&r->sample[i], "%zu", i) < 0)
            exit(1);
        r->label[i] = 1;
        r->half[i] = i % 2 ? RECORDS_TEST : RECORDS_CAL;
        for (size_t e = 0; e < STREAM_ARMS; e++) {
            r->pred[e * STREAM_N + i] = made.right[e * STREAM_N + i];
            r->score[e * STREAM_N + i] = made.score[e * STREAM_N + i];
        }
    }
}

/* Halves by the usual hash, so that they can change places. */
static bool
load(const char *path, struct records *r)
{
    struct err err = { 0 };

    if (records_load(path, r, &err) != ST_OK) {
        printf("%s: %s\n", path, err.text);
        return false;
    }
    if (r->half == NULL) {
        uint8_t *half = malloc(r->n + 1);

        if (half == NULL)
            return false;
        records_split(r, 1, half);
        r->half = half;
    }
    return true;
}

int
main(int argc, char **argv)
{
    static const double offloads[] = { 0.05, 0.5 };
    const char *path = argc > 1 ? argv[1]
                                : OFFRAMP_SHARED_DATA
                           "/exit-records/cifar10_resnet20_9exits.csv";
    struct records r = { 0 };

    if (load(path, &r))
        for (size_t i = 0; i < 2; i++)
            print_case("records", &r, offloads[i]);
    records_clear(&r);
    make_records(&r);
    for (size_t i = 0; i < 2; i++)
        print_case("12 made exits", &r, offloads[i]);
    records_clear(&r);
    return 0;
}
