/* SPDX-License-Identifier: MIT */
/* Layers, exits, boundaries and shapes of small networks made for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "make_onnx.h"
#include "parts.h"

static struct rig rig;

/* "Conv+Relu Gemm/0 Softmax/0": fusion groups, "/k" for the head of exit k. */
static void
layers_text(const json_t *doc, char *out, size_t cap)
{
    size_t i, at = 0;
    json_t *l;

    out[0] = '\0';
    json_array_foreach(json_object_get(doc, "layers"), i, l)
    {
        const json_t *exit = json_object_get(l, "exit");

        at += (size_t)snprintf(out + at, cap - at, "%s%s", i > 0 ? " " : "",
            rig_text(l, "fusion_group"));
        if (json_is_integer(exit))
            at += (size_t)snprintf(
                out + at, cap - at, "/%d", (int)json_integer_value(exit));
        assert_true(at < cap);
    }
}

#define CONV "init w f4 4,4,1,1\ninit v f4 4,4,1,1\n"
#define IN   "input x f4 1,4,6,6\n"

static const struct {
    const char *model, *want;
} groupings[] = {
    { IN CONV "node Conv x,w -> a\nnode Relu a -> b\nnode Conv b,v -> c\n"
              "output c\n",
        "Conv+Relu Conv" },
    /* a second reader keeps a layer closed */
    { IN CONV "node Conv x,w -> a\nnode Relu a -> b\nnode Conv a,v -> c\n"
              "node Add b,c -> y\noutput y\n",
        "Conv Relu Conv+Add" },
    /* a residual joins the later branch */
    { IN CONV "node Conv x,w -> a\nnode Relu a -> b\nnode Conv b,v -> c\n"
              "node Add x,c -> d\nnode Relu d -> y\noutput y\n",
        "Conv+Relu Conv+Add+Relu" },
    /* the other way round: the convolution is moved to the sum */
    { IN CONV "node Conv x,w -> a\nnode AveragePool x -> p "
              "kernel_shape=1,1\nnode Add p,a -> y\noutput y\n",
        "Conv AveragePool+Add" },
    { IN CONV "node Conv x,w -> a\nnode MaxPool x -> p kernel_shape=1,1\n"
              "node Add a,p -> s\nnode Add s,p -> y\noutput y\n",
        "MaxPool Conv+Add+Add" },
    /* gates: SiLU and hard swish */
    { IN CONV "node Conv x,w -> a\nnode Sigmoid a -> s\nnode Mul a,s -> y\n"
              "output y\n",
        "Conv+Sigmoid+Mul" },
    { IN CONV "init three f4 scalar\ninit lo f4 scalar\n"
              "node Conv x,w -> a\nnode Add a,three -> p\n"
              "node Clip p,lo -> q\nnode Mul a,q -> m\n"
              "node Div m,three -> y\noutput y\n",
        "Conv+Add+Clip+Mul+Div" },
    /* no gate: the other reader is real work */
    { IN CONV "node Conv x,w -> a\nnode Sigmoid a -> s\nnode Conv a,v -> c\n"
              "node Mul c,s -> y\noutput y\n",
        "Conv Sigmoid Conv+Mul" },
    /* reshapes join backwards, or forwards where they come first */
    { IN "init m f4 144,3\nnode Flatten x -> f\nnode MatMul f,m -> y\n"
         "output y\n",
        "Flatten+MatMul" },
    { IN CONV "init m f4 144,3\nnode Conv x,w -> a\nnode Flatten a -> f\n"
              "node MatMul f,m -> y\noutput y\n",
        "Conv+Flatten MatMul" },
    { IN CONV "ints p 0,0,1,1,0,0,1,1\nnode Pad x,p -> a\n"
              "node Conv a,w -> y\noutput y\n",
        "Pad+Conv" },
    /* a quantised layer: weights are dequantised inside it */
    { IN "init s f4 scalar\ninit z u1 scalar 0\ninit q i1 4,4,1,1\n"
         "init zi i1 scalar 0\n"
         "node QuantizeLinear x,s,z -> a\nnode DequantizeLinear a,s,z -> b\n"
         "node DequantizeLinear q,s,zi -> w\nnode Conv b,w -> c\n"
         "node Relu c -> d\nnode QuantizeLinear d,s,z -> e\n"
         "node DequantizeLinear e,s,z -> y\noutput y\n",
        "QuantizeLinear DequantizeLinear+Conv+Relu+QuantizeLinear "
        "DequantizeLinear" },
    /* an output in the middle is not swallowed */
    { IN CONV "node Conv x,w -> a\nnode Relu a -> b\nnode Abs b -> y\n"
              "output b\noutput y\n",
        "Conv+Relu Abs" },
    /* shapes worked out at run time are constants here */
    { "input x f4 N,4,6\nints i 0\nints m -1\nnode Abs x -> a\n"
      "node Shape a -> s\nnode Gather s,i -> n\n"
      "node Concat n,m -> to axis=0\nnode Reshape a,to -> y\noutput y\n",
        "Abs+Reshape" },
    /* two results: both leave */
    { "input x f4 1,6\nnode Split x -> a,b axis=1\nnode Relu a -> c\n"
      "node Add c,b -> y\noutput y\n",
        "Split Relu+Add" },
};

