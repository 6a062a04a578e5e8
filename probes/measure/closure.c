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

/* The segment that ends where exit k starts: that of an earlier one where
 * several start from one place; 0 where the head reads the input. */
static double
segment_before(const struct exit_cost *exits, size_t k)
{
    while (k > 0 && exits[k].segment_ns == 0)
        k--;
    return exits[k].segment_ns;
}

double
closure_cut(const struct exit_cost *exits, size_t n, size_t k)
{
    double before = segment_before(exits, k);

    if (k + 1 >= n || exits[k + 1].segment_ns == 0 || before == 0)
        return 0;
    return before + exits[k + 1].segment_ns - exits[k].joint_ns;
}

double
closure_head_cut(const struct exit_cost *exits, size_t k)
{
    double before = segment_before(exits, k);

    if (exits[k].head_ns == 0 || before == 0)
        return 0;
    return before + exits[k].head_ns - exits[k].stage_ns;
}

static double
parts_apart(const struct exit_cost *exits, size_t k)
{
    double sum = exits[k].head_ns;

    for (size_t i = 0; i <= k; i++)
        sum += exits[i].segment_ns;
    return sum;
}

double
closure_prefix_split(const struct exit_cost *exits, size_t k)
{
    return parts_apart(exits, k) / exits[k].prefix_ns - 1;
}

double
closure_prefix_residual(const struct exit_cost *exits, size_t n, size_t k)
{
    double predicted = parts_apart(exits, k) - closure_head_cut(exits, k);

    if (exits[k].alone)
        return NAN;
    for (size_t i = 0; i < k; i++)
        predicted -= closure_cut(exits, n, i);
    return predicted / exits[k].prefix_ns - 1;
}

int64_t
closure_flags(double rel)
{
    if (fabs(rel) > WARN)
        return FLAG(closure_fail);
    return fabs(rel) > GOOD ? FLAG(closure_warn) : 0;
}
