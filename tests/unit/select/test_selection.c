/* SPDX-License-Identifier: MIT */
/* offramp select's document: what must hold of any, and what is refused by
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/rng.h"
#include "search/data/selection.h"
#include "search/data/trial.h"

enum { ROWS = 200, COLUMNS = 2 };

static char folder[] = "/tmp/offramp-select-XXXXXX";

/* An .npy of float32 [rows][columns]; `odd` replaces one value, `constant`
 * one column. */
static void
write_npy(char path[80], int rows, float odd, int constant)
{
    char head[128];
    struct buf b;
    struct rng rng = { 4 };
    unsigned short len = 118;

    snprintf(path, 80, "%s/x.npy", folder);
    memset(head, ' ', sizeof(head));
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    memcpy(head + 8, &len, 2);
    head[10 + snprintf(head + 10, sizeof(head) - 10,
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), "
                  "}",
                  rows, COLUMNS)] = ' ';
    head[127] = '\n';
    buf_init(&b, 1 << 20);
    assert_int_equal(buf_add(&b, head, sizeof(head), NULL), ST_OK);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < COLUMNS; j++) {
            float v = (float)(i % 2 * (j == 0) + 0.3 * rng_unit(&rng));

            if (i == 3 && j == 1 && isnan(odd))
                v = odd;
            if (j == constant)
                v = 5;
            assert_int_equal(buf_add(&b, &v, sizeof(v), NULL), ST_OK);
        }
    assert_int_equal(file_write(path, b.data, b.len, NULL), ST_OK);
    buf_clear(&b);
}

/* One exit; right for even samples, or for all but every tenth. */
static enum status
add(struct selection *s, const char *name, bool large, double cost, int rows,
    int shift, struct err *err)
{
    struct records r;
    struct costs c;
    struct buf b;
    json_t *doc;
    enum status st;

    buf_init(&b, 1 << 20);
    assert_int_equal(
        buf_addstr(&b, "sample,label,pred_0,score_0\n", NULL), ST_OK);
    for (int i = 0; i < rows; i++)
        assert_int_equal(buf_addf(&b, NULL, "s%d,1,%d,0.5\n", i + shift,
                             large ? i % 10 != 9 : i % 2 == 0),
            ST_OK);
    assert_int_equal(records_parse(b.data, b.len, &r, NULL), ST_OK);
    doc = json_pack("{s:s,s:[s],s:[{s:s,s:{s:f}}]}", "schema",
        "offramp.costs/1", "metrics", "latency_ns", "exits", "name", "final",
        "segment", "latency_ns", cost);
    assert_int_equal(costs_read(doc, &c, NULL), ST_OK);
    st = selection_add(s, name, &r, &c, NULL, "latency_ns", err);
    json_decref(doc);
    records_clear(&r);
    costs_clear(&c);
    buf_clear(&b);
    return st;
}

static void
prepare(struct selection *s)
{
    char path[80];

    *s = (struct selection){ 0 };
    assert_int_equal(add(s, "small", false, 10, ROWS, 0, NULL), ST_OK);
    assert_int_equal(add(s, "large", true, 100, ROWS, 0, NULL), ST_OK);
    write_npy(path, ROWS, 0, -1);
    assert_int_equal(selection_features(s, path, NULL), ST_OK);
}

static double
at(const json_t *o, const char *a, const char *b)
{
    return json_get_number(json_object_get(o, a), b);
}

