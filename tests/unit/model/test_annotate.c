/* SPDX-License-Identifier: MIT */
/* Costs in a model's metadata, read back as a viewer would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "make_onnx.h"
#include "search/model/annotate.h"

#define MODEL                                                                  \
    "ir 8\ninput x f4 1,4,6,6\ninit w f4 4,4,1,1\n"                            \
    "node Conv x,w -> a name=first\nnode Relu a -> b\n"                        \
    "node Conv b,w -> y\noutput y\n"

/* The second convolution has no name: it is the file's node 2. */
static const char costs_text[] =
    "{\"device\":{\"name\":\"board\"},\"profile\":3,\"min_grade\":\"B\","
    "\"statistic\":\"median\",\"generator\":\"offramp\",\"omitted\":[],"
    "\"layers\":["
    "{\"level\":\"L2\",\"name\":\"first\",\"median_ns\":70.25,\"grade\":\"A\"},"
    "{\"level\":\"L2\",\"name\":\"Conv_2\",\"median_ns\":8,\"grade\":\"B\"},"
    "{\"level\":\"L5\",\"name\":\"first\",\"energy_net_nj\":12.5}]}";

static const char *
find(Onnx__StringStringEntryProto *const *list, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i]->key, key) == 0)
            return list[i]->value;
    return "";
}

static uint64_t
varint(const uint8_t **p)
{
    uint64_t v = 0;

    for (int shift = 0;; shift += 7) {
        v |= (uint64_t)(**p & 0x7f) << shift;
        if ((*(*p)++ & 0x80) == 0)
            return v;
    }
}

/* The value in NodeProto.metadata_props, which is field 9; "" without.  By
 * the bytes: onnx.proto may be too old to know the field. */
static const char *
of_node(const Onnx__ModelProto *m, size_t i, const char *key)
{
    static uint8_t bytes[1024];
    static char value[100];
    const Onnx__NodeProto *n = m->graph->node[i];
    const uint8_t *p = bytes, *end;

    assert_true(onnx__node_proto__get_packed_size(n) <= sizeof(bytes));
    end = bytes + onnx__node_proto__pack(n, bytes);
    while (p < end) {
        uint64_t tag = varint(&p), len = varint(&p);
        Onnx__StringStringEntryProto *e;
        bool found;

        p += len;
        if (tag != (9 << 3 | 2))
            continue;
        e = onnx__string_string_entry_proto__unpack(NULL, len, p - len);
        assert_non_null(e);
        found = strcmp(e->key, key) == 0;
        snprintf(value, sizeof(value), "%s", e->value);
        onnx__string_string_entry_proto__free_unpacked(e, NULL);
        if (found)
            return value;
    }
    return "";
}

/* Annotate the model, and read the result. */
static enum status
run(const char *model, json_t *costs, Onnx__ModelProto **out, struct err *err)
{
    uint8_t *data, *annotated = NULL;
    size_t len, n;
    enum status st;

    data = make_onnx_bytes(model, &len);
    st = annotate(data, len, costs, &annotated, &n, err);
    if (st == ST_OK)
        st = onnx_read(annotated, n, out, NULL, err);
    free(annotated);
    free(data);
    return st;
}

static void
each_layer_s_first_node_says_what_it_costs(void **state)
{
    json_t *costs = json_loads(costs_text, 0, NULL);
    Onnx__ModelProto *m;
    struct err err = { 0 };

    (void)state;
    if (run(MODEL, costs, &m, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(m->ir_version, 10);
    assert_string_equal(of_node(m, 0, "cost.median_ns"), "70.25");
    assert_string_equal(of_node(m, 0, "cost.energy_net_nj"), "12.5");
    assert_string_equal(of_node(m, 0, "cost.grade"), "A");
    assert_string_equal(of_node(m, 0, "cost.device"), "board");
    assert_string_equal(of_node(m, 1, "cost.device"), "");
    assert_string_equal(of_node(m, 2, "cost.median_ns"), "8");
    assert_string_equal(of_node(m, 2, "cost.energy_net_nj"), "");
    assert_string_equal(
        find(m->metadata_props, m->n_metadata_props, "offramp.level"), "L2");
    assert_string_equal(
        find(m->metadata_props, m->n_metadata_props, "offramp.min_grade"), "B");
    assert_string_equal(
        find(m->metadata_props, m->n_metadata_props, "offramp.omitted"), "[]");
    onnx_free(m);
    json_decref(costs);
}

static void
layers_in_the_network_come_before_layers_alone(void **state)
{
    json_t *costs = json_loads(costs_text, 0, NULL);
    Onnx__ModelProto *m;

    (void)state;
    json_array_append_new(json_object_get(costs, "layers"),
        json_pack("{s:s,s:s,s:f,s:s}", "level", "L1", "name", "first",
            "median_ns", 99.5, "grade", "B"));
    assert_int_equal(run(MODEL, costs, &m, NULL), ST_OK);
    assert_string_equal(of_node(m, 0, "cost.median_ns"), "99.5");
    assert_string_equal(of_node(m, 2, "cost.median_ns"), "");
    onnx_free(m);
    json_decref(costs);
}

static void
another_model_is_refused_by_the_layer_it_lacks(void **state)
{
    json_t *costs = json_loads(costs_text, 0, NULL);
    struct err err = { 0 };
    Onnx__ModelProto *m;

    (void)state;
    assert_int_equal(run("input x f4 1,4\nnode Relu x -> y name=first\n"
                         "output y\n",
                         costs, &m, &err),
        ST_UNPROCESSABLE);
    assert_string_equal(err.code, "export.other_model");
    assert_non_null(strstr(err.text, "Conv_2"));
    json_decref(costs);
}

static void
damaged_files_are_refused(void **state)
{
    json_t *costs = json_loads(costs_text, 0, NULL);
    uint8_t *data, *out = NULL;
    size_t len, n;

    (void)state;
    data = make_onnx_bytes(MODEL, &len);
    for (size_t cut = 1; cut < len; cut += 7)
        if (annotate(data, len - cut, costs, &out, &n, NULL) == ST_OK)
            free(out); /* fields at the end can be missing */
    assert_int_equal(
        annotate(data, 0, costs, &out, &n, NULL), ST_UNPROCESSABLE);
    free(data);
    json_decref(costs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layer_s_first_node_says_what_it_costs),
        cmocka_unit_test(layers_in_the_network_come_before_layers_alone),
        cmocka_unit_test(another_model_is_refused_by_the_layer_it_lacks),
        cmocka_unit_test(damaged_files_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
