/* SPDX-License-Identifier: MIT */
/* onnx_net.c -- a network loaded by ONNX Runtime: sessions and values. */
#include "probes/runtimes/onnx_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct onnx_net {
    struct net base;
    const struct onnx_runtime *rt; /* borrowed */
    struct ort_session *session;
    char **names; /* the inputs' and then the outputs', owned by the library */
};

struct onnx_binding {
    struct binding base;
    const struct onnx_net *net;
    struct ort_value *values[]; /* the inputs' and then the outputs' */
};

static const enum dtype dtypes[] = {
    [ORT_ELEMENT_F4] = DTYPE_F4,
    [ORT_ELEMENT_U1] = DTYPE_U1,
    [ORT_ELEMENT_I1] = DTYPE_I1,
    [ORT_ELEMENT_U2] = DTYPE_U2,
    [ORT_ELEMENT_I2] = DTYPE_I2,
    [ORT_ELEMENT_I4] = DTYPE_I4,
    [ORT_ELEMENT_I8] = DTYPE_I8,
    [ORT_ELEMENT_BOOL] = DTYPE_B1,
    [ORT_ELEMENT_F2] = DTYPE_F2,
    [ORT_ELEMENT_F8] = DTYPE_F8,
    [ORT_ELEMENT_U4] = DTYPE_U4,
    [ORT_ELEMENT_U8] = DTYPE_U8,
    [ORT_ELEMENT_BF2] = DTYPE_BF2,
};
enum { N_ELEMENTS = sizeof(dtypes) / sizeof(dtypes[0]) };

static int
element_of(enum dtype t)
{
    for (int e = 0; e < N_ELEMENTS; e++)
        if (dtypes[e] == t)
            return e;
    return 0;
}

/* Session options: our defaults, said aloud, so that no build's own default
 * decides what is measured. */
static enum status
make_options(const struct onnx_runtime *rt, const struct net_options *o,
    struct ort_session_options **out, struct err *err)
{
    const struct ort_api *api = &rt->api;
    static const char code[] = "device.no_runtime", what[] = "session options";
    int level = o->optimisation == NET_OPTIMISE_NONE ? ORT_OPTIMISE_NONE
                                                     : ORT_OPTIMISE_ALL;
    struct ort_session_options *so;
    enum status st;

    if ((st = onnx_check(
             rt, api->CreateSessionOptions(out), code, what, err)) != ST_OK)
        return st;
    so = *out;
    if ((st = onnx_check(rt,
             api->SetSessionExecutionMode(so, ORT_RUN_SEQUENTIAL), code, what,
             err)) == ST_OK &&
        (st = onnx_check(rt,
             o->trace != NULL ? api->EnableProfiling(so, o->trace)
                              : api->DisableProfiling(so),
             code, what, err)) == ST_OK &&
        (st = onnx_check(rt, api->EnableCpuMemArena(so), code, what, err)) ==
            ST_OK &&
        (st = onnx_check(rt, api->SetSessionGraphOptimizationLevel(so, level),
             code, what, err)) == ST_OK &&
        (st = onnx_check(rt, api->SetIntraOpNumThreads(so, o->threads), code,
             what, err)) == ST_OK &&
        (st = onnx_check(
             rt, api->SetInterOpNumThreads(so, 1), code, what, err)) == ST_OK)
        st = onnx_check(rt,
            api->AddSessionConfigEntry(
                so, "session.intra_op.allow_spinning", "0"),
            code, what, err);
    return st;
}

/* Read type and dims of one input or output out of `type` (released here). */
static enum status
read_type(const struct onnx_runtime *rt, struct ort_type_info *type,
    struct tensor_info *t, struct err *err)
{
    const struct ort_api *api = &rt->api;
    const struct ort_shape_info *shape = NULL;
    static const char code[] = "model.load", what[] = "tensor type";
    int element = 0;
    enum status st;

