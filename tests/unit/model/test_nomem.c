/* SPDX-License-Identifier: MIT */
/*
 * Out of memory at every single place: each run fails one allocation more, of
 * ours, of Jansson's or of protobuf-c's.  The answer must be ST_NOMEM and
 * nothing may be lost (the sanitizer build sees that).  The linker sends our
 * calls of malloc and its kin here (--wrap).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "make_onnx.h"
#include "rig.h"

static long until_failure = -1; /* -1: never */

static bool
fails_now(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}

/* What the runtime said about the model, to say it again without one. */
struct said {
    char *name;
    enum dtype dtype;
    size_t rank;
    int64_t dims[TENSOR_RANK];
};

struct memory {
    struct runtime *rt;
    struct said *item;
    size_t n;
    bool replay;
};

static enum status
say_again(const struct memory *m, struct shape_sink *sink, struct err *err)
{
    for (size_t i = 0; i < m->n; i++) {
        enum status st =
            shape_put(sink, m->item[i].name, dtype_name(m->item[i].dtype),
                m->item[i].dims, m->item[i].rank, err);

        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    const struct net_source src = { .data = model, .len = len };
    const struct net_options opts = NET_OPTIONS_DEFAULT;
    struct memory *m = ctx;
    const struct tensor_info *t;
    struct net *net;
    size_t n;

    if (m->replay)
        return say_again(m, sink, err);
    assert_int_equal(net_open(&net, m->rt, &src, &opts, err), ST_OK);
    t = net_outputs(net, &n);
    for (size_t i = 0; i < n; i++) {
        struct said s = { strdup(t[i].name), t[i].dtype, t[i].rank, { 0 } };

        memcpy(s.dims, t[i].dims, sizeof(s.dims));
        m->item = realloc(m->item, (m->n + 1) * sizeof(*m->item));
        assert_non_null(m->item);
        m->item[m->n++] = s;
    }
    net_close(net);
    return say_again(m, sink, err);
}

static enum status
emit(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    (void)ctx;
    (void)err;
    hash_bytes(data, len, hex);
    return ST_OK;
}

static void
every_allocation_may_fail(void **state)
{
    static const char text[] =
        "input x f4 N,4,6\ninit w0 f4 24,3\ninit w1 f4 24,3\nints i 0\n"
        "ints m -1\nnode Abs x -> a\nnode Shape a -> s\nnode Gather s,i -> n\n"
        "node Concat n,m -> to axis=0\nnode Reshape a,to -> f\n"
        "node MatMul f,w0 -> y0\nnode Relu f -> r\nnode MatMul r,w1 -> y1\n"
        "node Relu y1 -> dead\noutput y0\noutput y1\n";
    struct rig *rig = *state;
    struct memory m = { .rt = rig->rt };
    struct analyse_env env = { &m, infer, emit, NULL, rig->nodes };
    size_t len;
    uint8_t *data = make_onnx_bytes(text, &len);
    json_t *doc, *want;
    struct err err = { 0 };
    enum status st;
    long at = 0;

    assert_int_equal(analyse(&want, data, len, NULL, &env, &err), ST_OK);
    m.replay = true;
    do {
        err_clear(&err);
        until_failure = at++;
        st = analyse(&doc, data, len, NULL, &env, &err);
        until_failure = -1;
        if (st != ST_OK && (st != ST_NOMEM || doc != NULL))
            fail_msg("allocation %ld: %d %s: %s", at - 1, (int)st, err.code,
                err.text);
        if (st == ST_OK && !json_equal(doc, want))
            fail_msg("allocation %ld: failed unseen", at - 1);
        json_decref(doc);
    } while (st != ST_OK);
    assert_true(at > 500);
    json_decref(want);
    for (size_t i = 0; i < m.n; i++)
        free(m.item[i].name);
    free(m.item);
    free(data);
}

int
main(void)
{
    struct rig rig;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_allocation_may_fail, &rig),
    };
    int failed;

    json_set_alloc_funcs(__wrap_malloc, free);
    if ((failed = rig_open(&rig)) != 0)
        return failed;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_close(&rig);
    return failed;
}
