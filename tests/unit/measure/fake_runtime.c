/* SPDX-License-Identifier: MIT */
#include "fake_runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum {
    OUTPUTS = 8,
    WIDTH = 4,
    TRACE_NS = 2500,
    STEP_NS = 1000,
    TRIVIAL_NS = 1000
};

struct fake_net {
    struct net base;
    struct fake_runtime *rt;
    struct tensor_info in, out[OUTPUTS];
    char names[OUTPUTS][16];
    double cost_ns, cold_ns;
    int wrong, nan;
    bool optimised, traced;
    char kernels[256];
    int trivial; /* kernels of a network from memory */
    size_t runs;
};

struct fake_binding {
    struct binding base;
    const float *in;
    float *out[OUTPUTS];
};

static const char *
fake_version(const struct runtime *rt)
{
    (void)rt;
    return "1.0";
}

static const char *
fake_library(const struct runtime *rt)
{
    (void)rt;
    return "";
}

static void
fake_close(struct runtime *rt)
{
    (void)rt;
}

static double
setting(const char *text, const char *name, double otherwise)
{
    const char *p = strstr(text, name);

    return p != NULL ? strtod(p + strlen(name), NULL) : otherwise;
}

static void
describe(struct fake_net *net, const char *text)
{
    int n = (int)setting(text, "outputs=", 1);
    /* Outputs are numbered from this one: a prefix has a late one only. */
    int first = (int)setting(text, "first=", 0);

    net->in = (struct tensor_info){
        .name = "x", .dtype = DTYPE_F4, .rank = 2, .dims = { 1, WIDTH }
    };
    for (int i = 0; i < n; i++) {
        snprintf(net->names[i], sizeof(net->names[i]), "exit%d", first + i);
        net->out[i] = net->in;
        net->out[i].name = net->names[i];
    }
    net->base.inputs = &net->in;
    net->base.outputs = net->out;
    net->base.n_inputs = 1;
    net->base.n_outputs = (size_t)n;
    if (strstr(text, "kernels=") != NULL)
        snprintf(net->kernels, sizeof(net->kernels), "%s",
            strstr(text, "kernels=") + 8);
    net->cost_ns = setting(text, "cost=", 1000);
    net->cold_ns = setting(text, "cold=", 0);
    net->wrong = (int)setting(text, "wrong=", 0);
    net->nan = (int)setting(text, "nan=", 0);
}

/* Each node of a network from memory is a kernel of 1 us. */
static enum status
count_trivial(struct fake_net *net, const struct net_source *src, char **text,
    struct err *err)
{
    static const char *const ops[] = { "Neg", "Conv" };
    char cost[32];

    for (int o = 0; o < 2; o++)
        for (const char *at = src->data;
             (at = memmem(at, src->len - (size_t)(at - (char *)src->data),
                  ops[o], strlen(ops[o]))) != NULL;
             at++)
            net->trivial++;
    snprintf(cost, sizeof(cost), "cost=%d", TRIVIAL_NS * net->trivial);
    *text = strdup(cost);
    return *text != NULL ? ST_OK : err_nomem(err);
}

static enum status
fake_open(struct net **out, struct runtime *base, const struct net_source *src,
    const struct net_options *opts, struct err *err)
{
    struct fake_runtime *rt = (struct fake_runtime *)base;
    struct fake_net *net = calloc(1, sizeof(*net));
    enum status st;
    char *text;
    size_t len;

    if (net == NULL)
        return err_nomem(err);
    if (src->path != NULL)
        st = file_read(src->path, 4096, &text, &len, err);
    else
        st = count_trivial(net, src, &text, err);
    if (st != ST_OK) {
        free(net);
        return st;
    }
    net->traced = opts->trace != NULL;
    net->base.ops = base->ops;
    net->rt = rt;
    net->optimised = opts->optimisation == NET_OPTIMISE_ALL;
    describe(net, text);
    free(text);
    if (++rt->open_nets > rt->most_open)
        rt->most_open = rt->open_nets;
    *out = &net->base;
    return ST_OK;
}

static void
fake_net_close(struct net *net)
{
    ((struct fake_net *)net)->rt->open_nets--;
    free(net);
}

