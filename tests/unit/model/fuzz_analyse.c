/* SPDX-License-Identifier: MIT */
/*
 * Any bytes, any shapes: the analysis answers, and never crashes.
 *
 * LLVMFuzzerTestOneInput() is the entrance that libFuzzer wants (build this
 * file and make_onnx.c with clang -fsanitize=fuzzer,address -DOFFRAMP_FUZZER).
 * Without it, main() plays seeded mutations of small models, so that every
 * test run has some of it.  Shapes are made up from names: a runtime would
 * refuse most damaged models before the code behind it is reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_onnx.h"
#include "search/model/analyse.h"
#include "unit/fuzz/play.h"

/* A type and a shape that depend on the name and on nothing else. */
static enum status
make_up(struct shape_sink *sink, const char *name, struct err *err)
{
    static const char *const types[] = { "f4", "f4", "f4", "i8", "u1", "b1" };
    unsigned h = 5381;
    int64_t dims[4];

    for (const char *c = name; *c != '\0'; c++)
        h = h * 33 + (unsigned char)*c;
    for (int i = 0; i < 4; i++)
        dims[i] = (h >> (4 + 4 * i) & 0xf) - (h % 97 == 0);
    return shape_put(
        sink, name, types[h % 6], dims, (h >> 2) % 4 + (h % 5 == 0), err);
}

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, len, model);
    enum status st = ST_OK;

    (void)ctx;
    if (m == NULL)
        abort(); /* we wrote it ourselves */
    for (size_t i = 0; i < m->graph->n_output && st == ST_OK; i++)
        st = make_up(sink, m->graph->output[i]->name, err);
    onnx_free(m);
    return st;
}

/* Every cut must be a model that the reader takes. */
static enum status
emit(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    Onnx__ModelProto *m;

    (void)ctx;
    if (onnx_read(data, len, &m, NULL, err) != ST_OK) {
        fprintf(stderr, "a cut cannot be read: %s\n", err->text);
        abort();
    }
    onnx_free(m);
    hash_bytes(data, len, hex);
    return ST_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct analyse_env env = { NULL, infer, emit, NULL, NULL };
    struct err err = { 0 };
    json_t *doc;
    enum status st = analyse(&doc, data, len, NULL, &env, &err);

    if (st != ST_OK && (st != ST_UNPROCESSABLE || err.text[0] == '\0'))
        abort();
    json_decref(doc);
    return 0;
}

#ifndef OFFRAMP_FUZZER

enum { ROUNDS = 3000 };

static const char *const seeds[] = {
    "input x f4 N,4\ninit w f4 4,3\nnode MatMul x,w -> a\nnode Relu a -> y\n"
    "output y\n",
    "input x f4 1,4,6,6\ninit w f4 4,4,1,1\ninit v f4 4,4,1,1\n"
    "node Conv x,w -> a\nnode Sigmoid a -> s\nnode Mul a,s -> b\n"
    "node Conv b,v -> c\nnode Add b,c -> y\noutput y\noutput s\n",
    "input x f4 N,4,6\nints i 0\nints m -1\nnode Abs x -> a\n"
    "node Shape a -> s\nnode Gather s,i -> n\nnode Concat n,m -> t axis=0\n"
    "node Reshape a,t -> y\noutput y\n",
    /* shapes that make_up() gives to p, q and u make them exits */
    "input x f4 1,4\ninit w f4 4,4\nnode MatMul x,w -> a\n"
    "node MatMul a,w -> b\nnode MatMul a,w -> p\nnode Softmax b -> q\n"
    "node Add b,a -> u\noutput p\noutput q\noutput u\n",
    "input x f4 1,4\ninit s f4 scalar\ninit z u1 scalar 0\ninit q i1 4,4\n"
    "node QuantizeLinear x,s,z -> a\nnode DequantizeLinear a,s,z -> b\n"
    "node DequantizeLinear q,s -> w\nnode Gemm b,w -> y\noutput y\n",
};

int
main(void)
{
    struct rng rng = { 1 };
    struct err err = { 0 };

    if (hash_start(&err) != ST_OK)
        return 1;
    for (size_t s = 0; s < sizeof(seeds) / sizeof(seeds[0]); s++) {
        size_t len;
        uint8_t *data = make_onnx_bytes(seeds[s], &len);
        int failed = fuzz_play(data, len, ROUNDS, &rng);

        free(data);
        if (failed)
            return 1;
    }
    return 0;
}

#endif
