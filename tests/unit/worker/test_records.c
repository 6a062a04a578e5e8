/* SPDX-License-Identifier: MIT */
/* The `records` and `search` tasks on the project's own network, and on a
 * larger one where it is there. */
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
#include "search/data/records.h"
#include "unit/worker/task_box.h"

/* Analyse a model file; its normalised blob is ready in the box, `model` is
 * what a records task takes. */
static json_t *
analysed(struct task_box *b, const char *path)
{
    char hex[HASH_HEX], blob[HASH_HEX];
    const json_t *analysis, *x;
    json_t *exits = json_array();
    size_t i;

    box_file(b, path, hex);
    box_run(b, "analyse", json_pack("{s:s, s:s}", "blob", hex, "name", "m"));
    analysis = box_done(b);
    snprintf(blob, sizeof(blob), "%s",
        json_string_value(json_object_get(analysis, "blob")));
    json_array_foreach(json_object_get(analysis, "exits"), i, x)
    {
        json_array_append_new(
            exits, json_pack("{s:O, s:O}", "name", json_object_get(x, "name"),
                       "output", json_object_get(x, "output")));
    }
    box_reuse(b, blob);
    return json_pack(
        "{s:s, s:s, s:o}", "blob", blob, "input", "image", "exits", exits);
}

static json_t *
pixels(const char *inputs, const char *labels)
{
    return json_pack("{s:s, s:s?, s:{s:f}}", "inputs", inputs, "labels", labels,
        "preprocess", "scale", 1 / 255.0);
}

