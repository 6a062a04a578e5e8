/* SPDX-License-Identifier: MIT */
#include "probes/measure/netbench.h"

#include <stdlib.h>

struct netbench {
    struct net *net;
    struct tensor *inputs[INPUT_SETS]; /* n_inputs each */
    struct tensor *outputs;
    struct binding *bindings[INPUT_SETS];
    size_t n_inputs, n_outputs, turn, runs;
};

void
netbench_close(struct netbench *b)
{
    if (b == NULL)
        return;
    for (size_t k = 0; k < INPUT_SETS; k++) {
        binding_free(b->bindings[k]);
        for (size_t i = 0; b->inputs[k] != NULL && i < b->n_inputs; i++)
            free(b->inputs[k][i].data);
        free(b->inputs[k]);
    }
    for (size_t i = 0; b->outputs != NULL && i < b->n_outputs; i++)
        free(b->outputs[i].data);
    free(b->outputs);
    net_close(b->net);
    free(b);
}

static enum status
make_set(struct netbench *b, size_t k, const struct tensor_info *infos,
    uint64_t seed, struct err *err)
{
    b->inputs[k] = calloc(b->n_inputs + 1, sizeof(struct tensor));
    if (b->inputs[k] == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < b->n_inputs; i++) {
        enum status st = tensor_alloc(&b->inputs[k][i], &infos[i], err);

        if (st != ST_OK)
            return st;
        inputs_fill(&b->inputs[k][i], seed, i, k);
    }
    return net_bind(&b->bindings[k], b->net, b->inputs[k], b->outputs, err);
}

enum status
netbench_open(struct netbench **out, struct runtime *rt,
    const struct net_source *src, const struct net_options *opts, uint64_t seed,
    struct err *err)
{
    struct netbench *b = calloc(1, sizeof(*b));
    const struct tensor_info *in, *infos;
    enum status st;

    *out = NULL;
    if (b == NULL)
        return err_nomem(err);
    if ((st = net_open(&b->net, rt, src, opts, err)) != ST_OK)
        goto fail;
    in = net_inputs(b->net, &b->n_inputs);
    infos = net_outputs(b->net, &b->n_outputs);
    b->outputs = calloc(b->n_outputs + 1, sizeof(*b->outputs));
    if (b->outputs == NULL) {
        st = err_nomem(err);
        goto fail;
    }
    for (size_t i = 0; st == ST_OK && i < b->n_outputs; i++)
        st = tensor_alloc(&b->outputs[i], &infos[i], err);
    for (size_t k = 0; st == ST_OK && k < INPUT_SETS; k++)
        st = make_set(b, k, in, seed, err);
    if (st != ST_OK)
        goto fail;
    *out = b;
    return ST_OK;
fail:
    netbench_close(b);
    return st;
}

enum status
netbench_run(struct netbench *b, size_t set, struct err *err)
{
    b->runs++;
    return net_run(b->net, b->bindings[set % INPUT_SETS], err);
}

struct net *
netbench_net(struct netbench *b)
{
    return b->net;
}

size_t
netbench_runs(const struct netbench *b)
{
    return b->runs;
}

const struct tensor *
netbench_outputs(
    const struct netbench *b, const struct tensor_info **infos, size_t *n)
{
    *infos = net_outputs(b->net, n);
    return b->outputs;
}

size_t
netbench_bytes(const struct netbench *b)
{
    size_t bytes = 0;

    for (size_t i = 0; i < b->n_inputs; i++)
        bytes += INPUT_SETS * b->inputs[0][i].bytes;
    for (size_t i = 0; i < b->n_outputs; i++)
        bytes += b->outputs[i].bytes;
    return bytes;
}

static enum status
run(void *ctx, int64_t n, struct err *err)
{
    struct netbench *b = ctx;
    enum status st = ST_OK;

    for (int64_t i = 0; st == ST_OK && i < n; i++) {
        st = net_run(b->net, b->bindings[b->turn], err);
        b->runs++;
        b->turn = b->turn + 1 == INPUT_SETS ? 0 : b->turn + 1;
    }
    return st;
}

void
netbench_subject(struct netbench *b, struct subject *s)
{
    *s = (struct subject){ .run = run, .ctx = b };
}
