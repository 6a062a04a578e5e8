/* SPDX-License-Identifier: MIT */
/* Policies on records and costs: what fits together, and what is refused by
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "search/data/trial.h"

#define HEAD "sample,label,pred_0,score_0,pred_1,score_1,split\n"
#define ROWS                                                                   \
    "a,0,0,0.9,0,0.95,cal\nb,1,0,0.4,1,0.8,cal\n"                              \
    "c,0,0,0.9,0,0.95,test\nd,1,0,0.4,1,0.8,test\n"

static const char costs_text[] =
    "{\"schema\":\"offramp.costs/1\",\"device\":\"d\",\"source\":\"measured\","
    "\"metrics\":[\"latency_ns\",\"energy_nj\"],\"exits\":["
    "{\"name\":\"early\",\"segment\":{\"latency_ns\":100,\"energy_nj\":null},"
    "\"head\":{\"latency_ns\":10,\"energy_nj\":null}},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":290,\"energy_nj\":null},"
    "\"head\":{\"latency_ns\":0,\"energy_nj\":null}}]}";

static enum status
run(const char *csv, bool with_costs, const struct trial_options *o,
    json_t **doc, struct err *err)
{
    struct records r = { 0 };
    struct costs c = { 0 };
    json_t *json = NULL;
    enum status st;

    *doc = NULL;
    assert_int_equal(records_parse(csv, strlen(csv), &r, err), ST_OK);
    assert_int_equal(
        json_parse(costs_text, strlen(costs_text), &json, err), ST_OK);
    assert_int_equal(costs_read(json, &c, err), ST_OK);
    st = trial_run(&r, with_costs ? &c : NULL, o, doc, err);
    json_decref(json);
    records_clear(&r);
    costs_clear(&c);
    return st;
}

static void
set_offload(struct trial_options *o, double x)
{
    o->offload[0] = x;
    o->n_offload = 1;
    o->steps = 100;
    o->shuffles = 5;
}

static void
measured_costs_are_what_is_reported(void **state)
{
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc, *p;

    (void)state;
    trial_options_init(&o);
    set_offload(&o, 50);
    o.names = (const char *const[]){ "final", "splitee" };
    o.n_names = 2;
    assert_int_equal(run(HEAD ROWS, true, &o, &doc, &err), ST_OK);
    p = json_object_get(doc, "policies");
    assert_int_equal(json_array_size(p), 3);
    assert_string_equal(
        json_get_string(json_array_get(p, 2), "name", ""), "exact plan");
    assert_float_equal(json_number_value(json_array_get(
                           json_object_get(json_array_get(p, 2), "cost"), 0)),
        (110 + 400) / 2.0, 1e-9);
    p = json_array_get(p, 0);
    assert_string_equal(json_get_string(p, "name", ""), "final");
    assert_float_equal(
        json_number_value(json_array_get(json_object_get(p, "cost"), 0)), 390,
        1e-9);
    assert_float_equal(
        json_number_value(json_array_get(json_object_get(p, "accuracy"), 0)), 1,
        1e-12);
    /* without a drop the exact plan keeps `early` at 0.9: one of two leaves */
    p = json_object_get(json_object_get(doc, "exact"), "test");
    assert_float_equal(json_get_number(p, "cost"), (110 + 400) / 2.0, 1e-9);
    json_decref(doc);
}

static void
published_constants_need_no_costs(void **state)
{
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    trial_options_init(&o);
    set_offload(&o, 0.5);
    assert_int_equal(run(HEAD ROWS, false, &o, &doc, &err), ST_OK);
    assert_string_equal(json_get_string(doc, "objective", ""), "score");
    /* 0.8 lambda a layer, and lambda for the one with its head */
    assert_float_equal(json_get_number(json_object_get(doc, "full"), "cost"),
        0.08 + 0.1, 1e-12);
    json_decref(doc);
}