    st = onnx_check(
        rt, api->CastTypeInfoToTensorInfo(type, &shape), code, what, err);
    if (st != ST_OK || shape == NULL)
        goto out; /* a sequence or a map: dtype stays NONE */
    if ((st = onnx_check(rt, api->GetTensorElementType(shape, &element), code,
             what, err)) != ST_OK ||
        (st = onnx_check(rt, api->GetDimensionsCount(shape, &t->rank), code,
             what, err)) != ST_OK)
        goto out;
    if (t->rank > TENSOR_RANK) {
        st = err_set(err, ST_UNPROCESSABLE, "model.rank",
            "tensor '%s' has %zu dimensions, at most %d are supported", t->name,
            t->rank, TENSOR_RANK);
        goto out;
    }
    if (element >= 0 && element < N_ELEMENTS)
        t->dtype = dtypes[element];
    st = onnx_check(
        rt, api->GetDimensions(shape, t->dims, t->rank), code, what, err);
out:
    api->ReleaseTypeInfo(type);
    return st;
}

/* Describe input or output `i`. */
static enum status
describe_one(struct onnx_net *net, bool output, size_t i, struct err *err)
{
    const struct onnx_runtime *rt = net->rt;
    const struct ort_api *api = &rt->api;
    struct tensor_info *t =
        output ? &net->base.outputs[i] : &net->base.inputs[i];
    char **name = &net->names[output ? net->base.n_inputs + i : i];
    struct ort_type_info *type;
    enum status st;

    st = onnx_check(rt,
        (output ? api->SessionGetOutputName : api->SessionGetInputName)(
            net->session, i, rt->allocator, name),
        "model.load", "tensor name", err);
    if (st != ST_OK)
        return st;
    t->name = *name;
    st = onnx_check(rt,
        (output ? api->SessionGetOutputTypeInfo : api->SessionGetInputTypeInfo)(
            net->session, i, &type),
        "model.load", t->name, err);
    return st != ST_OK ? st : read_type(rt, type, t, err);
}

static enum status
describe(struct onnx_net *net, struct err *err)
{
    const struct ort_api *api = &net->rt->api;
    struct net *b = &net->base;
    enum status st;

    if ((st = onnx_check(net->rt,
             api->SessionGetInputCount(net->session, &b->n_inputs),
             "model.load", "inputs", err)) != ST_OK ||
        (st = onnx_check(net->rt,
             api->SessionGetOutputCount(net->session, &b->n_outputs),
             "model.load", "outputs", err)) != ST_OK)
        return st;
    b->inputs = calloc(b->n_inputs + 1, sizeof(*b->inputs));
    b->outputs = calloc(b->n_outputs + 1, sizeof(*b->outputs));
    net->names = calloc(b->n_inputs + b->n_outputs + 1, sizeof(*net->names));
    if (b->inputs == NULL || b->outputs == NULL || net->names == NULL)
        return err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < b->n_inputs; i++)
        st = describe_one(net, false, i, err);
    for (size_t i = 0; st == ST_OK && i < b->n_outputs; i++)
        st = describe_one(net, true, i, err);
    return st;
}

enum status
onnx_net_open(struct net **out, struct runtime *base,
    const struct net_source *src, const struct net_options *opts,
    struct err *err)
{
    const struct onnx_runtime *rt = (const struct onnx_runtime *)base;
    struct ort_session_options *so = NULL;
    struct onnx_net *net = calloc(1, sizeof(*net));
    enum status st;
    ort_result r;

    if (net == NULL)
        return err_nomem(err);
    net->base.ops = base->ops;
    net->rt = rt;
    if ((st = make_options(rt, opts, &so, err)) != ST_OK)
        goto out;
    r = src->path != NULL
            ? rt->api.CreateSession(rt->env, src->path, so, &net->session)
            : rt->api.CreateSessionFromArray(
                  rt->env, src->data, src->len, so, &net->session);
    st = onnx_check(
        rt, r, "model.load", src->path != NULL ? src->path : "model", err);
    if (st == ST_OK)
        st = describe(net, err);
out:
    if (so != NULL)
        rt->api.ReleaseSessionOptions(so);
    if (st != ST_OK) {
        onnx_net_close(&net->base);
        return st;
    }
    *out = &net->base;
    return ST_OK;
}

