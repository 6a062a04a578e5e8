/* SPDX-License-Identifier: MIT */
/* Each policy against the same policy written slowly; and what regret,
 * accounts and views must look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/policy/kinds.h"
#include "unit/policy/slow.h"
#include "unit/policy/stream.h"

enum { LONG = 20000, SHORT = 2000, RUNS = 6 };

static struct made_stream made;

/* Mean regret of a policy over RUNS seeded streams. */
static double
regret_of(const char *name, double o, double mu, bool shift, size_t steps)
{
    const struct policy_kind *k = policy_find(name);
    void *state = malloc(1 << 14);
    double sum = 0;

    assert_non_null(k);
    assert_non_null(state);
    for (uint64_t run = 1; run <= RUNS; run++) {
        struct replay_order order;
        struct replay_result r;

        stream_make(&made, o, mu, shift, run);
        assert_int_equal(replay_order_init(&order, &made.stream,
                             &made.settings.own, steps, run, NULL),
            ST_OK);
        replay_run(k, state, &made.settings, &made.stream, &made.costs, &order,
            NULL, &r);
        sum += r.regret;
        replay_order_clear(&order);
    }
    free(state);
    return sum / RUNS;
}

/* Choices step by step, as replay_run() would see them. */
struct spy {
    const struct policy_kind *kind;
    void *state;
    struct slow_step *step;
    size_t n;
};
static struct spy spy;

static void
spy_start(void *state, const struct policy_setting *s)
{
    (void)state;
    spy.n = 0;
    spy.kind->start(spy.state, s);
}

static struct policy_choice
spy_decide(void *state)
{
    struct policy_choice c = spy.kind->decide(spy.state);

    (void)state;
    spy.step[spy.n++] = (struct slow_step){ c.arm, c.probe };
    return c;
}

static void
spy_observe(void *state, const struct policy_seen *seen)
{
    (void)state;
    spy.kind->observe(spy.state, seen);
}

static double
replay_spied(const struct replay_order *order, struct slow_step *step)
{
    struct policy_kind k = *spy.kind;
    struct replay_result r;

    k.start = spy_start;
    k.decide = spy_decide;
    k.observe = spy_observe;
    spy.step = step;
    replay_run(
        &k, NULL, &made.settings, &made.stream, &made.costs, order, NULL, &r);
    return r.regret;
}

/* `memory` 0: the usual one. */
static void
agrees(const char *name, size_t steps, bool shift, double memory)
{
    static struct slow_step fast[LONG], slow[LONG];
    struct replay_order order;
    double want, got;

    stream_make(&made, 0.4, 0.25, shift, 7);
    if (memory > 0)
        made.settings.own.memory = made.settings.path.memory = memory;
    assert_int_equal(replay_order_init(&order, &made.stream, &made.settings.own,
                         steps, 7, NULL),
        ST_OK);
    spy.kind = policy_find(name);
    assert_non_null(spy.kind);
    spy.state = malloc(policy_state_size(spy.kind, STREAM_ARMS));
    assert_non_null(spy.state);
    got = replay_spied(&order, fast);
    want = slow_replay(name, &made.settings, &made.stream, &order, steps, slow);
    for (size_t i = 0; i < steps; i++)
        if (fast[i].arm != slow[i].arm || fast[i].probe != slow[i].probe)
            fail_msg("%s, step %zu: arm %d%s, should be %d%s", name, i,
                fast[i].arm, fast[i].probe ? " (probe)" : "", slow[i].arm,
                slow[i].probe ? " (probe)" : "");
    if (!(fabs(got - want) < 1e-6))
        fail_msg("%s: regret %.9g, should be %.9g", name, got, want);
    free(spy.state);
    replay_order_clear(&order);
}

static void
every_decision_equals_the_slow_reference(void **state)
{
    static const char *const names[] = { "splitee", "splitee-s",
        "splitee-s-impute", "splitee-s-none", "splitee-s-published", "ucb-v",
        "kl-ucb", "thompson", "thompson-probe", "follow", "follow-drift",
        "random", "final" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        agrees(names[i], SHORT, false, 0);
        agrees(names[i], LONG, false, 0);
    }
    agrees("follow-drift", LONG, true, 0);
    agrees("window", SHORT + 500, true, 0);
    agrees("window", LONG, true, 400);
    agrees("discount", SHORT, true, 0);
    agrees("discount", LONG, true, 50);
}

/* Every row of the table has its reference. */
static void
no_policy_is_without_a_reference(void **state)
{
    struct replay_order order;
    struct slow_step step[10];

    (void)state;
    stream_make(&made, 0.4, 0.25, false, 7);
    assert_int_equal(replay_order_init(
                         &order, &made.stream, &made.settings.own, 10, 7, NULL),
        ST_OK);
    for (size_t i = 0; policy_kinds[i] != NULL; i++)
        if (isnan(slow_replay(policy_kinds[i]->name, &made.settings,
                &made.stream, &order, 10, step)))
            fail_msg("%s has none", policy_kinds[i]->name);
    replay_order_clear(&order);
}

static void
no_arm_needs_more_than_64_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; policy_kinds[i] != NULL; i++)
        assert_true(policy_kinds[i]->arm_bytes <= 64);
}

static void
regret_is_ordered_as_published(void **state)
{
    double s, plain, random, final;

    (void)state;
    /* the published constants: 0.1 a layer, 0.5 to hand over */
    s = regret_of("splitee-s", 0.5, 1.2, false, SHORT);
    plain = regret_of("splitee", 0.5, 1.2, false, SHORT);
    random = regret_of("random", 0.5, 1.2, false, SHORT);
    final = regret_of("final", 0.5, 1.2, false, SHORT);
    if (!(0 < s && s < plain && plain < random && random < final))
        fail_msg("SplitEE-S %.1f, SplitEE %.1f, random %.1f, final %.1f", s,
            plain, random, final);
}