static enum status
fake_bind(struct binding **out, struct net *net, const struct tensor *inputs,
    const struct tensor *outputs, struct err *err)
{
    struct fake_binding *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return err_nomem(err);
    b->base.ops = net->ops;
    b->in = inputs[0].data;
    for (size_t i = 0; i < net->n_outputs; i++)
        b->out[i] = outputs[i].data;
    *out = &b->base;
    return ST_OK;
}

static void
fake_binding_free(struct binding *b)
{
    free(b);
}

static enum status
fake_run(struct net *base, struct binding *binding, struct err *err)
{
    struct fake_net *net = (struct fake_net *)base;
    struct fake_binding *b = (struct fake_binding *)binding;
    struct fake_machine *m = net->rt->machine;
    double ns = net->cost_ns * m->slowdown *
                (1 + net->rt->noise * (2 * rng_unit(&net->rt->rng) - 1));
    float sum = 0;

    (void)err;
    net->runs++;
    for (const char *k = net->kernels; net->traced && *k != '\0'; k++)
        ns += *k == ':' ? 2 * TRACE_NS : 0;
    if (net->traced)
        ns += 2 * TRACE_NS * net->trivial;
    if (m->cold)
        ns += net->cold_ns;
    m->cold = false;
    m->now_ns += ns;
    m->busy_ns += ns;
    for (int i = 0; i < WIDTH; i++)
        sum += b->in[i];
    for (int k = 0; k < (int)base->n_outputs; k++)
        for (int i = 0; i < WIDTH; i++)
            /* From the name, so that a prefix agrees with the whole. */
            b->out[k][i] = sum + 1 + (float)atoi(net->names[k] + 4);
    if (net->optimised && net->wrong > 0)
        b->out[net->wrong - 1][1] *= 1.01f;
    if (net->optimised && net->nan > 0)
        b->out[net->nan - 1][2] = NAN;
    return ST_OK;
}

/* What the profiler says of one kernel: its own part too, and whole steps. */
static enum status
emit(struct fake_net *net, size_t run, const char *name, const char *op,
    double ns, kernel_time_fn *fn, void *ctx, struct err *err)
{
    double noise = 1 + net->rt->noise * (2 * rng_unit(&net->rt->rng) - 1);
    int64_t all = (int64_t)(ns * noise) + TRACE_NS;
    struct kernel_time k = { .run = run,
        .name = name,
        .op = op,
        .ns = all / STEP_NS * STEP_NS,
        .quantum_ns = STEP_NS };

    return fn(&k, ctx, err);
}

static enum status
emit_run(struct fake_net *net, size_t run, kernel_time_fn *fn, void *ctx,
    struct err *err)
{
    char text[sizeof(net->kernels)], *save = NULL;
    enum status st = ST_OK;

    memcpy(text, net->kernels, sizeof(text));
    for (char *k = strtok_r(text, " ", &save); st == ST_OK && k != NULL;
         k = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(k, ':');

        *colon = '\0';
        st = emit(net, run, k, "Conv", atof(colon + 1), fn, ctx, err);
    }
    for (int i = 0; st == ST_OK && i < net->trivial; i++)
        st = emit(net, run, "t", "Neg",
            TRIVIAL_NS + STEP_NS * (rng_unit(&net->rt->rng) - 0.5), fn, ctx,
            err);
    return st;
}

static enum status
fake_trace(struct net *base, kernel_time_fn *fn, void *ctx, struct err *err)
{
    struct fake_net *net = (struct fake_net *)base;
    enum status st = ST_OK;

    if (net->rt->trace_broken)
        return err_set(err, ST_INVALID, "measure.trace", "damaged");
    for (size_t run = 0; st == ST_OK && run < net->runs; run++)
        st = emit_run(net, run, fn, ctx, err);
    return st;
}

static const struct runtime_ops fake_ops = {
    .name = "fake",
    .version = fake_version,
    .library = fake_library,
    .close = fake_close,
    .open = fake_open,
    .net_close = fake_net_close,
    .bind = fake_bind,
    .binding_free = fake_binding_free,
    .run = fake_run,
    .trace = fake_trace,
};

void
fake_runtime_init(struct fake_runtime *rt, struct fake_machine *m)
{
    *rt = (struct fake_runtime){
        .base.ops = &fake_ops, .machine = m, .rng = { 17 }, .noise = 0.01
    };
}
