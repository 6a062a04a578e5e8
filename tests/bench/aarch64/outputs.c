/* SPDX-License-Identifier: MIT */
/* bench_outputs MODEL.onnx: every output element for the five seeded inputs
 * that profiles use, one a line, to compare machines with each other. */
#include <stdio.h>

#include "probes/measure/netbench.h"

static void
print_outputs(const struct netbench *b)
{
    const struct tensor_info *infos;
    size_t n;
    const struct tensor *t = netbench_outputs(b, &infos, &n);

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < t[k].bytes / dtype_size(t[k].dtype); i++)
            printf("%.9g\n", tensor_get(&t[k], i));
}

int
main(int argc, char **argv)
{
    const struct net_options opts = NET_OPTIONS_DEFAULT;
    struct net_source src = { .path = argv[1] };
    struct runtime *rt = NULL;
    struct netbench *b = NULL;
    struct err err = { 0 };
    enum status st = ST_INVALID;

    if (argc == 2 && (st = runtime_onnx_open(&rt, NULL, &err)) == ST_OK &&
        (st = netbench_open(&b, rt, &src, &opts, 1, &err)) == ST_OK)
        for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++)
            if ((st = netbench_run(b, set, &err)) == ST_OK)
                print_outputs(b);
    if (st != ST_OK)
        fprintf(stderr, "bench_outputs MODEL.onnx: %s\n", err.text);
    netbench_close(b);
    if (rt != NULL)
        runtime_close(rt);
    return st != ST_OK;
}