static void
choosing_is_bounded_by_the_oracle_and_pays_its_features(void **state)
{
    struct selection s;
    struct selection_options o;
    struct err err = { 0 };
    json_t *doc, *p;
    size_t i;

    (void)state;
    prepare(&s);
    selection_options_init(&o);
    o.feature_cost = 3;
    if (selection_run(&s, "latency_ns", &o, &doc, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_string_equal(json_get_string(doc, "best", ""), "large");
    /* odd samples but every tenth need the large one; those are wrong */
    assert_float_equal(at(doc, "oracle", "accuracy"), 0.9, 1e-12);
    assert_float_equal(at(doc, "oracle", "cost"), 0.6 * 10 + 0.4 * 100, 1e-9);
    assert_int_equal(json_array_size(json_object_get(doc, "policies")), 6);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        double accuracy = at(p, "test", "accuracy");
        double cost = at(p, "test", "cost");

        assert_true(accuracy <= 0.9 + 1e-12 && accuracy > 0.8);
        assert_true(cost >= 3 && cost < 100);
        assert_float_equal(
            json_get_number(p, "break_even"), 100 - (cost - 3), 1e-9);
        assert_true(json_is_true(json_object_get(p, "pays")));
    }
    json_decref(doc);
    o.feature_cost = 200;
    assert_int_equal(selection_run(&s, "latency_ns", &o, &doc, NULL), ST_OK);
    json_array_foreach(json_object_get(doc, "policies"), i, p)
    {
        assert_true(json_is_false(json_object_get(p, "pays")));
    }
    json_decref(doc);
    selection_clear(&s);
}

static void
a_plan_costs_what_its_samples_leave_at(void **state)
{
    static const char csv[] = "sample,label,pred_0,score_0,pred_1,score_1\n"
                              "a,1,1,0.9,1,0.9\nb,1,0,0.2,1,0.9\n";
    json_t *doc = json_pack("{s:s,s:[s],s:[{s:s,s:{s:f},s:{s:f}},{s:s,s:{s:f}}]"
                            "}",
        "schema", "offramp.costs/1", "metrics", "latency_ns", "exits", "name",
        "e", "segment", "latency_ns", 10.0, "head", "latency_ns", 1.0, "name",
        "final", "segment", "latency_ns", 20.0);
    json_t *plan = json_pack(
        "{s:s,s:s,s:s,s:s,s:[{s:i,s:s,s:b,s:f},{s:i,s:s,s:b,s:n}]}", "schema",
        "offramp.plan/1", "status", "optimal", "objective", "latency_ns",
        "reference", "label", "exits", "index", 0, "name", "e", "kept", 1,
        "threshold", 0.5, "index", 1, "name", "final", "kept", 1, "threshold");
    struct selection s = { 0 };
    struct records r;
    struct costs c;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(records_parse(csv, strlen(csv), &r, NULL), ST_OK);
    assert_int_equal(costs_read(doc, &c, NULL), ST_OK);
    assert_int_equal(
        selection_add(&s, "whole", &r, &c, NULL, "latency_ns", NULL), ST_OK);
    if (selection_add(&s, "plan", &r, &c, plan, "latency_ns", &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_true(s.cost[0] == 30 && s.cost[1] == 30); /* no early head */
    assert_true(s.cost[2] == 11 && s.cost[3] == 31); /* a failed head is paid */
    assert_true(s.right[2] == 1 && s.right[3] == 1);
    json_decref(doc);
    json_decref(plan);
    records_clear(&r);
    costs_clear(&c);
    selection_clear(&s);
}

static void
refused(enum status st, const struct err *err, const char *says)
{
    assert_true(st == ST_INVALID || st == ST_UNPROCESSABLE);
    if (strstr(err->text, says) == NULL)
        fail_msg("'%s' does not say '%s'", err->text, says);
}

static void
what_does_not_fit_is_refused_by_name(void **state)
{
    struct selection s, one = { 0 };
    struct selection_options o;
    struct err err = { 0 };
    json_t *doc;
    char path[80];

    (void)state;
    prepare(&s);
    refused(add(&s, "short", true, 1, ROWS - 1, 0, &err), &err,
        "short has 199 samples");
    err_clear(&err);
    refused(add(&s, "other", true, 1, ROWS, 1, &err), &err, "sample 's1'");
    free(s.x);
    s.x = NULL;
    write_npy(path, ROWS, NAN, -1);
    err_clear(&err);
    refused(selection_features(&s, path, &err), &err, "row 3, column 1");
    free(s.x);
    s.x = NULL;
    write_npy(path, ROWS, 0, 1);
    err_clear(&err);
    refused(selection_features(&s, path, &err), &err, "column 1 is 5");
    free(s.x);
    s.x = NULL;
    write_npy(path, ROWS - 1, 0, -1);
    err_clear(&err);
    refused(selection_features(&s, path, &err), &err, "199 rows for 200");
    selection_clear(&s);

    selection_options_init(&o);
    assert_int_equal(add(&one, "small", false, 10, ROWS, 0, NULL), ST_OK);
    err_clear(&err);
    refused(selection_run(&one, "latency_ns", &o, &doc, &err), &err,
        "nothing to choose between");
    selection_clear(&one);
    prepare(&s);
    o.folds = 60;
    err_clear(&err);
    refused(selection_run(&s, "latency_ns", &o, &doc, &err), &err, "too few");
    o.folds = 10;
    o.feature_cost = NAN;
    err_clear(&err);
    refused(selection_run(&s, "latency_ns", &o, &doc, &err), &err, "features");
    selection_clear(&s);
}

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

/* Exit 0 is right for even samples, the last exit for all, or for no odd one
 * either.  The first feature says whether a sample is odd. */
static void
records_of_two_exits(struct records *r, bool hopeless)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    assert_int_equal(
        buf_addstr(
            &b, "sample,label,pred_0,score_0,pred_1,score_1,split\n", NULL),
        ST_OK);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(buf_addf(&b, NULL, "s%d,%d,%d,0.6,1,0.9,%s\n", i,
                             hopeless && i % 2 ? 2 : 1, i % 2 == 0,
                             i % 4 < 2 ? "cal" : "test"),
            ST_OK);
    assert_int_equal(records_parse(b.data, b.len, r, NULL), ST_OK);
    buf_clear(&b);
}

static void
costs_of_two_exits(struct costs *c)
{
    json_t *doc =
        json_pack("{s:s,s:[s],s:[{s:s,s:{s:i},s:{s:i}},{s:s,s:{s:i}}]}",
            "schema", "offramp.costs/1", "metrics", "latency_ns", "exits",
            "name", "early", "segment", "latency_ns", 10, "head", "latency_ns",
            2, "name", "final", "segment", "latency_ns", 90);

    assert_int_equal(costs_read(doc, c, NULL), ST_OK);
    json_decref(doc);
}

/* Even samples pay 12, odd ones 100 or, where nobody is right about them,
 * nothing: then nothing runs, which is no success.  Features cost 3. */
static void
premodels_choose_an_exit_in_the_table_of_all_policies(void **state)
{
    static const char *const names[] = { "knn-cascade", "tree-single" };
    struct trial_options o;
    struct err err = { 0 };
    struct records r;
    struct costs c;
    char path[80];
    json_t *doc;

    (void)state;
    costs_of_two_exits(&c);
    write_npy(path, ROWS, 0, -1);
    trial_options_init(&o);
    o.offload[0] = 50;
    o.n_offload = 1;
    o.steps = 400;
    o.shuffles = 5;
    o.names = names;
    o.n_names = 2;
    o.features = path;
    o.feature_cost = 3;
    for (int hopeless = 0; hopeless < 2; hopeless++) {
        records_of_two_exits(&r, hopeless);
        if (trial_run(&r, &c, &o, &doc, &err) != ST_OK)
            fail_msg("%s", err.text);
        for (int k = 0; k < 2; k++) {
            assert_float_equal(figure(doc, names[k], "cost"),
                hopeless ? 12 / 2.0 + 3 : (12 + 100) / 2.0 + 3, 1e-9);
            assert_float_equal(
                figure(doc, names[k], "accuracy"), hopeless ? 0.5 : 1, 1e-12);
        }
        json_decref(doc);
        records_clear(&r);
    }
    costs_clear(&c);
}

static void
features_of_other_samples_are_refused_there_too(void **state)
{
    struct trial_options o;
    struct err err = { 0 };
    struct records r;
    struct costs c;
    char path[80];
    json_t *doc;

    (void)state;
    costs_of_two_exits(&c);
    records_of_two_exits(&r, false);
    write_npy(path, ROWS - 1, 0, -1);
    trial_options_init(&o);
    o.offload[0] = 50;
    o.n_offload = 1;
    o.features = path;
    assert_int_equal(trial_run(&r, &c, &o, &doc, &err), ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "199 rows for 200 samples"));
    assert_null(doc);
    records_clear(&r);
    costs_clear(&c);
}

static int
begin(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int
end(void **state)
{
    char path[80];

    (void)state;
    snprintf(path, sizeof(path), "%s/x.npy", folder);
    (void)unlink(path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            choosing_is_bounded_by_the_oracle_and_pays_its_features),
        cmocka_unit_test(a_plan_costs_what_its_samples_leave_at),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(premodels_choose_an_exit_in_the_table_of_all_policies),
        cmocka_unit_test(features_of_other_samples_are_refused_there_too),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
