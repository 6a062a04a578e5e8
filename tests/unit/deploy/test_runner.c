/* SPDX-License-Identifier: MIT */
/* Plans run segment by segment: they decide as the records say, and answer as
 * the whole network does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "search/data/preprocess.h"
#include "search/data/records.h"
#include "server/cli/run_plan.h"
#include "unit/worker/task_box.h"

enum { EXITS = 9 };

/* The runtime fuses a whole graph otherwise than its parts, so the last bits
 * of logits differ (1.0e-6 was seen after softmax, in one value of 9,000).
 * Where it fuses nothing they are equal (unit/worker/test_augment.c). */
static const double TOLERANCE = 4e-6;

/* A network with its data. */
struct example {
    const char *model, *inputs, *preprocess;
    int exits;
    size_t rows;        /* tried at most */
    const char *prefix; /* of the exits' names */
};

static const struct example ours = { OFFRAMP_FIXTURES "/cnn3.onnx",
    OFFRAMP_FIXTURES "/cnn3_images_u8.npy", "{\"scale\":0.00392156862745098}",
    4, 400, "exit" };

/* Every kind of score is among the exits'. */
static const char *
score_of_exit(int e)
{
    return score_word((enum score)(e % SCORE_KINDS));
}

/* A plan document: NaN drops an exit. */
static json_t *
plan_of(const struct example *x, const double *threshold)
{
    json_t *exits = json_array();

    for (int e = 0; e < x->exits; e++) {
        bool last = e == x->exits - 1, kept = last || !isnan(threshold[e]);

        json_array_append_new(
            exits, json_pack("{s:i, s:o, s:b, s:s, s:o}", "index", e, "name",
                       json_sprintf("%s%d", x->prefix, e), "kept", kept,
                       "score", score_of_exit(e), "threshold",
                       kept && !last ? json_real(threshold[e]) : json_null()));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "offramp.plan/1",
        "status", "optimal", "objective", "latency_ns", "reference", "label",
        "exits", exits);
}

/* Rows of the example, prepared. */
struct rows {
    struct npy inputs;
    struct preprocess prepare;
    float *raw;
};

static void
rows_open(struct rows *r, const struct example *x)
{
    json_t *doc = json_loads(x->preprocess, 0, NULL);

    assert_int_equal(preprocess_read(doc, &r->prepare, NULL), ST_OK);
    json_decref(doc);
    assert_int_equal(npy_open(&r->inputs, x->inputs, "inputs", NULL), ST_OK);
    r->raw = malloc(r->inputs.row_elements * sizeof(float));
    assert_non_null(r->raw);
}

static void
rows_close(struct rows *r)
{
    npy_close(&r->inputs);
    free(r->raw);
}

static void
rows_get(struct rows *r, size_t i, float *out)
{
    npy_row(&r->inputs, i, r->raw);
    preprocess_row(&r->prepare, &r->inputs, r->raw, out);
}

/* Exit records of the example, made by the worker's own task. */
static void
make_records(const struct example *x, struct records *out)
{
    char model[HASH_HEX], inputs[HASH_HEX], path[PATH_MAX];
    json_t *exits = json_array();
    struct task_box b;

    box_open(&b);
    box_file(&b, x->model, model);
    box_run(&b, "analyse", json_pack("{s:s, s:s}", "blob", model, "name", "m"));
    snprintf(model, sizeof(model), "%s",
        json_string_value(json_object_get(box_done(&b), "blob")));
    box_reuse(&b, model);
    box_file(&b, x->inputs, inputs);
    for (int e = 0; e < x->exits; e++)
        json_array_append_new(exits,
            json_pack("{s:o, s:o, s:s}", "name",
                json_sprintf("%s%d", x->prefix, e), "output",
                json_sprintf("%s%d", x->prefix, e), "score", score_of_exit(e)));
    box_run(&b, "records",
        json_pack("{s:{s:s, s:s, s:o}, s:{s:s, s:o}}", "model", "blob", model,
            "input", "image", "exits", exits, "dataset", "inputs", inputs,
            "preprocess", json_loads(x->preprocess, 0, NULL)));
    snprintf(path, sizeof(path), "%s/out/%s", b.dir,
        json_string_value(json_object_get(box_done(&b), "csv")));
    assert_int_equal(records_load(path, out, NULL), ST_OK);
    box_close(&b);
}

/* Every sample leaves where the records say, with the class and score they
 * have. */
