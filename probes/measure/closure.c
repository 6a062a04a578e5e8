/* SPDX-License-Identifier: MIT */
#include "probes/measure/closure.h"

#include <math.h>

#include "base/flag.h"

static const double GOOD = 0.03, WARN = 0.10;

void
closure_of(const double *layer_ns, size_t n_layers, double whole_ns,
    struct closure *out)
{
    double layers = n_layers > 0 ? 0 : NAN;

    for (size_t i = 0; i < n_layers; i++)
        layers += layer_ns[i];
    out->sum_layers_ns = layers;
    out->whole_ns = whole_ns;
    out->closure_hot_rel = (layers - whole_ns) / whole_ns;
}

double
closure_prefix_residual(const struct exit_cost *exits, size_t k)
{
    double predicted = exits[k].head_ns;

    for (size_t i = 0; i <= k; i++)
        predicted += exits[i].segment_ns;
    return (predicted - exits[k].prefix_ns) / exits[k].prefix_ns;
}

int64_t
closure_flags(double rel)
{
    if (fabs(rel) > WARN)
        return FLAG(closure_fail);
    return fabs(rel) > GOOD ? FLAG(closure_warn) : 0;
}
