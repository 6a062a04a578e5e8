/* SPDX-License-Identifier: MIT */
#include "bench/search/instances.h"

#include <string.h>

#include "bench/search/generate.h"
#include "bench/search/recorded.h"

#define RESNET20 "cifar10_resnet20_9exits.csv"
#define RESNET8  "cifar10_resnet8_4exits.csv"

/* clang-format off */
const struct instance instances[] = {
    { "S1", "E=5 T=32", NULL, 10000, 5, 32, -1, 1, 1, PLAN, 2, 0.01 },
    { "S2a", "E=5 T=32, front", NULL, 10000, 5, 32, -1, 1, 1, ALL_POINTS, 2, 0.005 },
    { "S2b", "E=6 T=32, front", NULL, 10000, 6, 32, -1, 1, 1, ALL_POINTS, 2, 0.1 },
    { "S3", "E=7 T=32", NULL, 10000, 7, 32, -1, 1, 1, PLAN, 5, 0.25 },
    { "S4", "N=50k E=7 T=32", NULL, 50000, 7, 32, -1, 1, 1, PLAN, 15, 0.8 },
    { "S5", "E=7 T=64", NULL, 10000, 7, 64, -1, 1, 1, PLAN, 10, 1 },
    { "S6", "E=9 T=32", NULL, 10000, 9, 32, -1, 1, 1, PLAN, 15, 2 },
    { "S7", "E=12 T=16, AUROC .95", NULL, 10000, 12, 16, -1, .5, 1, PLAN, 20, 10 },
    { "S8a", "any 3 of 30, T=32, front", NULL, 10000, 31, 32, 3, 1, 1, ALL_POINTS, 5, 0.4 },
    { "S8b", "any 3 of 30, T=64, front", NULL, 10000, 31, 64, 3, 1, 1, ALL_POINTS, 15, 2.5 },
    { "S9", "E=7 T=32, 3 tiers, 36 cuts", NULL, 10000, 7, 32, -1, 1, 3, PLAN, 20, 1 },
    { "S10", "N=50k E=30 T=256, descent", NULL, 50000, 31, 256, -1, 1, 1, PLAN, 10, 1 },
    { "S11", "N=2k E=7 T=16, HiGHS", NULL, 2000, 7, 16, -1, 1, 1, PLAN, 5, 0 },
    { "S12", "N=2k E=3 all scores, FrugalGPT", NULL, 2000, 3, 0, -1, 1, 1, PLAN, 5, 0 },
    { "L", "N=1M E=5 T=64", NULL, 1000000, 5, 64, -1, 1, 1, PLAN, 20, 0 },
    { "R8", "ResNet-8 4 exits, all scores", RESNET8, 0, 0, 0, -1, 0, 1, PLAN, 10, 0 },
    { "R20", "ResNet-20 9 exits, T=16", RESNET20, 0, 0, 16, -1, 0, 1, PLAN, 20, 0 },
    { "R20b", "ResNet-20 9 exits, T=32", RESNET20, 0, 0, 32, -1, 0, 1, PLAN, 20, 0 },
    { "F8", "ResNet-20, T=8", RESNET20, 0, 0, 8, -1, 0, 1, PLAN, 20, 0 },
    { "F8f", "ResNet-20, T=8, 20 points", RESNET20, 0, 0, 8, -1, 0, 1, 20, 40, 0 },
    { "F3", "ResNet-20, any 3, T=32", RESNET20, 0, 0, 32, 3, 0, 1, PLAN, 20, 0 },
    { "F3f", "ResNet-20, any 3, T=32, 20 points", RESNET20, 0, 0, 32, 3, 0, 1, 20, 40, 0 },
};
/* clang-format on */
const size_t n_instances = sizeof(instances) / sizeof(instances[0]);

const struct instance *
instance_named(const char *name)
{
    for (size_t i = 0; i < n_instances; i++)
        if (strcmp(instances[i].name, name) == 0)
            return &instances[i];
    return NULL;
}

bool
instance_load(const struct instance *x, uint64_t seed, struct solve_data *d)
{
    struct generate g = generate_default(x->n, x->exits, seed);

    g.noise = x->noise;
    return x->records ? recorded_load(x->records, d) : generate_make(&g, d);
}

void
instance_options(const struct instance *x, const struct solve_data *d,
    struct solve_options *o)
{
    solve_options_init(o);
    o->floor = generate_full(d) - (int64_t)(d->n / 100);
    o->grid = x->grid;
    o->max_early = x->max_early;
}