/* Of the row of that name, the first number of a figure. */
static double
figure(const json_t *doc, const char *name, const char *member)
{
    const json_t *p;
    size_t i;

    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        if (strcmp(json_get_string(p, "name", ""), name) == 0)
            return json_number_value(
                json_array_get(json_object_get(p, member), 0));
    }
    fail_msg("no row %s", name);
    return NAN;
}

/* The early exit is right on half of the samples, the full network on all:
 * without a drop one exit for all is the last.  Handing over behind the first
 * segment costs 100 + 50, less than 390. */
static void
what_is_fixed_beforehand_is_in_the_same_table(void **state)
{
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    trial_options_init(&o);
    set_offload(&o, 50);
    o.max_drop = 0;
    assert_int_equal(run(HEAD ROWS, true, &o, &doc, &err), ST_OK);
    assert_float_equal(figure(doc, "one-exit", "cost"), 390, 1e-9);
    assert_float_equal(figure(doc, "one-cut", "cost"), 150, 1e-9);
    assert_float_equal(figure(doc, "one-cut", "accuracy"), 1, 0);
    assert_float_equal(figure(doc, "one-cut", "offloaded"), 1, 0);
    /* the last arm's regret is the same as if a policy always took it */
    assert_float_equal(figure(doc, "one-exit", "regret"),
        figure(doc, "final", "regret"), 1e-9);
    json_decref(doc);
    o.max_drop = 0.5;
    set_offload(&o, 1000);
    assert_int_equal(run(HEAD ROWS, true, &o, &doc, &err), ST_OK);
    assert_float_equal(figure(doc, "one-exit", "cost"), 110, 1e-9);
    assert_float_equal(figure(doc, "one-exit", "accuracy"), 0.5, 0);
    assert_float_equal(figure(doc, "one-cut", "cost"), 390, 1e-9);
    assert_float_equal(figure(doc, "one-cut", "offloaded"), 0, 0);
    json_decref(doc);
}

struct bad {
    const char *csv;
    bool with_costs;
    void (*change)(struct trial_options *o);
    const char *says;
};

static void
energy(struct trial_options *o)
{
    o->objective = "energy_nj";
}

static void
no_link(struct trial_options *o)
{
    o->n_offload = 0;
}

static void
two_links(struct trial_options *o)
{
    o->n_offload = 2;
}

static void
dead_link(struct trial_options *o)
{
    o->offload[0] = INFINITY;
}

static void
negative_link(struct trial_options *o)
{
    o->offload[0] = -1;
}

static void
by_group(struct trial_options *o)
{
    o->by_group = true;
}

static void
short_memory(struct trial_options *o)
{
    o->memory = 3;
}

static void
alpha_two(struct trial_options *o)
{
    o->alpha = 2;
}

static void
unknown(struct trial_options *o)
{
    static const char *const names[] = { "ucb9" };

    o->names = names;
    o->n_names = 1;
}

static void
no_weight(struct trial_options *o)
{
    o->weight = 0;
}

static void
temporal_unordered(struct trial_options *o)
{
    static const char *const names[] = { "patience" };

    o->names = names;
    o->n_names = 1;
}

static void
premodel_blind(struct trial_options *o)
{
    static const char *const names[] = { "knn-cascade" };

    o->names = names;
    o->n_names = 1;
}

static void
ordered_groups(struct trial_options *o)
{
    o->ordered = o->by_group = true;
}

static void
nothing(struct trial_options *o)
{
    (void)o;
}

