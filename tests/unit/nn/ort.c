/* SPDX-License-Identifier: MIT */
#include "ort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/runtimes/runtime.h"
#include "unit/model/make_onnx.h"

static struct tensor
tensor_of(const struct tensor_info *info, const float *data)
{
    struct tensor t = { .data = (void *)(uintptr_t)data,
        .dtype = info->dtype,
        .rank = info->rank,
        .bytes = (size_t)tensor_elements(info) * sizeof(float) };

    assert_int_equal(info->dtype, DTYPE_F4);
    memcpy(t.dims, info->dims, sizeof(t.dims));
    return t;
}

void
ort_run(struct runtime *rt, const char *text, const float *const *inputs,
    float *out, size_t n_out)
{
    struct net_options opts = NET_OPTIONS_DEFAULT;
    struct tensor in[4], result;
    struct net_source src = { 0 };
    struct binding *binding = NULL;
    struct net *net = NULL;
    struct err err = { 0 };
    uint8_t *bytes = make_onnx_bytes(text, &src.len);
    const struct tensor_info *info;
    size_t n;

    src.data = bytes;
    if (net_open(&net, rt, &src, &opts, &err) != ST_OK)
        fail_msg("%s\n%s", err.text, text);
    info = net_inputs(net, &n);
    assert_in_range(n, 1, 4);
    for (size_t i = 0; i < n; i++)
        in[i] = tensor_of(&info[i], inputs[i]);
    info = net_outputs(net, &n);
    assert_int_equal(tensor_elements(&info[0]), n_out);
    result = tensor_of(&info[0], out);
    if (net_bind(&binding, net, in, &result, &err) != ST_OK ||
        net_run(net, binding, &err) != ST_OK)
        fail_msg("%s\n%s", err.text, text);
    binding_free(binding);
    net_close(net);
    free(bytes);
}