static void
compare_decisions(
    const struct example *x, const struct records *r, const double *threshold)
{
    json_t *plan = plan_of(x, threshold);
    struct run_plan p;
    struct rows rows;
    size_t n, tried = r->n < x->rows ? r->n : x->rows;

    rows_open(&rows, x);
    assert_int_equal(
        run_plan_open(&p, plan, SCORE_MAX_PROBABILITY, x->model, NULL), ST_OK);
    for (size_t i = 0; i < tried; i++) {
        struct runner_answer a;
        int e = 0;

        while (e < x->exits - 1 &&
               !(r->score[(size_t)e * r->n + i] >= threshold[e]))
            e++;
        rows_get(&rows, i, runner_input(p.runner, &n));
        assert_int_equal(runner_run(p.runner, &a, NULL), ST_OK);
        assert_int_equal(p.index[a.stage], e);
        assert_int_equal(a.class, r->pred[(size_t)e * r->n + i]);
        assert_true(fabs(a.score - r->score[(size_t)e * r->n + i]) < 1e-6);
    }
    run_plan_close(&p);
    rows_close(&rows);
    json_decref(plan);
}

static void
samples_leave_where_the_records_say(void **state)
{
    static const double plans[][EXITS] = {
        { 0.6, 0.7, 0.8 },
        { NAN, 0.55, NAN },
        { 0, NAN, NAN },
        { NAN, NAN, NAN },
        { 2, NAN, 0.5 },
    };
    struct records r;

    (void)state;
    make_records(&ours, &r);
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
        compare_decisions(&ours, &r, plans[i]);
    records_clear(&r);
}

/* The whole network, run at once. */
struct whole {
    struct runtime *rt;
    struct net *net;
    struct binding *binding;
    struct tensor input, output[EXITS];
    size_t n_out;
};

static void
fill(struct tensor *t, const struct tensor_info *info)
{
    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    t->dims[0] = 1;
    t->bytes = dtype_size(t->dtype);
    for (size_t i = 0; i < t->rank; i++)
        t->bytes *= (size_t)t->dims[i];
    t->data = calloc(1, t->bytes);
    assert_non_null(t->data);
}

static void
whole_open(struct whole *w, const char *path)
{
    const struct net_source src = { .path = path };
    const struct net_options options = NET_OPTIONS_DEFAULT;
    size_t n;

    assert_int_equal(runtime_onnx_open(&w->rt, NULL, NULL), ST_OK);
    assert_int_equal(net_open(&w->net, w->rt, &src, &options, NULL), ST_OK);
    fill(&w->input, net_inputs(w->net, &n));
    assert_int_equal(n, 1);
    net_outputs(w->net, &w->n_out);
    for (size_t i = 0; i < w->n_out; i++)
        fill(&w->output[i], &net_outputs(w->net, &n)[i]);
    assert_int_equal(
        net_bind(&w->binding, w->net, &w->input, w->output, NULL), ST_OK);
}

static void
whole_close(struct whole *w)
{
    binding_free(w->binding);
    net_close(w->net);
    runtime_close(w->rt);
    free(w->input.data);
    for (size_t i = 0; i < w->n_out; i++)
        free(w->output[i].data);
}

static const float *
whole_output(const struct whole *w, const char *name)
{
    size_t n;
    const struct tensor_info *out = net_outputs(w->net, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(out[i].name, name) == 0)
            return w->output[i].data;
    fail_msg("no output %s", name);
    return NULL;
}

/* With thresholds that nothing reaches every stage runs. */
static void
compare_outputs(const struct example *x, const double *threshold)
{
    json_t *plan = plan_of(x, threshold);
    struct whole w = { 0 };
    struct run_plan p;
    struct rows rows;
    size_t n;

    rows_open(&rows, x);
    whole_open(&w, x->model);
    assert_int_equal(
        run_plan_open(&p, plan, SCORE_MAX_PROBABILITY, x->model, NULL), ST_OK);
    for (size_t i = 0; i < (x->rows < 50 ? x->rows : 50); i++) {
        struct runner_answer a;

        rows_get(&rows, i, w.input.data);
        rows_get(&rows, i, runner_input(p.runner, &n));
        assert_int_equal(runner_run(p.runner, &a, NULL), ST_OK);
        assert_int_equal(net_run(w.net, w.binding, NULL), ST_OK);
        for (int s = 0; s <= a.stage; s++) {
            const float *got = runner_output(p.runner, s, &n);
            const float *want = whole_output(&w, p.exits.name[p.index[s]]);

            for (size_t k = 0; k < n; k++)
                assert_true(fabs((double)got[k] - want[k]) <=
                            TOLERANCE * fmax(fabs((double)want[k]), 1));
        }
    }
    run_plan_close(&p);
    whole_close(&w);
    rows_close(&rows);
    json_decref(plan);
}

static void
segments_in_turn_answer_as_the_whole(void **state)
{
    static const double all[EXITS] = { 2, 2, 2 }, one[EXITS] = { NAN, 2, NAN };

    (void)state;
    compare_outputs(&ours, all);
    compare_outputs(&ours, one);
}