static double
number_of(const json_t *doc, const char *name)
{
    const json_t *v = json_object_get(doc, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The class whose score is largest in row `i`. */
static int64_t
largest(const struct records_vectors *b, size_t i)
{
    const float *v = b->v + i * b->dims;
    int64_t best = 0;

    for (size_t c = 1; c < b->dims; c++)
        if (v[c] > v[best])
            best = (int64_t)c;
    return best;
}

static void
our_network_gives_the_records_that_its_maker_gave(void **state)
{
    char inputs[HASH_HEX], labels[HASH_HEX], path[PATH_MAX];
    struct records want = { 0 }, got = { 0 };
    const json_t *r, *exits;
    struct task_box b;
    json_t *model;

    (void)state;
    box_open(&b);
    model = analysed(&b, OFFRAMP_FIXTURES "/cnn3.onnx");
    box_file(&b, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", inputs);
    box_file(&b, OFFRAMP_FIXTURES "/cnn3_labels.npy", labels);
    box_run(&b, "records",
        json_pack("{s:o, s:o, s:b}", "model", model, "dataset",
            pixels(inputs, labels), "vectors", 1));
    r = box_done(&b);
    exits = json_object_get(r, "exits");
    assert_int_equal(json_array_size(exits), 4);
    assert_true(number_of(r, "n") == 1600);
    assert_true(number_of(r, "labelled") == 1600);
    assert_true(fabs(number_of(r, "accuracy_full") - 0.87) < 1e-9);
    assert_true(
        fabs(number_of(json_array_get(exits, 0), "accuracy") - 0.5725) < 1e-9);
    assert_true(number_of(json_array_get(exits, 3), "agree") == 1);
    snprintf(path, sizeof(path), "%s/out/%s", b.dir,
        json_string_value(json_object_get(r, "csv")));
    assert_int_equal(records_load(path, &got, NULL), ST_OK);
    assert_int_equal(
        records_load(OFFRAMP_FIXTURES "/cnn3_records.csv", &want, NULL), ST_OK);
    assert_int_equal(got.n, want.n);
    assert_int_equal(got.exits, want.exits);
    for (size_t i = 0; i < got.n * (size_t)got.exits; i++) {
        assert_int_equal(got.pred[i], want.pred[i]);
        assert_true(fabs(got.score[i] - want.score[i]) < 1e-4);
        assert_int_equal(
            got.pred[i], largest(&got.vector[i / got.n], i % got.n));
    }
    for (size_t i = 0; i < got.n; i++)
        assert_int_equal(got.label[i], want.label[i]);
    records_clear(&got);
    records_clear(&want);
    box_close(&b);
}

static void
what_is_no_number_is_named_by_output_and_sample(void **state)
{
    static float data[3 * 24 * 24];
    char inputs[HASH_HEX];
    struct task_box b;
    json_t *model;

    (void)state;
    box_open(&b);
    model = analysed(&b, OFFRAMP_FIXTURES "/cnn3.onnx");
    data[2 * 24 * 24 + 100] = NAN; /* spoils the third picture */
    box_array(&b, "<f4", "(3, 1, 24, 24)", data, sizeof(data), inputs);
    box_run(&b, "records",
        json_pack(
            "{s:o, s:{s:s}}", "model", model, "dataset", "inputs", inputs));
    box_failed(&b, "model", "model.nan_output", "output exit0");
    box_failed(&b, "model", "model.nan_output", "sample 2");
    box_close(&b);
}

static void
an_output_that_is_not_there_is_named(void **state)
{
    static const float data[24 * 24];
    char inputs[HASH_HEX];
    struct task_box b;
    json_t *model;

    (void)state;
    box_open(&b);
    model = analysed(&b, OFFRAMP_FIXTURES "/cnn3.onnx");
    json_object_set_new(json_array_get(json_object_get(model, "exits"), 1),
        "output", json_string("exit9"));
    box_array(&b, "<f4", "(1, 1, 24, 24)", data, sizeof(data), inputs);
    box_run(&b, "records",
        json_pack(
            "{s:o, s:{s:s}}", "model", model, "dataset", "inputs", inputs));
    box_failed(&b, "model", "model.exit", "exit9");
    box_close(&b);
}

static void
a_csv_of_a_person_is_checked(void **state)
{
    static const char bad[] = "sample,label,pred_0,score_0,pred_1\n"
                              "a,0,1,0.5,x\n";
    char hex[HASH_HEX];
    struct task_box b;

    (void)state;
    box_open(&b);
    box_file(&b, OFFRAMP_FIXTURES "/cnn3_records.csv", hex);
    box_run(&b, "records", json_pack("{s:s}", "csv", hex));
    assert_string_equal(
        json_string_value(json_object_get(box_done(&b), "csv")), hex);
    assert_true(fabs(number_of(box_done(&b), "accuracy_full") - 0.87) < 1e-9);
    box_bytes(&b, bad, sizeof(bad) - 1, hex);
    box_run(&b, "records", json_pack("{s:s}", "csv", hex));
    box_failed(&b, "user", "records.csv", "line 2");
    box_run(&b, "records", json_object());
    box_failed(&b, "user", "request.field", "csv, or model and dataset");
    box_close(&b);
}

/* Costs of four exits, early ones cheap. */
static json_t *
some_costs(void)
{
    json_t *exits = json_array();

    for (int e = 0; e < 4; e++)
        json_array_append_new(
            exits, json_pack("{s:o, s:{s:i}, s:{s:i}}", "name",
                       json_sprintf("exit%d", e), "segment", "latency_ns", 1000,
                       "head", "latency_ns", e < 3 ? 50 : 0));
    return json_pack("{s:s, s:s, s:s, s:[s], s:o}", "schema", "offramp.costs/1",
        "device", "bench", "source", "measured", "metrics", "latency_ns",
        "exits", exits);
}

static void
records_and_costs_become_a_plan(void **state)
{
    const json_t *plan, *cal;
    char hex[HASH_HEX];
    struct task_box b;

    (void)state;
    box_open(&b);
    box_file(&b, OFFRAMP_FIXTURES "/cnn3_records.csv", hex);
    box_run(&b, "search",
        json_pack("{s:o, s:s, s:{s:s, s:f, s:i}}", "costs", some_costs(),
            "records", hex, "problem", "objective", "latency_ns", "max_drop",
            0.01, "seed", 1));
    plan = json_object_get(box_done(&b), "plan");
    cal = json_object_get(plan, "calibration");
    assert_string_equal(
        json_string_value(json_object_get(plan, "schema")), "offramp.plan/1");
    assert_true(number_of(cal, "cost") < number_of(cal, "cost_full"));
    assert_true(number_of(cal, "accuracy") >=
                number_of(cal, "accuracy_full") - 0.01 - 1e-9);
    assert_true(json_array_size(json_object_get(box_done(&b), "curve")) > 1);
    box_run(&b, "search",
        json_pack("{s:o, s:s, s:{s:s, s:f}}", "costs", some_costs(), "records",
            hex, "problem", "objective", "energy_nj", "max_drop", 0.01));
    assert_string_equal(
        json_string_value(json_object_get(b.result, "status")), "failed");
    assert_string_equal(
        json_string_value(json_object_get(b.result, "class")), "user");
    box_close(&b);
}

/* ResNet-20 on 2,000 CIFAR-10 pictures: with softmaxed heads, and the plain
 * network, which gives logits. */
static void
a_larger_network_is_as_accurate_as_it_was(void **state)
{
    static const struct {
        const char *file;
        size_t exits;
    } cases[] = {
        { "models/resnet20_cifar10_9exits.onnx", 9 },
        { "models/resnet20_cifar10.onnx", 1 },
    };
    char dir[PATH_MAX / 2], path[PATH_MAX], inputs[HASH_HEX], labels[HASH_HEX];
    const char *env = getenv("OFFRAMP_SHARED_DATA");

    (void)state;
    snprintf(dir, sizeof(dir), "%s", env ? env : OFFRAMP_SHARED_DATA);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct task_box b;
        json_t *model, *data;
        const json_t *r, *last;

        snprintf(path, sizeof(path), "%s/%s", dir, cases[i].file);
        if (!file_exists(path)) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        box_open(&b);
        model = analysed(&b, path);
        snprintf(path, sizeof(path), "%s/cifar10/test2k_images_u8.npy", dir);
        box_file(&b, path, inputs);
        snprintf(path, sizeof(path), "%s/cifar10/test2k_labels.npy", dir);
        box_file(&b, path, labels);
        data = json_pack("{s:s, s:s, s:{s:f, s:[fff], s:[fff]}}", "inputs",
            inputs, "labels", labels, "preprocess", "scale", 1 / 255.0, "mean",
            0.485, 0.456, 0.406, "std", 0.229, 0.224, 0.225);
        box_run(&b, "records",
            json_pack("{s:o, s:o}", "model", model, "dataset", data));
        r = box_done(&b);
        assert_int_equal(
            json_array_size(json_object_get(r, "exits")), cases[i].exits);
        assert_true(fabs(number_of(r, "accuracy_full") - 0.8135) < 0.001);
        last = json_array_get(json_object_get(r, "exits"), cases[i].exits - 1);
        assert_true(number_of(last, "mean_score") > 0.8 &&
                    number_of(last, "mean_score") < 1);
        box_close(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_network_gives_the_records_that_its_maker_gave),
        cmocka_unit_test(what_is_no_number_is_named_by_output_and_sample),
        cmocka_unit_test(an_output_that_is_not_there_is_named),
        cmocka_unit_test(a_csv_of_a_person_is_checked),
        cmocka_unit_test(records_and_costs_become_a_plan),
        cmocka_unit_test(a_larger_network_is_as_accurate_as_it_was),
    };

    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