static void
contradictions_are_refused_by_name(void **state)
{
    static const struct bad bad[] = {
        { HEAD "a,0,0,0.9,0,,cal\nb,1,0,0.4,1,0.8,test\nc,1,0,0.4,1,,test\n",
            true, nothing, "score_1 of sample 1 is nan" },
        { HEAD "a,0,0,0.9,0,1,cal\nb,1,0,7,1,0.8,test\nc,1,0,1,1,1,test\n",
            true, nothing, "score_0 of sample 0 is 7" },
        { HEAD "a,0,0,0.9,0,1,cal\nb,1,0,0.7,1,0.8,test\n", true, nothing,
            "1 samples for 2 exits" },
        { HEAD ROWS, true, energy, "energy_nj was not measured" },
        { HEAD ROWS, true, no_link, "needs a link with a cost" },
        { HEAD ROWS, true, two_links, "2 offload costs for 1 early exits" },
        { HEAD ROWS, true, dead_link, "offload cost of arm 0 is inf" },
        { HEAD ROWS, true, negative_link, "offload cost of arm 0 is -" },
        { HEAD ROWS, true, by_group, "no column 'group'" },
        { HEAD ROWS, true, short_memory, "at least four for each" },
        { HEAD ROWS, true, alpha_two, "alpha is 2" },
        { HEAD ROWS, true, unknown, "no policy 'ucb9'" },
        { HEAD ROWS, true, no_weight, "weight is 0" },
        { HEAD ROWS, true, temporal_unordered, "patience compares samples" },
        { HEAD ROWS, true, premodel_blind, "give `features`" },
        { HEAD ROWS, true, ordered_groups, "contradict each other" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct trial_options o;
        struct err err = { 0 };
        json_t *doc;

        trial_options_init(&o);
        set_offload(&o, 50);
        bad[i].change(&o);
        assert_int_not_equal(
            run(bad[i].csv, bad[i].with_costs, &o, &doc, &err), ST_OK);
        assert_null(doc);
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, bad[i].says);
    }
}

/* Two groups of different ease, interleaved in the file. */
static void
groups_come_one_after_the_other(void **state)
{
    char csv[16384] = "sample,label,pred_0,score_0,pred_1,score_1,group\n";
    size_t n = strlen(csv);
    struct trial_options o;
    struct err err = { 0 };
    json_t *doc;

    (void)state;
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(csv + n, sizeof(csv) - n,
            "s%d,0,0,%s,0,0.99,%s%d\n", i, i % 2 ? "0.95" : "0.2",
            i % 2 ? "easy" : "hard", i / 2 % 4);
    trial_options_init(&o);
    set_offload(&o, 300);
    o.by_group = true;
    assert_int_equal(run(csv, true, &o, &doc, &err), ST_OK);
    assert_true(json_is_true(json_object_get(doc, "by_group")));
    assert_true(json_get_number(doc, "samples") > 0);
    json_decref(doc);
}

/* On real records: the published shape. */
static void
splitee_s_regrets_less_on_resnet20(void **state)
{
    const char *path =
        OFFRAMP_SHARED_DATA "/exit-records/cifar10_resnet20_9exits.csv";
    static const char *const names[] = { "splitee-s", "splitee", "random",
        "final" };
    struct records r = { 0 };
    struct trial_options o;
    struct err err = { 0 };
    double regret[4];
    json_t *doc = NULL;

    (void)state;
    if (access(path, R_OK) != 0) {
        print_message("skipped: no %s\n", path);
        skip();
    }
    trial_options_init(&o);
    set_offload(&o, 0.5);
    o.names = names;
    o.n_names = 4;
    o.steps = 2000;
    o.shuffles = 10;
    o.time_limit_s = 0;
    assert_int_equal(records_load(path, &r, &err), ST_OK);
    assert_int_equal(trial_run(&r, NULL, &o, &doc, &err), ST_OK);
    for (size_t i = 0; i < 4; i++)
        regret[i] = json_number_value(json_array_get(
            json_object_get(
                json_array_get(json_object_get(doc, "policies"), i), "regret"),
            0));
    for (int i = 0; i < 3; i++)
        assert_true(regret[i] < regret[i + 1]);
    json_decref(doc);
    records_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured_costs_are_what_is_reported),
        cmocka_unit_test(what_is_fixed_beforehand_is_in_the_same_table),
        cmocka_unit_test(published_constants_need_no_costs),
        cmocka_unit_test(contradictions_are_refused_by_name),
        cmocka_unit_test(groups_come_one_after_the_other),
        cmocka_unit_test(splitee_s_regrets_less_on_resnet20),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