static void
nodes_are_grouped_into_layers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(groupings) / sizeof(groupings[0]); i++) {
        json_t *doc = rig_doc(&rig, groupings[i].model);
        char have[512];

        layers_text(doc, have, sizeof(have));
        if (strcmp(have, groupings[i].want) != 0)
            fail_msg("case %zu: wanted %s, got %s", i, groupings[i].want, have);
        parts_check(&rig, doc);
        json_decref(doc);
    }
}

/* A trunk of three convolutions; heads are added by each case. */
#define TRUNK                                                                  \
    "input x f4 1,4,6,6\n"                                                     \
    "init w0 f4 4,4,1,1\ninit w1 f4 4,4,1,1\ninit w2 f4 4,4,1,1\n"             \
    "init m0 f4 144,3\ninit m1 f4 144,3\ninit m2 f4 144,3\n"                   \
    "node Conv x,w0 -> a\nnode Conv a,w1 -> b\nnode Conv b,w2 -> c\n"

#define HEAD(from, k, to)                                                      \
    "node Flatten " from " -> f" k "\nnode MatMul f" k ",m" k " -> " to "\n"

struct exit_case {
    const char *model, *layers;
    const char *exits; /* "output<tensor@after_layer .." in order */
    const char *note;  /* part of one, or NULL: none */
};

static void
exits_text(const json_t *doc, char *out, size_t cap)
{
    size_t i, at = 0;
    json_t *x;

    out[0] = '\0';
    json_array_foreach(json_object_get(doc, "exits"), i, x)
    {
        const json_t *after = json_object_get(x, "after_layer");

        at += (size_t)snprintf(out + at, cap - at, "%s%s<%s@%d",
            i > 0 ? " " : "", rig_text(x, "output"), rig_text(x, "tensor"),
            json_is_null(after) ? -1 : (int)json_integer_value(after));
        assert_true(at < cap);
    }
}

static const struct exit_case exit_cases[] = {
    /* one classifier: a plain network */
    { TRUNK HEAD("c", "2", "y") "output y\n", "Conv Conv Conv+Flatten MatMul",
        "y<y@3", NULL },
    /* listed backwards in the file */
    { TRUNK HEAD("c", "2", "y2") HEAD("b", "1", "y1")
            HEAD("a", "0", "y0") "output y2\noutput y1\noutput y0\n",
        "Conv Flatten+MatMul/0 Conv Flatten+MatMul/1 Conv+Flatten MatMul",
        "y0<a@0 y1<b@2 y2<y2@5", NULL },
    /* logits and their softmax are one exit */
    { TRUNK HEAD("c", "2", "l") "node Softmax l -> y axis=1\n"
                                "output l\noutput y\n",
        "Conv Conv Conv+Flatten MatMul Softmax", "y<y@4",
        "output l is not an exit" },
    /* an output of another shape is no exit */
    { TRUNK HEAD("a", "0", "y0")
            HEAD("c", "2", "y2") "output b\noutput y0\noutput y2\n",
        "Conv Flatten+MatMul/0 Conv Conv+Flatten MatMul", "y0<a@0 y2<y2@4",
        "output b is not an exit" },
    /* a head from two places */
    { TRUNK "node Add a,b -> ab\n" HEAD("ab", "1", "y1")
            HEAD("c", "2", "y2") "output y1\noutput y2\n",
        "Conv Conv Add+Flatten/0 MatMul/0 Conv+Flatten MatMul",
        "y1<b@1 y2<y2@5", "starts from 2 tensors" },
    /* two heads that share a node */
    { TRUNK "node Flatten a -> f\nnode Abs f -> g\nnode MatMul g,m0 -> y0\n"
            "node Flatten b -> h\nnode Add g,h -> s\n"
            "node MatMul s,m1 -> y1\n" HEAD(
                "c", "2", "y2") "output y0\noutput y1\noutput y2\n",
        "Conv Flatten+Abs/0 MatMul/0 Conv Flatten+Add/1 MatMul/1 "
        "Conv+Flatten MatMul",
        "y0<a@0 y1<b@3 y2<y2@7", "starts from 2 tensors" },
    /* a final exit that listens to an earlier one: no head of its own */
    { TRUNK HEAD("a", "0", "y0")
            HEAD("c", "2", "l") "node Add l,y0 -> y\noutput y0\noutput y\n",
        "Conv Flatten+MatMul Conv Conv+Flatten MatMul+Add", "y0<y0@1 y<y@4",
        NULL },
    /* two exits at one place: the second segment is empty */
    { TRUNK HEAD("a", "0", "y0") HEAD("a", "1", "y1")
            HEAD("c", "2", "y2") "output y0\noutput y1\noutput y2\n",
        "Conv Flatten+MatMul/0 Flatten+MatMul/1 Conv Conv+Flatten MatMul",
        "y0<a@0 y1<a@0 y2<y2@5", NULL },
    /* an exit at the input */
    { TRUNK HEAD("x", "0", "y0") HEAD("c", "2", "y2") "output y0\noutput y2\n",
        "Flatten+MatMul/0 Conv Conv Conv+Flatten MatMul", "y0<x@-1 y2<y2@4",
        NULL },
    /* an output that depends on no input */
    { TRUNK HEAD("c", "2", "y") "node Abs m0 -> k\noutput k\noutput y\n",
        "Conv Conv Conv+Flatten MatMul", "y<y@3", "output k is not" },
};

