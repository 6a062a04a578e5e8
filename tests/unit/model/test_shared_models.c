/* SPDX-License-Identifier: MIT */
/* Real networks: every cut runs, parts put together give what the whole
 * gives, and the counts are the published ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "parts.h"

static struct rig rig;

/*
 * MACs worked out by hand from the layer tables of the papers, batch norm and
 * elementwise work left out; 40.55 M is ResNet-20 with parameter-free
 * shortcuts.  They are the published 12.5 M, 2.66 M, 7.49 M within rounding.
 */
static const struct expected {
    const char *path;
    int64_t macs, params;
    int exits, layers;
} models[] = {
    { OFFRAMP_FIXTURES "/cnn3.onnx", 6102112, 57256, 4, 21 },
    { OFFRAMP_SHARED_DATA "/models/resnet8_ic01.onnx", 12501632, 77706, 1, 12 },
    { OFFRAMP_SHARED_DATA "/models/resnet8_ic01_4exits.onnx",
        12501632 + 2 * 2560 + 5120, 77706 + 2 * 2570 + 5130, 4, 21 },
    { OFFRAMP_SHARED_DATA "/models/ds_cnn_kws01.onnx", 2656768, 22604, 1, 12 },
    { OFFRAMP_SHARED_DATA "/models/mobilenet_vww96.onnx", 7489664, 210850, 1,
        30 },
    { OFFRAMP_SHARED_DATA "/models/resnet20_cifar10.onnx", 40551040, 269034, 1,
        23 },
    { OFFRAMP_SHARED_DATA "/models/resnet20_cifar10_9exits.onnx",
        40551040 + 3 * 2560 + 3 * 5120 + 2 * 10240, 312634, 9, 48 },
};
enum { N_MODELS = sizeof(models) / sizeof(models[0]) };

/* Read and analyse; NULL if the file is not here. */
static json_t *
load(const struct expected *m, char **data, size_t *len)
{
    struct err err = { 0 };
    json_t *doc;

    if (!file_exists(m->path)) {
        printf("skipped: no %s\n", m->path);
        return NULL;
    }
    assert_int_equal(file_read(m->path, 1 << 28, data, len, &err), ST_OK);
    if (rig_analyse(&rig, &doc, *data, *len, NULL, &err) != ST_OK)
        fail_msg("%s: %s: %s", m->path, err.code, err.text);
    return doc;
}

static int64_t
sum(const json_t *list, const char *member)
{
    int64_t total = 0;
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)list, i, item) total +=
        json_integer_value(json_object_get(item, member));
    return total;
}

static void
counts_are_the_published_ones(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        const struct expected *m = &models[i];
        size_t len;
        char *data;
        json_t *doc = load(m, &data, &len);
        const json_t *layers = json_object_get(doc, "layers");

        if (doc == NULL)
            continue;
        assert_int_equal(rig_int(doc, "totals.macs"), m->macs);
        assert_int_equal(rig_int(doc, "totals.params"), m->params);
        assert_int_equal(rig_int(doc, "totals.weight_bytes"), 4 * m->params);
        assert_int_equal(sum(layers, "macs"), m->macs);
        assert_int_equal(sum(layers, "params"), m->params);
        assert_int_equal(json_array_size(layers), m->layers);
        assert_int_equal(
            json_array_size(json_object_get(doc, "exits")), m->exits);
        json_decref(doc);
        free(data);
    }
}

static void
every_node_is_in_one_layer(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        struct err err = { 0 };
        size_t len, k, total = 0;
        char *data;
        json_t *doc = load(&models[i], &data, &len), *seen, *layer;
        Onnx__ModelProto *proto;

        if (doc == NULL)
            continue;
        assert_int_equal(onnx_read(data, len, &proto, NULL, &err), ST_OK);
        assert_non_null(seen = json_object());
        json_array_foreach(json_object_get(doc, "layers"), k, layer)
        {
            json_t *names = json_object_get(layer, "onnx_nodes");

            for (size_t n = 0; n < json_array_size(names); n++, total++)
                json_object_set(
                    seen, json_string_value(json_array_get(names, n)), names);
        }
        assert_int_equal(total, proto->graph->n_node);
        for (size_t n = 0; n < proto->graph->n_node; n++)
            assert_non_null(json_object_get(seen, proto->graph->node[n]->name));
        onnx_free(proto);
        json_decref(seen);
        json_decref(doc);
        free(data);
    }
}

static void
parts_in_turn_give_what_the_whole_gives(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        size_t len;
        char *data;
        json_t *doc = load(&models[i], &data, &len);

        if (doc == NULL)
            continue;
        parts_check(&rig, doc);
        json_decref(doc);
        free(data);
    }
}

static void
the_document_is_the_same_twice(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        size_t len;
        char *data, *again_data;
        json_t *doc = load(&models[i], &data, &len), *again;

        if (doc == NULL)
            continue;
        again = load(&models[i], &again_data, &len);
        assert_true(json_equal(doc, again));
        json_decref(doc);
        json_decref(again);
        free(data);
        free(again_data);
    }
}

/* A cut is an ordinary ONNX file: analysed again it has the same counts. */
static void
the_normalised_model_analyses_to_itself(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        struct blob b;
        struct err err = { 0 };
        size_t len;
        char *data;
        json_t *doc = load(&models[i], &data, &len), *again;

        if (doc == NULL)
            continue;
        b = *rig_blob(&rig, rig_text(doc, "blob"));
        assert_int_equal(
            rig_analyse(&rig, &again, b.data, b.len, NULL, &err), ST_OK);
        assert_string_equal(rig_text(again, "blob"), b.hex);
        assert_true(json_equal(
            json_object_get(doc, "layers"), json_object_get(again, "layers")));
        assert_int_equal(json_array_size(json_object_get(again, "notes")), 0);
        json_decref(doc);
        json_decref(again);
        free(data);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_the_published_ones),
        cmocka_unit_test(every_node_is_in_one_layer),
        cmocka_unit_test(parts_in_turn_give_what_the_whole_gives),
        cmocka_unit_test(the_document_is_the_same_twice),
        cmocka_unit_test(the_normalised_model_analyses_to_itself),
    };
    int failed = rig_open(&rig);

    if (failed != 0)
        return failed;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