static void
probing_in_doubt_has_a_quarter_of_ucb1s_regret(void **state)
{
    static const double cases[][2] = { { 0.4, 0.25 }, { 1, 0.5 } };

    (void)state;
    for (int i = 0; i < 2; i++) {
        double o = cases[i][0], mu = cases[i][1];
        double best = regret_of("thompson-probe", o, mu, false, LONG);
        double ucb1 = regret_of("splitee", o, mu, false, LONG);

        if (!(best <= 0.25 * ucb1))
            fail_msg("case %d: %.1f against %.1f", i, best, ucb1);
    }
}

static void
a_drift_test_finds_the_new_domain(void **state)
{
    double blind = regret_of("follow", 0.4, 0.25, true, LONG);
    double watching = regret_of("follow-drift", 0.4, 0.25, true, LONG);

    (void)state;
    if (!(watching < blind))
        fail_msg(
            "regret %.1f with the drift test, %.1f without", watching, blind);
}

/* Three samples, two exits, by hand. */
static void
the_account_of_three_samples_is_right(void **state)
{
    static const double score[] = { 0.9, 0.2, 0.8, /* exit 0 */
        0.5, 0.6, 0.7 };                           /* the network */
    static const uint8_t right[] = { 1, 0, 0, 0, 1, 1 };
    static const double own[] = { 2, 5 }, path[] = { 2, 6 }, offload[] = { 3 };
    static const double earn[] = { 0.1, 0.4 }, earn_off[] = { 0.2 };
    struct replay_stream s = { 3, 2, score, right, NULL };
    struct replay_costs c = { own, path, offload };
    struct replay_settings settings;
    struct replay_order order;
    struct replay_result r;
    struct policy_kind first = *policy_find("final");
    int arm;

    (void)state;
    policy_setting_init(&settings.own);
    settings.own.arms = 2;
    settings.own.cost = earn;
    settings.own.offload = earn_off;
    settings.own.alpha = 0.7;
    settings.path = settings.own;
    assert_int_equal(
        replay_order_init(&order, &s, &settings.own, 3, 1, NULL), ST_OK);
    /* earnings: exit 0: .8, .6 - .3 = .3, .7: 1.8; network .1, .2, .3: .6 */
    assert_int_equal(order.best[0], 0);
    replay_run(&first, &arm, &settings, &s, &c, &order, NULL, &r);
    assert_float_equal(r.cost, 5, 1e-12);
    assert_float_equal(r.accuracy, 2.0 / 3, 1e-12);
    assert_float_equal(r.offloaded, 0, 0);
    assert_float_equal(r.regret, 1.2, 1e-12);
    assert_int_equal(r.pulls[1], 3);
    assert_float_equal(r.trace[REPLAY_POINTS - 1], r.regret, 0);
    /* held at exit 0: samples 0 and 2 stay (right, wrong), 1 goes (right) */
    settings.own.seed = 0;
    while (policy_random.start(&arm, &settings.own), arm != 0)
        settings.own.seed++;
    replay_run(&policy_random, &arm, &settings, &s, &c, &order, NULL, &r);
    assert_float_equal(r.cost, (2 + 2 + 2 + 3) / 3.0, 1e-12);
    assert_float_equal(r.accuracy, 2.0 / 3, 1e-12);
    assert_float_equal(r.offloaded, 1.0 / 3, 1e-12);
    assert_float_equal(r.regret, 0, 1e-12);
    replay_order_clear(&order);
}

/* Sees what a device would see, and complains of anything more. */
static void
nosy_start(void *state, const struct policy_setting *s)
{
    (void)state;
    (void)s;
}

static struct policy_choice
nosy_decide(void *state)
{
    int *t = state, step = (*t)++;

    return step % 3 == 0 ? (struct policy_choice){ STREAM_ARMS - 1, true }
                         : (struct policy_choice){ step % STREAM_ARMS, false };
}

static void
nosy_observe(void *state, const struct policy_seen *seen)
{
    bool low = !(seen->score[seen->arm] >= made.settings.own.alpha);

    (void)state;
    for (int i = 0; i < STREAM_ARMS; i++)
        assert_int_equal(
            isnan(seen->score[i]), !(seen->probe || i == seen->arm));
    assert_int_equal(
        isnan(seen->final), !(low || seen->arm == STREAM_ARMS - 1));
}

static void
a_policy_sees_only_what_a_device_would(void **state)
{
    static const struct policy_kind nosy = { .name = "nosy",
        .view = POLICY_ARM,
        .start = nosy_start,
        .decide = nosy_decide,
        .observe = nosy_observe };
    struct replay_order order;
    struct replay_result r;
    int t = 0;

    (void)state;
    stream_make(&made, 0.4, 0.25, false, 3);
    assert_int_equal(replay_order_init(&order, &made.stream, &made.settings.own,
                         1000, 3, NULL),
        ST_OK);
    replay_run(
        &nosy, &t, &made.settings, &made.stream, &made.costs, &order, NULL, &r);
    assert_int_equal(t, 1000);
    replay_order_clear(&order);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decision_equals_the_slow_reference),
        cmocka_unit_test(no_policy_is_without_a_reference),
        cmocka_unit_test(no_arm_needs_more_than_64_bytes),
        cmocka_unit_test(regret_is_ordered_as_published),
        cmocka_unit_test(probing_in_doubt_has_a_quarter_of_ucb1s_regret),
        cmocka_unit_test(a_drift_test_finds_the_new_domain),
        cmocka_unit_test(the_account_of_three_samples_is_right),
        cmocka_unit_test(a_policy_sees_only_what_a_device_would),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
