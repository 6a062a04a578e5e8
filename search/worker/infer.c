/* SPDX-License-Identifier: MIT */
#include "search/worker/infer.h"

enum status
infer_shapes(struct runtime *rt, const void *model, size_t len,
    struct shape_sink *sink, struct err *err)
{
    const struct net_source src = { .data = model, .len = len };
    /* Folding is an optimisation, and shapes need folded constants. */
    const struct net_options opts = NET_OPTIONS_DEFAULT;
    const struct tensor_info *t;
    struct net *net;
    size_t n;
    enum status st = net_open(&net, rt, &src, &opts, err);

    if (st != ST_OK)
        return st;
    t = net_outputs(net, &n);
    for (size_t i = 0; i < n && st == ST_OK; i++)
        st = shape_put(
            sink, t[i].name, dtype_name(t[i].dtype), t[i].dims, t[i].rank, err);
    net_close(net);
    return st;
}