static void
a_larger_network_does_both_too(void **state)
{
    static const double never[EXITS] = { 2, NAN, NAN, 2, NAN, 2, NAN, NAN },
                        plan[EXITS] = { NAN, 0.9, NAN, 0.8, NAN, NAN, 0.7,
                            NAN };
    char model[PATH_MAX], inputs[PATH_MAX];
    const char *env = getenv("OFFRAMP_SHARED_DATA");
    const char *dir = env ? env : OFFRAMP_SHARED_DATA;
    struct example x = { model, inputs,
        "{\"scale\":0.00392156862745098,\"mean\":[0.485,0.456,0.406],"
        "\"std\":[0.229,0.224,0.225]}",
        9, 100, "exit" };
    struct records r;

    (void)state;
    snprintf(
        model, sizeof(model), "%s/models/resnet20_cifar10_9exits.onnx", dir);
    snprintf(inputs, sizeof(inputs), "%s/cifar10/test2k_images_u8.npy", dir);
    if (!file_exists(model) || !file_exists(inputs)) {
        print_message("skipped: %s is not there\n", model);
        skip();
    }
    compare_outputs(&x, never);
    make_records(&x, &r);
    compare_decisions(&x, &r, plan);
    records_clear(&r);
}

static void
a_plan_of_another_network_is_refused_by_name(void **state)
{
    static const double drop[EXITS] = { NAN, NAN, NAN, NAN };
    struct example other = ours;
    struct err err = { 0 };
    struct run_plan p;
    json_t *plan;

    (void)state;
    other.prefix = "door";
    plan = plan_of(&other, drop);
    assert_int_equal(
        run_plan_open(&p, plan, SCORE_MAX_PROBABILITY, ours.model, &err),
        ST_UNPROCESSABLE);
    assert_string_equal(err.code, "plan.model");
    assert_non_null(strstr(err.text, "door0"));
    run_plan_close(&p);
    json_decref(plan);
    other = ours;
    other.exits = 3;
    plan = plan_of(&other, drop);
    err = (struct err){ 0 };
    assert_int_equal(
        run_plan_open(&p, plan, SCORE_MAX_PROBABILITY, ours.model, &err),
        ST_UNPROCESSABLE);
    assert_non_null(strstr(err.text, "4 exits"));
    run_plan_close(&p);
    json_decref(plan);
}

static void
a_broken_plan_names_its_member(void **state)
{
    static const struct {
        const char *plan, *words;
    } cases[] = {
        { "{}", "schema" },
        { "{\"schema\":\"offramp.plan/1\",\"status\":\"infeasible\","
          "\"objective\":\"latency_ns\",\"exits\":[]}",
            "nearest miss" },
        { "{\"schema\":\"offramp.plan/2\",\"status\":\"optimal\","
          "\"objective\":\"latency_ns\",\"exits\":[]}",
            "offramp.plan/1" },
        { "{\"schema\":\"offramp.plan/1\",\"status\":\"optimal\","
          "\"objective\":\"latency_ns\",\"exits\":[{\"index\":0,"
          "\"name\":\"a\",\"kept\":false}]}",
            "last exit" },
        { "{\"schema\":\"offramp.plan/1\",\"status\":\"optimal\","
          "\"objective\":\"latency_ns\",\"exits\":[{\"index\":0,"
          "\"name\":\"a\",\"kept\":true},{\"index\":1,\"name\":\"b\","
          "\"kept\":true}]}",
            "exits[0].threshold" },
        { "{\"schema\":\"offramp.plan/1\",\"status\":\"optimal\","
          "\"objective\":\"latency_ns\",\"exits\":[{\"index\":3,"
          "\"name\":\"a\",\"kept\":true}]}",
            "graph order" },
        { "{\"schema\":\"offramp.plan/1\",\"status\":\"optimal\","
          "\"objective\":\"latency_ns\",\"exits\":[{\"index\":0,"
          "\"name\":\"a\",\"kept\":true,\"score\":\"luck\"}]}",
            "exits[0].score is 'luck'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *doc = json_loads(cases[i].plan, 0, NULL);
        struct plan_exits x;
        struct err err = { 0 };

        assert_non_null(doc);
        assert_int_not_equal(plan_exits_read(doc, &x, &err), ST_OK);
        assert_non_null(strstr(err.text, cases[i].words));
        json_decref(doc);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_leave_where_the_records_say),
        cmocka_unit_test(segments_in_turn_answer_as_the_whole),
        cmocka_unit_test(a_larger_network_does_both_too),
        cmocka_unit_test(a_plan_of_another_network_is_refused_by_name),
        cmocka_unit_test(a_broken_plan_names_its_member),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