void
onnx_net_close(struct net *base)
{
    struct onnx_net *net = (struct onnx_net *)base;
    const struct onnx_runtime *rt = net->rt;
    size_t n = base->n_inputs + base->n_outputs;

    for (size_t i = 0; net->names != NULL && i < n; i++) {
        ort_result r =
            net->names[i] == NULL
                ? NULL
                : rt->api.AllocatorFree(rt->allocator, net->names[i]);

        if (r != NULL)
            rt->api.ReleaseStatus(r);
    }
    if (net->session != NULL)
        rt->api.ReleaseSession(net->session);
    free(net->names);
    free(base->inputs);
    free(base->outputs);
    free(net);
}

static enum status
make_value(const struct onnx_net *net, const struct tensor_info *info,
    const struct tensor *t, struct ort_value **out, struct err *err)
{
    const struct onnx_runtime *rt = net->rt;

    if (t->dtype != info->dtype || t->dtype == DTYPE_NONE)
        return err_set(err, ST_UNPROCESSABLE, "model.tensor_type",
            "tensor '%s' is of type %s, not %s", info->name,
            dtype_name(info->dtype), dtype_name(t->dtype));
    return onnx_check(rt,
        rt->api.CreateTensorWithDataAsOrtValue(rt->memory, t->data, t->bytes,
            t->dims, t->rank, element_of(t->dtype), out),
        "model.tensor_shape", info->name, err);
}

enum status
onnx_bind(struct binding **out, struct net *base, const struct tensor *inputs,
    const struct tensor *outputs, struct err *err)
{
    const struct onnx_net *net = (const struct onnx_net *)base;
    size_t n = base->n_inputs + base->n_outputs;
    struct onnx_binding *b = calloc(1, sizeof(*b) + n * sizeof(b->values[0]));
    enum status st = ST_OK;

    if (b == NULL)
        return err_nomem(err);
    b->base.ops = base->ops;
    b->net = net;
    for (size_t i = 0; st == ST_OK && i < base->n_inputs; i++)
        st = make_value(net, &base->inputs[i], &inputs[i], &b->values[i], err);
    for (size_t i = 0; st == ST_OK && i < base->n_outputs; i++)
        st = make_value(net, &base->outputs[i], &outputs[i],
            &b->values[base->n_inputs + i], err);
    if (st != ST_OK) {
        onnx_binding_free(&b->base);
        return st;
    }
    *out = &b->base;
    return ST_OK;
}

void
onnx_binding_free(struct binding *base)
{
    struct onnx_binding *b = (struct onnx_binding *)base;
    const struct net *net = &b->net->base;

    for (size_t i = 0; i < net->n_inputs + net->n_outputs; i++)
        if (b->values[i] != NULL)
            b->net->rt->api.ReleaseValue(b->values[i]);
    free(b);
}

enum status
onnx_run(struct net *base, struct binding *binding, struct err *err)
{
    struct onnx_net *net = (struct onnx_net *)base;
    struct onnx_binding *b = (struct onnx_binding *)binding;
    const char *const *names = (const char *const *)net->names;
    ort_result r = net->rt->api.Run(net->session, NULL, names,
        (const struct ort_value *const *)b->values, base->n_inputs,
        names + base->n_inputs, base->n_outputs, b->values + base->n_inputs);

    return r == NULL ? ST_OK : onnx_check(net->rt, r, "model.run", "run", err);
}

enum status
onnx_trace(struct net *base, kernel_time_fn *fn, void *ctx, struct err *err)
{
    struct onnx_net *net = (struct onnx_net *)base;
    const struct ort_api *api = &net->rt->api;
    char *path = NULL;
    ort_result r =
        api->SessionEndProfiling(net->session, net->rt->allocator, &path);
    enum status st =
        onnx_check(net->rt, r, "measure.trace", "end of profiling", err);

    if (st != ST_OK)
        return st;
    st = onnx_trace_read(path, fn, ctx, err);
    unlink(path);
    if ((r = api->AllocatorFree(net->rt->allocator, path)) != NULL)
        api->ReleaseStatus(r);
    return st;
}