static void
exits_are_found_in_graph_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(exit_cases) / sizeof(exit_cases[0]); i++) {
        json_t *doc = rig_doc(&rig, exit_cases[i].model);
        char layers[512], exits[512];
        char *notes = json_dumps(json_object_get(doc, "notes"), 0);

        layers_text(doc, layers, sizeof(layers));
        exits_text(doc, exits, sizeof(exits));
        if (strcmp(layers, exit_cases[i].layers) != 0)
            fail_msg(
                "case %zu: wanted %s, got %s", i, exit_cases[i].layers, layers);
        if (strcmp(exits, exit_cases[i].exits) != 0)
            fail_msg(
                "case %zu: wanted %s, got %s", i, exit_cases[i].exits, exits);
        if (exit_cases[i].note == NULL
                ? strcmp(notes, "[]") != 0
                : strstr(notes, exit_cases[i].note) == NULL)
            fail_msg("case %zu: notes are %s", i, notes);
        parts_check(&rig, doc);
        free(notes);
        json_decref(doc);
    }
}

static void
layers_say_what_they_are_set_to_and_what_they_read(void **state)
{
    static const char *const want[] = {
        "{\"dilations\":[1,1],\"groups\":1,\"kernel\":[1,1],"
        "\"pads\":[0,0,0,0],\"strides\":[2,2]} []",
        "{\"dilations\":[1,1],\"groups\":1,\"kernel\":[3,2],"
        "\"pads\":[1,0,1,1],\"strides\":[1,1]} [0]",
        "null [0,1]",
    };
    json_t *doc = rig_doc(&rig,
        IN CONV "node Conv x,w -> a strides=2,2\n"
                "node MaxPool a -> b kernel_shape=3,2 pads=1,0,1,1\n"
                "node Concat a,b,a -> y axis=1\noutput y\n");
    json_t *l;
    size_t i;

    (void)state;
    json_array_foreach(json_object_get(doc, "layers"), i, l)
    {
        char *attributes = json_dumps(json_object_get(l, "attributes"),
            JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
        char *reads = json_dumps(json_object_get(l, "reads"), JSON_COMPACT);
        char have[200];

        snprintf(have, sizeof(have), "%s %s", attributes, reads);
        assert_true(i < 3);
        assert_string_equal(have, want[i]);
        free(attributes);
        free(reads);
    }
    assert_int_equal(i, 3);
    json_decref(doc);
}

static void
empty_segments_and_heads_are_null(void **state)
{
    json_t *doc = rig_doc(&rig,
        TRUNK HEAD("a", "0", "y0") HEAD("a", "1", "y1")
            HEAD("c", "2", "y2") "output y0\noutput y1\noutput y2\n");

    (void)state;
    assert_true(json_is_object(rig_at(doc, "exits.0.segment")));
    assert_true(json_is_object(rig_at(doc, "exits.0.head")));
    assert_true(json_is_null(rig_at(doc, "exits.1.segment")));
    assert_true(json_is_object(rig_at(doc, "exits.1.head")));
    assert_true(json_is_object(rig_at(doc, "exits.2.segment")));
    assert_true(json_is_null(rig_at(doc, "exits.2.head")));
    assert_int_equal(json_array_size(rig_at(doc, "exits.2.head_layers")), 0);
    assert_int_equal(rig_int(doc, "exits.1.head_layers.0"), 2);
    assert_int_equal(rig_int(doc, "exits.2.classes"), 3);
    json_decref(doc);
}

static void
boundaries_are_where_one_tensor_is_live(void **state)
{
    /* a | b and a | c | y: a is needed until the sum */
    json_t *doc = rig_doc(&rig,
        IN CONV "node Conv x,w -> a\nnode Conv a,v -> b\nnode Add a,b -> c\n"
                "node Conv c,v -> d\nnode MaxPool d -> y kernel_shape=2,2\n"
                "output y\n");

    (void)state;
    assert_int_equal(json_array_size(json_object_get(doc, "layers")), 4);
    assert_int_equal(json_array_size(json_object_get(doc, "boundaries")), 3);
    assert_string_equal(rig_text(doc, "boundaries.0.tensor"), "a");
    assert_int_equal(rig_int(doc, "boundaries.0.after_layer"), 0);
    assert_string_equal(rig_text(doc, "boundaries.1.tensor"), "c");
    assert_int_equal(rig_int(doc, "boundaries.1.after_layer"), 1);
    assert_int_equal(rig_int(doc, "boundaries.1.bytes"), 4 * 36 * 4);
    assert_int_equal(rig_int(doc, "boundaries.1.shape.1"), 4);
    assert_string_equal(rig_text(doc, "boundaries.2.tensor"), "d");
    json_decref(doc);

    /* inside two branches there is none, nor while an input waits */
    doc = rig_doc(&rig,
        IN CONV "input z f4 1,4,6,6\nnode Conv x,w -> a\nnode Conv x,v -> b\n"
                "node Conv b,v -> c\nnode Add a,c -> d\nnode Conv d,w -> e\n"
                "node Conv e,w -> g\nnode Add g,z -> y\noutput y\n");
    assert_int_equal(json_array_size(json_object_get(doc, "boundaries")), 0);
    parts_check(&rig, doc);
    json_decref(doc);
}

static void
activation_memory_is_that_of_the_worst_moment(void **state)
{
    /* 576 bytes each: x, a | x dropped: a, b | a, b, c; then c, y */
    json_t *doc = rig_doc(&rig,
        IN CONV "node Conv x,w -> a\nnode Conv a,v -> b\nnode MaxPool b -> c "
                "kernel_shape=1,1\nnode Concat a,c -> y axis=1\noutput y\n");

    (void)state;
    /* the last: a and c in, y of two tensors out */
    assert_int_equal(rig_int(doc, "totals.activation_bytes_peak"), 4 * 576);
    json_decref(doc);
}

static void
shapes_can_be_given(void **state)
{
    static const char net[] =
        "input x f4 N,4,H,W\n" CONV "node Conv x,w -> y\noutput y\n";
    static const struct {
        const char *model, *shapes, *code, *text;
    } cases[] = {
        { net, "{\"x\":[2,4,5,7]}", NULL, "[]" },
        { net, NULL, "model.dynamic_shape", "dimension 2 of input x" },
        { net, "{\"x\":[2,4,5]}", "model.shape", "has 3 dimensions" },
        { net, "{\"x\":[2,3,5,7]}", "model.shape", "dimension 1 of x is 4" },
        { net, "{\"x\":[2,4,5,0]}", "model.shape", "at least 1" },
        { net, "{\"y\":[2,4,5,7]}", "model.shape", "y, which is not an input" },
        { net, "{\"x\":[2,4,5,\"7\"]}", "request.field", "x" },
        { "input x f4\n" CONV "node Conv x,w -> y\noutput y\n", NULL,
            "model.dynamic_shape", "input x" },
        { "input x f4\n" CONV "node Conv x,w -> y\noutput y\n",
            "{\"x\":[1,4,5,7]}", NULL, "[]" },
        { "input x f4 N,4,5,7\n" CONV "node Conv x,w -> y\noutput y\n", NULL,
            NULL, "dimension 0 of input x is dynamic: set to 1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        size_t len;
        uint8_t *data = make_onnx_bytes(cases[i].model, &len);
        json_t *doc;
        enum status st =
            rig_analyse(&rig, &doc, data, len, cases[i].shapes, &err);

        free(data);
        if (cases[i].code != NULL) {
            assert_null(doc);
            assert_string_equal(err.code, cases[i].code);
            assert_non_null(strstr(err.text, cases[i].text));
        } else {
            char *notes = json_dumps(json_object_get(doc, "notes"), 0);

            assert_int_equal(st, ST_OK);
            assert_non_null(strstr(notes, cases[i].text));
            assert_int_equal(rig_int(doc, "layers.0.output_shapes.0.3"), 7);
            parts_check(&rig, doc);
            free(notes);
        }
        json_decref(doc);
    }
}

static void
what_the_runtime_refuses_names_its_node(void **state)
{
    static const struct {
        const char *model, *code, *node;
    } cases[] = {
        { IN "node NoSuchOp x -> y name=odd\noutput y\n",
            "model.unsupported_op", "odd" },
        { IN "node NoSuchOp x -> y\noutput y\n", "model.unsupported_op",
            "NoSuchOp_0" },
        { IN "init m f4 5,5\nnode Relu x -> a\nnode MatMul a,m -> y name=mm\n"
             "output y\n",
            "model.load", "mm" },
        { IN "node Conv x -> y name=thin\noutput y\n", "model.load", "thin" },
        { "input x f8 1,4,6,6\ninit w f8 4,4,1,1\n"
          "node Conv x,w -> y name=double\noutput y\n",
            "model.unsupported_op", "double" },
        { IN "node NonZero x -> y name=nz\noutput y\n", "model.dynamic_shape",
            "nz" },
        /* of unknown rank, which the runtime reports like a scalar */
        { IN "input q i8 2\nnode Reshape x,q -> y name=rs\noutput y\n",
            "model.dynamic_shape", "rs" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };
        size_t len;
        uint8_t *data = make_onnx_bytes(cases[i].model, &len);
        json_t *doc;

        json_array_clear(rig.nodes);
        assert_int_equal(
            rig_analyse(&rig, &doc, data, len, NULL, &err), ST_UNPROCESSABLE);
        if (strcmp(err.code, cases[i].code) != 0 ||
            strstr(err.text, cases[i].node) == NULL)
            fail_msg("case %zu: %s: %s", i, err.code, err.text);
        assert_int_equal(json_array_size(rig.nodes), 1);
        assert_string_equal(
            json_string_value(json_array_get(rig.nodes, 0)), cases[i].node);
        free(data);
    }
}

static void
old_files_list_weights_as_inputs(void **state)
{
    json_t *doc = rig_doc(&rig,
        "ir 3\nopset 9\n" IN "input w f4 4,4,1,1\ninit w f4 4,4,1,1\n"
        "node Conv x,w -> y\noutput y\n");

    (void)state;
    assert_int_equal(json_array_size(json_object_get(doc, "inputs")), 1);
    assert_string_equal(rig_text(doc, "inputs.0.name"), "x");
    parts_check(&rig, doc);
    json_decref(doc);
}

static void
nodes_that_lead_nowhere_are_left_out(void **state)
{
    /* Shape needs no values: the node before it falls away with it. */
    json_t *doc = rig_doc(&rig,
        "input x f4 1,4,6\nnode Relu x -> r name=only_shape\n"
        "node Shape r -> s\nnode Abs x -> a\nnode Reshape a,s -> y\n"
        "node Neg a -> unused name=dead\noutput y\n");
    char *notes = json_dumps(json_object_get(doc, "notes"), 0);
    char have[256];

    (void)state;
    layers_text(doc, have, sizeof(have));
    assert_string_equal(have, "Abs+Reshape");
    assert_non_null(strstr(notes, "dead"));
    parts_check(&rig, doc);
    free(notes);
    json_decref(doc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_grouped_into_layers),
        cmocka_unit_test(exits_are_found_in_graph_order),
        cmocka_unit_test(layers_say_what_they_are_set_to_and_what_they_read),
        cmocka_unit_test(empty_segments_and_heads_are_null),
        cmocka_unit_test(boundaries_are_where_one_tensor_is_live),
        cmocka_unit_test(activation_memory_is_that_of_the_worst_moment),
        cmocka_unit_test(shapes_can_be_given),
        cmocka_unit_test(what_the_runtime_refuses_names_its_node),
        cmocka_unit_test(old_files_list_weights_as_inputs),
        cmocka_unit_test(nodes_that_lead_nowhere_are_left_out),
    };
    int failed = rig_open(&rig);

    if (failed != 0)
        return failed;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
