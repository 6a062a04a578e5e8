/* SPDX-License-Identifier: MIT */
/* What comes in: damaged, hostile and unsuitable files, each refused with its
 * code and its culprit named.  No runtime is needed here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "make_onnx.h"
#include "search/model/graph.h"

/* Read and resolve; what analyse() does before it asks a runtime. */
static enum status
take(const void *data, size_t len, json_t *nodes, struct err *err)
{
    Onnx__ModelProto *m;
    struct graph *g = NULL;
    enum status st = onnx_read(data, len, &m, nodes, err);

    if (st == ST_OK)
        st = graph_build(&g, m, err);
    graph_free(g);
    onnx_free(m);
    return st;
}

static void
expect(const void *data, size_t len, const char *code, const char *text)
{
    struct err err = { 0 };
    enum status st = take(data, len, NULL, &err);

    if (st != ST_UNPROCESSABLE || strcmp(err.code, code) != 0 ||
        strstr(err.text, text) == NULL)
        fail_msg("wanted %s (%s), got %d %s: %s", code, text, (int)st, err.code,
            err.text);
}

#define GOOD                                                                   \
    "input x f4 1,3,8,8\n"                                                     \
    "init w f4 4,3,3,3\n"                                                      \
    "node Conv x,w -> c name=first\n"                                          \
    "node Relu c -> y name=second\n"                                           \
    "output y\n"

