/* SPDX-License-Identifier: MIT */
#include "search/worker/float_net.h"

#include <stdlib.h>
#include <string.h>

static enum status
alloc_tensor(struct tensor *t, const struct tensor_info *info, struct err *err)
{
    int64_t n = tensor_elements(info);

    if (n <= 0 || info->dtype != DTYPE_F4)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "%s is %s of %s shape; running it on data needs float32 of fixed "
            "shape",
            info->name, dtype_name(info->dtype), n > 0 ? "fixed" : "open");
    *t = (struct tensor){ .dtype = info->dtype, .rank = info->rank };
    memcpy(t->dims, info->dims, sizeof(t->dims));
    t->bytes = (size_t)n * sizeof(float);
    t->data = calloc((size_t)n, sizeof(float));
    return t->data ? ST_OK : err_nomem(err);
}

static enum status
bind_all(struct float_net *f, struct err *err)
{
    size_t n_in, n_out;
    const struct tensor_info *in = net_inputs(f->net, &n_in);
    const struct tensor_info *out = net_outputs(f->net, &n_out);
    enum status st;

    if (n_in != 1)
        return err_set(err, ST_UNPROCESSABLE, "model.inputs",
            "the model has %zu inputs; a data set can feed one", n_in);
    if ((st = alloc_tensor(&f->input, &in[0], err)) != ST_OK)
        return st;
    if ((f->outputs = calloc(n_out + 1, sizeof(*f->outputs))) == NULL)
        return err_nomem(err);
    f->n_outputs = n_out;
    for (size_t i = 0; i < n_out; i++)
        if ((st = alloc_tensor(&f->outputs[i], &out[i], err)) != ST_OK)
            return st;
    return net_bind(&f->binding, f->net, &f->input, f->outputs, err);
}

enum status
float_net_open(
    struct float_net *f, const struct net_source *source, struct err *err)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    enum status st;

    *f = (struct float_net){ 0 };
    if ((st = runtime_onnx_open(&f->rt, NULL, err)) != ST_OK ||
        (st = net_open(&f->net, f->rt, source, &options, err)) != ST_OK)
        return st;
    return bind_all(f, err);
}

void
float_net_close(struct float_net *f)
{
    binding_free(f->binding);
    net_close(f->net);
    if (f->rt != NULL)
        runtime_close(f->rt);
    for (size_t i = 0; i < f->n_outputs; i++)
        free(f->outputs[i].data);
    free(f->outputs);
    free(f->input.data);
    *f = (struct float_net){ 0 };
}

enum status
float_net_output(
    const struct float_net *f, const char *name, size_t *out, struct err *err)
{
    size_t n;
    const struct tensor_info *info = net_outputs(f->net, &n);

    for (*out = 0; *out < n; ++*out)
        if (strcmp(info[*out].name, name) == 0)
            return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "model.exit",
        "the model has no output %.100s", name);
}

enum status
float_net_run(struct float_net *f, struct err *err)
{
    return net_run(f->net, f->binding, err);
}
