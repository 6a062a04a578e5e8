/* SPDX-License-Identifier: MIT */
/* The ONNX Runtime through our own declaration of its table: every function
 * that ort_abi.h names is called with success here. */
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/runtimes/runtime.h"

#define MODEL OFFRAMP_FIXTURES "/cnn3.onnx"

/* A net with one binding on memory of its own. */
struct bench {
    struct runtime *rt;
    struct net *net;
    struct binding *binding;
    struct tensor in, out[8];
};

static void
allocate(struct tensor *t, const struct tensor_info *info)
{
    int64_t n = 1;

    t->dtype = info->dtype;
    t->rank = info->rank;
    for (size_t i = 0; i < info->rank; i++) {
        t->dims[i] = info->dims[i] < 0 ? 1 : info->dims[i];
        n *= t->dims[i];
    }
    t->bytes = (size_t)n * dtype_size(t->dtype);
    assert_non_null(t->data = calloc(1, t->bytes));
}

static void
bench_open(
    struct bench *b, const struct net_source *src, enum net_optimisation level)
{
    struct net_options opts = NET_OPTIONS_DEFAULT;
    const struct tensor_info *info;
    struct err err = { 0 };
    size_t n;

    memset(b, 0, sizeof(*b));
    opts.optimisation = level;
    assert_int_equal(runtime_onnx_open(&b->rt, NULL, &err), ST_OK);
    if (net_open(&b->net, b->rt, src, &opts, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    info = net_inputs(b->net, &n);
    assert_int_equal(n, 1);
    allocate(&b->in, info);
    info = net_outputs(b->net, &n);
    assert_in_range(n, 1, 8);
    for (size_t i = 0; i < n; i++)
        allocate(&b->out[i], &info[i]);
    if (net_bind(&b->binding, b->net, &b->in, b->out, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static void
bench_close(struct bench *b)
{
    binding_free(b->binding);
    net_close(b->net);
    runtime_close(b->rt);
    free(b->in.data);
    for (size_t i = 0; i < 8; i++)
        free(b->out[i].data);
}

static void
fill(struct tensor *t)
{
    for (size_t i = 0; i < t->bytes / 4; i++)
        ((float *)t->data)[i] = (float)((i * 37) % 101) / 101.0f;
}

static int
threads_now(void)
{
    char line[128];
    int n = -1;
    FILE *f = fopen("/proc/self/status", "r");

    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL)
        sscanf(line, "Threads: %d", &n);
    fclose(f);
    return n;
}

static void
the_library_names_itself_and_its_version(void **state)
{
    struct runtime *rt;
    struct err err = { 0 };
    int major, minor;

    (void)state;
    if (runtime_onnx_open(&rt, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_string_equal(runtime_name(rt), "onnxruntime");
    assert_int_equal(sscanf(runtime_version(rt), "%d.%d", &major, &minor), 2);
    assert_true(major >= 1);
    assert_non_null(strstr(runtime_library(rt), "libonnxruntime"));
    runtime_close(rt);
}

static void
a_network_describes_its_inputs_and_outputs(void **state)
{
    static const struct net_source src = { .path = MODEL };
    struct bench b;
    const struct tensor_info *in, *out;
    size_t n;

    (void)state;
    bench_open(&b, &src, NET_OPTIMISE_ALL);
    in = net_inputs(b.net, &n);
    assert_string_equal(dtype_name(in[0].dtype), "f4");
    assert_true(in[0].rank >= 2);
    out = net_outputs(b.net, &n);
    assert_true(n >= 2); /* the fixture has several exits */
    for (size_t i = 0; i < n; i++) {
        assert_true(out[i].name[0] != '\0');
        assert_int_equal(out[i].dtype, DTYPE_F4);
    }
    bench_close(&b);
}

static void
optimised_and_plain_runs_agree_from_file_and_from_memory(void **state)
{
    struct net_source file = { .path = MODEL }, bytes = { 0 };
    struct bench a, b;
    char *data;
    size_t n;
    bool moved = false;

    (void)state;
    assert_int_equal(file_read(MODEL, 1 << 20, &data, &bytes.len, NULL), ST_OK);
    bytes.data = data;
    bench_open(&a, &file, NET_OPTIMISE_ALL);
    bench_open(&b, &bytes, NET_OPTIMISE_NONE);
    free(data); /* the net does not need its source any more */
    fill(&a.in);
    fill(&b.in);
    assert_int_equal(net_run(a.net, a.binding, NULL), ST_OK);
    assert_int_equal(net_run(b.net, b.binding, NULL), ST_OK);
    net_outputs(a.net, &n);
    for (size_t k = 0; k < n; k++) {
        const float *x = a.out[k].data, *y = b.out[k].data;

        for (size_t i = 0; i < a.out[k].bytes / 4; i++) {
            assert_true(isfinite(x[i]) && fabsf(x[i] - y[i]) < 1e-4f);
            moved |= x[i] != 0;
        }
    }
    assert_true(moved); /* the outputs landed in our memory */
    bench_close(&a);
    bench_close(&b);
}

static void
one_thread_means_no_thread_is_created(void **state)
{
    static const struct net_source src = { .path = MODEL };
    int before = threads_now();
    struct bench b;

    (void)state;
    bench_open(&b, &src, NET_OPTIMISE_ALL);
    assert_int_equal(net_run(b.net, b.binding, NULL), ST_OK);
    assert_int_equal(threads_now(), before);
    bench_close(&b);
}

static void
failures_name_their_cause(void **state)
{
    /* An ONNX file of one node whose op_type is "NoSuchOp". */
    static const char unknown[] =
        "\x08\x08\x12\x00\x3a\x37\x0a\x10\x0a\x01\x78\x12\x01\x79\x22\x08"
        "\x4e\x6f\x53\x75\x63\x68\x4f\x70\x12\x01\x67\x5a\x0f\x0a\x01\x78"
        "\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01\x62\x0f\x0a\x01"
        "\x79\x12\x0a\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x01\x42\x04\x0a"
        "\x00\x10\x0d";
    static const struct {
        struct net_source src;
        const char *code;
    } bad[] = {
        { { .data = "this is no model", .len = 16 }, "model.parse" },
        { { .data = unknown, .len = sizeof(unknown) - 1 },
            "model.unsupported_op" },
        { { .path = "/no/such/file.onnx" }, "model.load" },
    };
    struct net_options opts = NET_OPTIONS_DEFAULT;
    struct runtime *rt;
    struct net *net;

    (void)state;
    assert_int_equal(runtime_onnx_open(&rt, NULL, NULL), ST_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = { 0 };

        assert_int_equal(
            net_open(&net, rt, &bad[i].src, &opts, &err), ST_UNPROCESSABLE);
        assert_null(net);
        if (strcmp(err.code, bad[i].code) != 0)
            fail_msg("%s, not %s: %s", err.code, bad[i].code, err.text);
        assert_true(err.text[0] != '\0');
    }
    runtime_close(rt);
}

static void
a_tensor_of_the_wrong_type_or_size_is_refused(void **state)
{
    static const struct net_source src = { .path = MODEL };
    struct bench b;
    struct binding *other;
    struct tensor wrong;
    struct err err = { 0 };

    (void)state;
    bench_open(&b, &src, NET_OPTIMISE_ALL);
    wrong = b.in;
    wrong.dtype = DTYPE_I8;
    assert_int_equal(
        net_bind(&other, b.net, &wrong, b.out, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.tensor_type");
    err_clear(&err);
    wrong = b.in;
    wrong.bytes /= 2;
    assert_int_equal(
        net_bind(&other, b.net, &wrong, b.out, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.tensor_shape");
    bench_close(&b);
}

static void
an_absent_library_says_how_to_get_it(void **state)
{
    struct runtime *rt;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(runtime_onnx_open(&rt, "/no/such/libonnxruntime.so", &err),
        ST_UNAVAILABLE);
    assert_null(rt);
    assert_string_equal(err.code, "device.no_runtime");
    assert_non_null(strstr(err.text, "npm ci"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_names_itself_and_its_version),
        cmocka_unit_test(a_network_describes_its_inputs_and_outputs),
        cmocka_unit_test(
            optimised_and_plain_runs_agree_from_file_and_from_memory),
        cmocka_unit_test(one_thread_means_no_thread_is_created),
        cmocka_unit_test(failures_name_their_cause),
        cmocka_unit_test(a_tensor_of_the_wrong_type_or_size_is_refused),
        cmocka_unit_test(an_absent_library_says_how_to_get_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
