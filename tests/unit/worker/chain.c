/* SPDX-License-Identifier: MIT */
#include "unit/worker/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/runtimes/runtime.h"

void
chain_open(struct chain *c)
{
    struct err err = { 0 };

    *c = (struct chain){ 0 };
    if (runtime_onnx_open(&c->rt, NULL, &err) != ST_OK)
        fail_msg("%s", err.text);
}

void
chain_clear(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->tensor[i].data);
    runtime_close(c->rt);
    *c = (struct chain){ 0 };
}

static size_t
find(const struct chain *c, const char *name)
{
    size_t i = 0;

    while (i < c->n && strcmp(c->tensor[i].name, name) != 0)
        i++;
    return i;
}

void
chain_put(struct chain *c, const char *name, const float *data, size_t n)
{
    size_t i = find(c, name);

    if (i == c->n) {
        assert_true(c->n++ < CHAIN_TENSORS);
        snprintf(c->tensor[i].name, sizeof(c->tensor[i].name), "%s", name);
    }
    free(c->tensor[i].data);
    c->tensor[i].n = n;
    c->tensor[i].data = malloc(n * sizeof(float));
    assert_non_null(c->tensor[i].data);
    memcpy(c->tensor[i].data, data, n * sizeof(float));
}

const float *
chain_get(const struct chain *c, const char *name, size_t *n)
{
    size_t i = find(c, name);

    if (i == c->n)
        fail_msg("no tensor %s", name);
    if (n != NULL)
        *n = c->tensor[i].n;
    return c->tensor[i].data;
}

static struct tensor
tensor_of(const struct tensor_info *info, void *data)
{
    struct tensor t = { .data = data, .dtype = info->dtype };

    t.rank = info->rank;
    memcpy(t.dims, info->dims, sizeof(t.dims));
    t.bytes = (size_t)tensor_elements(info) * sizeof(float);
    return t;
}

const char *
chain_run(struct chain *c, const char *path)
{
    const struct net_source source = { .path = path };
    struct net_options options = NET_OPTIONS_DEFAULT;
    struct tensor in[8], out[CHAIN_TENSORS];
    const struct tensor_info *ins, *outs;
    struct err err = { 0 };
    struct binding *binding;
    struct net *net;
    size_t n_in, n_out;
    const char *last;

    if (c->plain)
        options.optimisation = NET_OPTIMISE_NONE;
    if (net_open(&net, c->rt, &source, &options, &err) != ST_OK)
        fail_msg("%s: %s", path, err.text);
    ins = net_inputs(net, &n_in);
    outs = net_outputs(net, &n_out);
    assert_true(n_in <= 8 && n_out > 0 && n_out <= CHAIN_TENSORS);
    for (size_t i = 0; i < n_in; i++)
        in[i] = tensor_of(&ins[i], (void *)chain_get(c, ins[i].name, NULL));
    for (size_t i = 0; i < n_out; i++) {
        out[i] = tensor_of(&outs[i], NULL);
        out[i].data = calloc(1, out[i].bytes);
        assert_non_null(out[i].data);
    }
    if (net_bind(&binding, net, in, out, &err) != ST_OK ||
        net_run(net, binding, &err) != ST_OK)
        fail_msg("%s: %s", path, err.text);
    for (size_t i = 0; i < n_out; i++) {
        chain_put(c, outs[i].name, out[i].data, out[i].bytes / sizeof(float));
        free(out[i].data);
    }
    last = c->tensor[find(c, outs[n_out - 1].name)].name;
    binding_free(binding);
    net_close(net);
    return last;
}