static void
bad_graphs_are_refused_by_name(void **state)
{
    static const struct {
        const char *model, *code, *text;
    } cases[] = {
        { "input x f4 1\noutput x\n", "model.empty", "no nodes" },
        { "input x f4 1\nnode Relu x -> y\n", "model.no_outputs",
            "no outputs" },
        { "input x f4 1\nnode Relu x -> y\noutput z\n",
            "model.undefined_tensor", "output z" },
        { "input x f4 1\nnode Relu q -> y\noutput y\n",
            "model.undefined_tensor", "tensor q" },
        { "input x f4 1\nnode Relu x -> y\nnode Relu x -> y\noutput y\n",
            "model.duplicate_name", "tensor y" },
        { "input x f4 1\nnode Relu x -> x\noutput x\n", "model.duplicate_name",
            "tensor x" },
        { "input x f4 1\ninput x f4 1\nnode Relu x -> y\noutput y\n",
            "model.duplicate_name", "tensor x" },
        { "input x f4 1\ninit w f4 1\ninit w f4 1\nnode Relu x -> y\noutput "
          "y\n",
            "model.duplicate_name", "tensor w" },
        { "input x f4 1\nnode Relu x -> y\noutput y\noutput y\n",
            "model.duplicate_name", "output y" },
        { "input x f4 1\nnode Relu x -> a name=n\nnode Relu a -> y name=n\n"
          "output y\n",
            "model.duplicate_name", "named n" },
        { "input x f4 1\nnode Add x,b -> a name=one\n"
          "node Relu a -> b name=two\noutput b\n",
            "model.cycle", "node one" },
        { "input x f4 1\nnode Add x,y -> y name=self\noutput y\n",
            "model.cycle", "node self" },
        { "input x f4 1\nnode Relu x -> y\nnode Relu x -> z domain=my.ops "
          "name=own\noutput y\n",
            "model.unsupported_op",
            "node own uses operator Relu of domain "
            "my.ops" },
        { "input x f4 1\nnode Gelu x -> y domain=com.microsoft\noutput y\n",
            "model.invalid", "com.microsoft" },
        { "input x f4 1\nnode RandomNormal -> r shape=1\nnode Add x,r -> y\n"
          "output y\n",
            "model.unsupported_op", "RandomNormal" },
        { "input x f4 1\nnode SequenceConstruct x -> s\noutput s\n",
            "model.unsupported_type", "SequenceConstruct" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len;
        uint8_t *data = make_onnx_bytes(cases[i].model, &len);

        expect(data, len, cases[i].code, cases[i].text);
        free(data);
    }
}

/* Ways to spoil the good model that the text form cannot say. */
static void
no_graph(Onnx__ModelProto *m)
{
    onnx__graph_proto__free_unpacked(m->graph, NULL);
    m->graph = NULL;
}

static void
external_file(Onnx__ModelProto *m)
{
    Onnx__TensorProto *t = m->graph->initializer[0];

    t->has_data_location = 1;
    t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static void
short_data(Onnx__ModelProto *m)
{
    m->graph->initializer[0]->raw_data.len -= 4;
}

static void
huge_shape(Onnx__ModelProto *m)
{
    m->graph->initializer[0]->dims[0] = INT64_MAX;
}

static void
negative_shape(Onnx__ModelProto *m)
{
    m->graph->initializer[0]->dims[0] = -4;
}

static void
text_tensor(Onnx__ModelProto *m)
{
    m->graph->initializer[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
}

static void
no_operator(Onnx__ModelProto *m)
{
    free(m->graph->node[1]->op_type);
    m->graph->node[1]->op_type = NULL;
}

static void
no_opset(Onnx__ModelProto *m)
{
    m->opset_import[0]->domain[0] = '\0';
    free(m->opset_import[0]->domain);
    m->opset_import[0]->domain = strdup("com.microsoft");
}

static Onnx__AttributeProto *
add_attribute(Onnx__NodeProto *n)
{
    Onnx__AttributeProto *a = malloc(sizeof(*a));

    assert_non_null(a);
    onnx__attribute_proto__init(a);
    a->name = strdup("body");
    n->attribute = malloc(sizeof(Onnx__AttributeProto *));
    assert_non_null(n->attribute);
    n->attribute[0] = a;
    n->n_attribute = 1;
    return a;
}

static void
subgraph(Onnx__ModelProto *m)
{
    Onnx__AttributeProto *a = add_attribute(m->graph->node[1]);

    a->g = malloc(sizeof(*a->g));
    assert_non_null(a->g);
    onnx__graph_proto__init(a->g);
}

/* A file beside the model can also be named in a node. */
static void
external_attribute(Onnx__ModelProto *m)
{
    Onnx__AttributeProto *a = add_attribute(m->graph->node[1]);

    a->t = malloc(sizeof(*a->t));
    assert_non_null(a->t);
    onnx__tensor_proto__init(a->t);
    a->t->has_data_location = 1;
    a->t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static void
own_function(Onnx__ModelProto *m)
{
    Onnx__FunctionProto *f = malloc(sizeof(*f));

    assert_non_null(f);
    onnx__function_proto__init(f);
    f->name = strdup("mine");
    m->functions = malloc(sizeof(Onnx__FunctionProto *));
    assert_non_null(m->functions);
    m->functions[0] = f;
    m->n_functions = 1;
}

static void
sparse_weights(Onnx__ModelProto *m)
{
    Onnx__SparseTensorProto *t = malloc(sizeof(*t));

    assert_non_null(t);
    onnx__sparse_tensor_proto__init(t);
    m->graph->sparse_initializer = malloc(sizeof(Onnx__SparseTensorProto *));
    assert_non_null(m->graph->sparse_initializer);
    m->graph->sparse_initializer[0] = t;
    m->graph->n_sparse_initializer = 1;
}

static void
not_text(Onnx__ModelProto *m)
{
    strcpy(m->graph->node[0]->name, "\xff\xfe");
}

static void
bad_messages_are_refused_by_name(void **state)
{
    static const struct {
        void (*spoil)(Onnx__ModelProto *m);
        const char *code, *text;
    } cases[] = {
        { no_graph, "model.empty", "no graph" },
        { external_file, "model.external_data", "tensor w" },
        { external_attribute, "model.external_data", "second" },
        { short_data, "model.tensor_data", "tensor w holds 428 bytes" },
        { huge_shape, "model.tensor_data", "tensor w" },
        { negative_shape, "model.tensor_data", "tensor w" },
        { text_tensor, "model.unsupported_type", "tensor w" },
        { no_operator, "model.invalid", "second" },
        { no_opset, "model.invalid", "first" },
        { subgraph, "model.unsupported_op", "node second (Relu)" },
        { own_function, "model.unsupported_op", "mine" },
        { sparse_weights, "model.unsupported_type", "sparse" },
        { not_text, "model.parse", "UTF-8" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Onnx__ModelProto *m = make_onnx(GOOD);
        struct err err = { 0 };
        uint8_t *data;
        size_t len;

        cases[i].spoil(m);
        assert_int_equal(onnx_write(m, &data, &len, &err), ST_OK);
        expect(data, len, cases[i].code, cases[i].text);
        free(data);
        onnx_free(m);
    }
}

static void
files_that_are_no_model_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *code;
    } cases[] = {
        { "", 0, "model.empty" },
        { "PK\x03\x04rest of an archive", 22, "model.format" },
        { "\x1c\0\0\0TFL3\x14\0\x20\0", 12, "model.format" },
        { "\x93NUMPY\x01\0", 8, "model.format" },
        { "<html><body>not found</body></html>", 35, "model.format" },
        { "{\"json\": true}", 14, "model.parse" },
        { "\0\0\0\0\0\0\0\0", 8, "model.parse" },
        { "\x08\x08", 2, "model.empty" },             /* only an IR version */
        { "\x08\x08\x3a\x00", 4, "model.empty" },     /* an empty graph */
        { "\x08\x08\x3a\x7f", 4, "model.truncated" }, /* a graph cut off */
        { "\x08", 1, "model.truncated" },
        { "\x3a\x00\x3a\x00", 4, "model.parse" }, /* two graphs */
        { "\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 11,
            "model.truncated" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(cases[i].bytes, cases[i].len, cases[i].code, "");
}

static void
a_file_cut_off_anywhere_is_refused(void **state)
{
    size_t len, cut;
    uint8_t *data = make_onnx_bytes(GOOD, &len);

    (void)state;
    for (cut = 0; cut < len; cut++) {
        struct err err = { 0 };
        uint8_t *part = malloc(cut + 1); /* exact size: ASan sees overruns */
        enum status st;

        assert_non_null(part);
        part = realloc(part, cut > 0 ? cut : 1);
        memcpy(part, data, cut);
        st = take(part, cut, NULL, &err);
        assert_int_equal(st, ST_UNPROCESSABLE);
        if (cut > 2 && strcmp(err.code, "model.truncated") != 0 &&
            strcmp(err.code, "model.empty") != 0 &&
            strcmp(err.code, "model.invalid") != 0)
            fail_msg("cut at %zu: %s: %s", cut, err.code, err.text);
        free(part);
    }
    free(data);
}

/* Every byte of a real file damaged in several ways: an answer, no crash. */
static void
a_damaged_file_never_breaks_the_reader(void **state)
{
    static const uint8_t flips[] = { 0x01, 0x80, 0xff, 0x3a };
    struct err err = { 0 };
    size_t len;
    char *data;

    (void)state;
    assert_int_equal(
        file_read(OFFRAMP_FIXTURES "/cnn3.onnx", 1 << 24, &data, &len, &err),
        ST_OK);
    for (size_t i = 0; i < len; i += i < 4000 ? 1 : 997) {
        for (size_t k = 0; k < sizeof(flips); k++) {
            struct err why = { 0 };
            enum status st;

            data[i] = (char)(data[i] ^ flips[k]);
            st = take(data, len, NULL, &why);
            assert_true(st == ST_OK || st == ST_UNPROCESSABLE);
            assert_true(st == ST_OK || strncmp(why.code, "model.", 6) == 0);
            data[i] = (char)(data[i] ^ flips[k]);
        }
    }
    free(data);
}

/* Put a tag and a length (five bytes) before what `p` points at. */
static uint8_t *
wrap(uint8_t *p, int field, size_t len)
{
    for (int k = 4; k >= 0; k--)
        *--p = (uint8_t)((len >> (7 * k) & 0x7f) | (k < 4 ? 0x80 : 0));
    *--p = (uint8_t)(field << 3 | 2);
    return p;
}

/* Messages in messages: a subgraph in a subgraph, 100,000 times. */
static void
deep_nesting_is_refused_without_deep_recursion(void **state)
{
    enum { LEVELS = 100000, STEP = 18 };
    size_t cap = (size_t)(LEVELS + 1) * STEP;
    uint8_t *data = malloc(cap), *end = data + cap, *p = end;

    (void)state;
    assert_non_null(data);
    for (int i = 0; i < LEVELS; i++) {
        p = wrap(p, 6, (size_t)(end - p)); /* attribute.g */
        p = wrap(p, 5, (size_t)(end - p)); /* node.attribute */
        p = wrap(p, 1, (size_t)(end - p)); /* graph.node */
    }
    p = wrap(p, 7, (size_t)(end - p)); /* model.graph */
    expect(p, (size_t)(end - p), "model.too_large", "nested");
    free(data);
}

/* Rows and files are named after nodes. */
static void
names_without_end_are_refused(void **state)
{
    static char name[ONNX_MAX_NAME + 1];
    uint8_t data[2 * sizeof(name)], *end = data + sizeof(data), *p;

    (void)state;
    memset(name, 'n', sizeof(name));
    p = end - sizeof(name);
    memcpy(p, name, sizeof(name));
    p = wrap(p, 3, sizeof(name)); /* node.name */
    p = wrap(p, 1, (size_t)(end - p));
    p = wrap(p, 7, (size_t)(end - p));
    expect(p, (size_t)(end - p), "model.too_large", "NodeProto.name");
}

static void
too_many_small_parts_are_refused(void **state)
{
    size_t len = 2 * (ONNX_MAX_FIELDS + 10);
    uint8_t *data = malloc(len);

    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < len; i += 2) {
        data[i] = 8 << 3 | 2; /* opset_import, empty */
        data[i + 1] = 0;
    }
    expect(data, len, "model.too_large", "fields");
    free(data);
}

static void
all_refused_nodes_are_listed(void **state)
{
    size_t len;
    uint8_t *data = make_onnx_bytes(
        "input x f4 1\nnode A x -> a domain=own name=first\n"
        "node Relu a -> b\nnode B b -> c domain=own name=last\noutput c\n",
        &len);
    struct err err = { 0 };
    json_t *nodes = json_array();

    (void)state;
    assert_int_equal(take(data, len, nodes, &err), ST_UNPROCESSABLE);
    assert_int_equal(json_array_size(nodes), 2);
    assert_string_equal(json_string_value(json_array_get(nodes, 0)), "first");
    assert_string_equal(json_string_value(json_array_get(nodes, 1)), "last");
    json_decref(nodes);
    free(data);
}

static void
an_order_to_run_in_is_found(void **state)
{
    size_t len;
    uint8_t *data =
        make_onnx_bytes("input x f4 1\nnode Relu b -> y name=third\n"
                        "node Relu a -> b name=second\n"
                        "node Relu x -> a name=first\noutput y\n",
            &len);
    struct err err = { 0 };
    Onnx__ModelProto *m;
    struct graph *g;

    (void)state;
    assert_int_equal(onnx_read(data, len, &m, NULL, &err), ST_OK);
    assert_int_equal(graph_build(&g, m, &err), ST_OK);
    assert_string_equal(g->nodes[0].name, "first");
    assert_string_equal(g->nodes[1].name, "second");
    assert_string_equal(g->nodes[2].name, "third");
    graph_free(g);
    onnx_free(m);
    free(data);
}

static void
unnamed_nodes_get_stable_unique_names(void **state)
{
    size_t len;
    uint8_t *data =
        make_onnx_bytes("input x f4 1\nnode Relu x -> a\n"
                        "node Relu a -> b name=Relu_0\nnode Abs b -> c\n"
                        "node Relu x -> unused\noutput c\n",
            &len);
    struct err err = { 0 };
    Onnx__ModelProto *m;
    struct graph *g;

    (void)state;
    assert_int_equal(onnx_read(data, len, &m, NULL, &err), ST_OK);
    assert_int_equal(graph_build(&g, m, &err), ST_OK);
    assert_string_equal(g->nodes[0].name, "Relu_0_");
    assert_string_equal(g->nodes[1].name, "Relu_0");
    assert_string_equal(g->nodes[2].name, "Abs_2");
    assert_false(g->nodes[3].live);
    assert_int_equal(json_array_size(g->notes), 1);
    assert_non_null(
        strstr(json_string_value(json_array_get(g->notes, 0)), "Relu_3"));
    graph_free(g);
    onnx_free(m);
    free(data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_graphs_are_refused_by_name),
        cmocka_unit_test(bad_messages_are_refused_by_name),
        cmocka_unit_test(files_that_are_no_model_are_refused),
        cmocka_unit_test(a_file_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_damaged_file_never_breaks_the_reader),
        cmocka_unit_test(deep_nesting_is_refused_without_deep_recursion),
        cmocka_unit_test(names_without_end_are_refused),
        cmocka_unit_test(too_many_small_parts_are_refused),
        cmocka_unit_test(all_refused_nodes_are_listed),
        cmocka_unit_test(an_order_to_run_in_is_found),
        cmocka_unit_test(unnamed_nodes_get_stable_unique_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
