/* SPDX-License-Identifier: MIT */
/* Every row that a trial's table may have. */
#include "search/data/trial.h"
#include "search/data/trial_fixed.h"
#include "search/policy/policy.h"
#include "search/policy/temporal.h"

void
trial_list(trial_list_fn *fn, void *ctx)
{
    struct trial_name n;

    for (size_t i = 0; policy_kinds[i] != NULL; i++)
        fn("online", policy_kinds[i]->name, policy_kinds[i]->summary, ctx);
    for (size_t i = 0; i < TRIAL_FIXED; i++)
        fn("fixed", trial_fixed_names[i].name, trial_fixed_names[i].summary,
            ctx);
    for (size_t i = 0; trial_select_name(i, &n); i++)
        fn("selection", n.name, n.summary, ctx);
    for (size_t i = 0; temporal_rules[i].name != NULL; i++)
        fn("temporal", temporal_rules[i].name, temporal_rules[i].summary, ctx);
}
