/* SPDX-License-Identifier: MIT */
/* The `quantise` task on the project's own network: an image for boards, and
 * what int8 costs it. */
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
#include "probes/nn/image.h"
#include "unit/worker/task_box.h"

/* A box with the network's blob, its analysis and its data. */
struct bench {
    struct task_box box;
    json_t *analysis, *data; /* owned */
};

static int
bench_open(void **state)
{
    struct bench *x = calloc(1, sizeof(*x));
    char hex[HASH_HEX], images[HASH_HEX], labels[HASH_HEX];

    box_open(&x->box);
    box_file(&x->box, OFFRAMP_FIXTURES "/cnn3.onnx", hex);
    box_file(&x->box, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", images);
    box_file(&x->box, OFFRAMP_FIXTURES "/cnn3_labels.npy", labels);
    box_run(&x->box, "analyse",
        json_pack("{s:s, s:s}", "blob", hex, "name", "cnn3"));
    x->analysis = json_deep_copy(box_done(&x->box));
    box_reuse(&x->box, json_get_string(x->analysis, "blob", ""));
    x->data = json_pack("{s:s, s:s, s:{s:f}}", "inputs", images, "labels",
        labels, "preprocess", "scale", 1 / 255.0);
    *state = x;
    return 0;
}

static int
bench_close(void **state)
{
    struct bench *x = *state;

    json_decref(x->analysis);
    json_decref(x->data);
    box_close(&x->box);
    free(x);
    return 0;
}

static const json_t *
quantise(struct bench *x, const char *type, int to, int end)
{
    box_run(&x->box, "quantise",
        json_pack("{s:s,s:O,s:O,s:[i,i],s:[i,i]}", "type", type, "analysis",
            x->analysis, "dataset", x->data, "calibrate", 0, to, "evaluate", to,
            end));
    return box_done(&x->box);
}

static double
of_exit(const json_t *doc, int exit, const char *member)
{
    return json_get_number(
        json_array_get(
            json_object_get(json_object_get(doc, "evaluation"), "exits"),
            (size_t)exit),
        member);
}

static void
int8_costs_little_and_its_records_say_so(void **state)
{
    struct bench *x = *state;
    const json_t *doc = quantise(x, "int8", 50, 350);

    for (int e = 0; e < 4; e++) {
        double lost =
            of_exit(doc, e, "accuracy_float") - of_exit(doc, e, "accuracy");

        assert_true(fabs(lost) < 0.03);
        assert_true(of_exit(doc, e, "same_as_float") > 0.8);
    }
    assert_int_equal(
        json_get_number(json_object_get(doc, "evaluation"), "n"), 300);
}

static void
float32_answers_what_the_network_answers(void **state)
{
    const json_t *doc = quantise(*state, "float32", 1, 101);

    for (int e = 0; e < 4; e++) {
        assert_true(of_exit(doc, e, "same_as_float") == 1);
        assert_true(
            of_exit(doc, e, "accuracy_float") == of_exit(doc, e, "accuracy"));
    }
}

/* Every layer of the image belongs to one of the analysis, in bounds. */
static void
the_document_tells_of_the_image(void **state)
{
    struct bench *x = *state;
    const json_t *doc = quantise(x, "int8", 20, 40), *l;
    size_t n = json_array_size(json_object_get(x->analysis, "layers")), i, len;
    double stored = sizeof(struct nn_image), live = 0;
    char path[PATH_MAX], *image;
    struct nn_fault fault;

    json_array_foreach(json_object_get(doc, "layers"), i, l)
    {
        assert_in_range(json_get_number(l, "layer"), 0, n - 1);
        assert_true(json_get_number(l, "need_bytes") > 0);
        assert_true(json_get_number(l, "live_bytes") >=
                    json_get_number(l, "need_bytes"));
        stored += json_get_number(l, "image_bytes");
        live = fmax(live, json_get_number(l, "live_bytes"));
    }
    /* Up to alignment, all of the image; and what the plan has room for. */
    assert_in_range(json_get_number(doc, "bytes") - stored, 0, 4 * 4 * i);
    assert_in_range(json_get_number(doc, "arena_bytes"), live, 1.1 * live);
    assert_int_equal(json_array_size(json_object_get(doc, "outputs")), 4);
    snprintf(path, sizeof(path), "%s/out/%s", x->box.dir,
        json_get_string(doc, "image", ""));
    assert_int_equal(file_read(path, 1 << 24, &image, &len, NULL), ST_OK);
    assert_int_equal(len, json_get_number(doc, "bytes"));
    assert_true(nn_image_check(
        image, len, (size_t)json_get_number(doc, "arena_bytes"), &fault));
    assert_false(nn_image_check(
        image, len, (size_t)json_get_number(doc, "arena_bytes") - 4, &fault));
    free(image);
}

static void
rows_that_are_not_there_and_types_are_named(void **state)
{
    struct bench *x = *state;

    box_run(&x->box, "quantise",
        json_pack("{s:s,s:O,s:O,s:[i,i]}", "type", "int8", "analysis",
            x->analysis, "dataset", x->data, "calibrate", 0, 1 << 30));
    box_failed(&x->box, "user", "dataset.rows", "must be within");
    box_run(&x->box, "quantise",
        json_pack("{s:s,s:O}", "type", "int8", "analysis", x->analysis));
    box_failed(&x->box, "user", "request.field", "int8 needs rows");
    box_run(&x->box, "quantise",
        json_pack("{s:s,s:O}", "type", "int4", "analysis", x->analysis));
    box_failed(&x->box, "user", "request.field", "int8 or float32");
}

/* The network with its third Relu as a Tanh, which boards have not: analysed
 * anew, and its blobs at hand. */
static json_t *
with_a_tanh(struct bench *x)
{
    char *data, *at, hex[HASH_HEX], path[PATH_MAX];
    json_t *analysis;
    size_t len;

    assert_int_equal(
        file_read(OFFRAMP_FIXTURES "/cnn3.onnx", 1 << 24, &data, &len, NULL),
        ST_OK);
    at = data;
    for (int i = 0; i < 3; i++) {
        at = memmem(at + 1, len - (size_t)(at + 1 - data), "\x22\x04Relu", 6);
        assert_non_null(at);
    }
    memcpy(at + 2, "Tanh", 4);
    snprintf(path, sizeof(path), "%s/tanh.onnx", x->box.dir);
    assert_int_equal(file_write(path, data, len, NULL), ST_OK);
    free(data);
    box_file(&x->box, path, hex);
    box_run(&x->box, "analyse",
        json_pack("{s:s, s:s}", "blob", hex, "name", "tanh"));
    analysis = json_deep_copy(box_done(&x->box));
    box_reuse(&x->box, json_get_string(analysis, "blob", ""));
    return analysis;
}

static void
layers_that_boards_lack_are_left_out_and_fed(void **state)
{
    struct bench *x = *state;
    json_t *analysis = with_a_tanh(x);
    const json_t *doc, *lack, *exits;
    size_t i, lacking = 0;
    int mixed = 0;

    box_run(&x->box, "quantise",
        json_pack("{s:s,s:O,s:O,s:[i,i],s:[i,i]}", "type", "int8", "analysis",
            analysis, "dataset", x->data, "calibrate", 0, 50, "evaluate", 50,
            150));
    doc = box_done(&x->box);
    json_array_foreach(json_object_get(doc, "lacks"), i, lack)
    {
        if (!json_is_object(lack))
            continue;
        lacking++;
        assert_non_null(strstr(json_get_string(lack, "reason", ""), "(Tanh)"));
    }
    assert_int_equal(lacking, 1);
    assert_int_equal(i, json_array_size(json_object_get(analysis, "layers")));
    assert_int_equal(json_array_size(json_object_get(doc, "feeds")), 2);
    exits = json_object_get(json_object_get(doc, "evaluation"), "exits");
    for (int e = 0; e < 4; e++) {
        const char *numbers =
            json_get_string(json_array_get(exits, (size_t)e), "numbers", "");

        mixed += strcmp(numbers, "mixed") == 0;
        if (strcmp(numbers, "int8") == 0)
            assert_int_equal(mixed, 0); /* those before it come first */
        assert_true(of_exit(doc, e, "same_as_float") > 0.7);
    }
    assert_in_range(mixed, 1, 3);
    json_decref(analysis);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int8_costs_little_and_its_records_say_so),
        cmocka_unit_test(float32_answers_what_the_network_answers),
        cmocka_unit_test(the_document_tells_of_the_image),
        cmocka_unit_test(rows_that_are_not_there_and_types_are_named),
        cmocka_unit_test(layers_that_boards_lack_are_left_out_and_fed),
    };

    return cmocka_run_group_tests(tests, bench_open, bench_close);
}
