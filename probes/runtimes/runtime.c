/* SPDX-License-Identifier: MIT */
#include "probes/runtimes/runtime.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_NONE] = { "?", 0 },
    [DTYPE_F4] = { "f4", 4 },
    [DTYPE_F8] = { "f8", 8 },
    [DTYPE_F2] = { "f2", 2 },
    [DTYPE_BF2] = { "bf2", 2 },
    [DTYPE_I1] = { "i1", 1 },
    [DTYPE_U1] = { "u1", 1 },
    [DTYPE_I2] = { "i2", 2 },
    [DTYPE_U2] = { "u2", 2 },
    [DTYPE_I4] = { "i4", 4 },
    [DTYPE_U4] = { "u4", 4 },
    [DTYPE_I8] = { "i8", 8 },
    [DTYPE_U8] = { "u8", 8 },
    [DTYPE_B1] = { "b1", 1 },
};

const char *
dtype_name(enum dtype t)
{
    return dtypes[t].name;
}

size_t
dtype_size(enum dtype t)
{
    return dtypes[t].size;
}

enum dtype
dtype_from_name(const char *name)
{
    for (int t = 0; t < DTYPE_COUNT; t++)
        if (strcmp(dtypes[t].name, name) == 0)
            return (enum dtype)t;
    return DTYPE_NONE;
}

int64_t
tensor_elements(const struct tensor_info *t)
{
    int64_t n = 1;

    for (size_t i = 0; i < t->rank; i++)
        if (t->dims[i] < 0 || __builtin_mul_overflow(n, t->dims[i], &n))
            return -1;
    return n;
}

void
runtime_close(struct runtime *rt)
{
    if (rt != NULL)
        rt->ops->close(rt);
}

const char *
runtime_name(const struct runtime *rt)
{
    return rt->ops->name;
}

const char *
runtime_version(const struct runtime *rt)
{
    return rt->ops->version(rt);
}

const char *
runtime_library(const struct runtime *rt)
{
    return rt->ops->library(rt);
}

enum status
net_open(struct net **out, struct runtime *rt, const struct net_source *src,
    const struct net_options *opts, struct err *err)
{
    *out = NULL;
    return rt->ops->open(out, rt, src, opts, err);
}

void
net_close(struct net *net)
{
    if (net != NULL)
        net->ops->net_close(net);
}

const struct tensor_info *
net_inputs(const struct net *net, size_t *n)
{
    *n = net->n_inputs;
    return net->inputs;
}

const struct tensor_info *
net_outputs(const struct net *net, size_t *n)
{
    *n = net->n_outputs;
    return net->outputs;
}

enum status
net_bind(struct binding **out, struct net *net, const struct tensor *inputs,
    const struct tensor *outputs, struct err *err)
{
    *out = NULL;
    return net->ops->bind(out, net, inputs, outputs, err);
}

void
binding_free(struct binding *b)
{
    if (b != NULL)
        b->ops->binding_free(b);
}

enum status
net_run(struct net *net, struct binding *b, struct err *err)
{
    return net->ops->run(net, b, err);
}

bool
runtime_traces(const struct runtime *rt)
{
    return rt->ops->trace != NULL;
}

enum status
net_trace(struct net *net, kernel_time_fn *fn, void *ctx, struct err *err)
{
    return net->ops->trace(net, fn, ctx, err);
}
