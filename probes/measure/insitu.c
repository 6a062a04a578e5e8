/* SPDX-License-Identifier: MIT */
#include "probes/measure/insitu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probes/measure/kernel_map.h"

struct insitu {
    struct kernel_map *map; /* owned: kernels to layers */
    const struct tracecost *cost;
    struct rng *rng;
    size_t n_layers, n, runs;
    size_t *value_of; /* by run; n: not wanted */
    double *ns;       /* by layer, then value; the sum comes last */
    double *first_ns; /* by layer */
    size_t *kernels;  /* by layer */
    bool mapped;
    int64_t quantum_ns;
};

void
insitu_free(struct insitu *t)
{
    if (t == NULL)
        return;
    kernel_map_free(t->map);
    free(t->value_of);
    free(t->ns);
    free(t->first_ns);
    free(t->kernels);
    free(t);
}

/* The first run is over: from now on each kernel has its layer. */
static enum status
settle(struct insitu *t, struct err *err)
{
    enum status st = kernel_map_settle(t->map, err);

    for (size_t k = 0; k < kernel_map_size(t->map); k++) {
        int64_t first_ns, layer = kernel_map_at(t->map, k, &first_ns);

        if (layer < 0)
            continue;
        t->kernels[layer]++;
        t->first_ns[layer] +=
            (double)first_ns + 0.5 * (double)t->quantum_ns - t->cost->kernel_ns;
    }
    t->mapped = true;
    return st;
}

static enum status
add_kernel(const struct kernel_time *k, void *ctx, struct err *err)
{
    struct insitu *t = ctx;
    size_t v = k->run < t->runs ? t->value_of[k->run] : t->n;
    double ns;
    int64_t layer;
    enum status st;

    t->quantum_ns = k->quantum_ns;
    if (k->run == 0)
        return kernel_map_learn(t->map, k, err);
    if (!t->mapped && (st = settle(t, err)) != ST_OK)
        return st;
    if (v == t->n || (layer = kernel_map_find(t->map, k->name)) < 0)
        return ST_OK;
    ns = (double)k->ns + (double)k->quantum_ns * rng_unit(t->rng) -
         tracecost_of(t->cost, json_array_size(k->in));
    t->ns[(size_t)layer * t->n + v] += ns;
    t->ns[t->n_layers * t->n + v] += ns;
    return ST_OK;
}

static enum status
make(struct insitu *t, const struct plan *plan, const size_t *run, size_t n,
    struct err *err)
{
    enum status st;

    t->n_layers = plan->n_layers;
    t->n = n;
    for (size_t v = 0; v < n; v++)
        if (run[v] >= t->runs)
            t->runs = run[v] + 1;
    t->value_of = calloc(t->runs + 1, sizeof(*t->value_of));
    t->ns = calloc((t->n_layers + 1) * n + 1, sizeof(*t->ns));
    t->first_ns = calloc(t->n_layers + 1, sizeof(*t->first_ns));
    t->kernels = calloc(t->n_layers + 1, sizeof(*t->kernels));
    if (t->value_of == NULL || t->ns == NULL || t->first_ns == NULL ||
        t->kernels == NULL)
        return err_nomem(err);
    if ((st = kernel_map_new(&t->map, plan, err)) != ST_OK)
        return st;
    for (size_t r = 0; r < t->runs; r++)
        t->value_of[r] = n;
    for (size_t v = 0; v < n; v++)
        t->value_of[run[v]] = v;
    return ST_OK;
}

/* Nothing takes no time: what the profiler's part left is a ns at least. */
static void
at_least_something(struct insitu *t)
{
    for (size_t i = 0; i < (t->n_layers + 1) * t->n; i++)
        t->ns[i] = fmax(1, t->ns[i]);
    for (size_t i = 0; i < t->n_layers; i++)
        t->first_ns[i] = fmax(1, t->first_ns[i]);
}

enum status
insitu_read(struct insitu **out, struct net *net, const struct plan *plan,
    const struct tracecost *cost, const size_t *run, size_t n, struct rng *rng,
    struct err *err)
{
    struct insitu *t = calloc(1, sizeof(*t));
    enum status st;

    *out = NULL;
    if (t == NULL)
        return err_nomem(err);
    t->rng = rng;
    t->cost = cost;
    if ((st = make(t, plan, run, n, err)) == ST_OK)
        st = net_trace(net, add_kernel, t, err);
    if (st == ST_OK && !t->mapped)
        st = settle(t, err);
    if (st == ST_OK)
        at_least_something(t);
    if (st != ST_OK) {
        insitu_free(t);
        return st;
    }
    *out = t;
    return ST_OK;
}

struct insitu_layer
insitu_layer(const struct insitu *t, size_t layer)
{
    return (struct insitu_layer){ .ns = t->ns + layer * t->n,
        .first_ns = t->first_ns[layer],
        .kernels = t->kernels[layer],
        .fused = kernel_map_fused(t->map, layer) };
}

const double *
insitu_sum(const struct insitu *t)
{
    return t->ns + t->n_layers * t->n;
}

int64_t
insitu_quantum_ns(const struct insitu *t)
{
    return t->quantum_ns;
}
