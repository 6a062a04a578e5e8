/* SPDX-License-Identifier: MIT */
#include "search/policy/policy.h"

#include <math.h>
#include <string.h>

#include "search/policy/kinds.h"

const struct policy_kind *const policy_kinds[] = {
    &policy_splitee,
    &policy_splitee_s_drop,
    &policy_splitee_s_impute,
    &policy_splitee_s_none,
    &policy_splitee_s_published,
    &policy_ucb_v,
    &policy_kl_ucb,
    &policy_thompson,
    &policy_thompson_probe,
    &policy_follow,
    &policy_follow_drift,
    &policy_window,
    &policy_discount,
    &policy_random,
    &policy_final,
    NULL,
};

const struct policy_kind *
policy_find(const char *name)
{
    for (size_t i = 0; policy_kinds[i] != NULL; i++)
        if (strcmp(policy_kinds[i]->name, name) == 0)
            return policy_kinds[i];
    return NULL;
}

size_t
policy_state_size(const struct policy_kind *k, int arms)
{
    return k->head_bytes + (size_t)arms * k->arm_bytes;
}

void
policy_setting_init(struct policy_setting *s)
{
    *s = (struct policy_setting){
        .alpha = 0.7, .beta = 1, .probes = 60, .memory = 2000, .seed = 1
    };
}

void
policy_setting_range(struct policy_setting *s)
{
    s->low = 0;
    s->high = 1;
    for (int i = 0; i < s->arms; i++) {
        double least = -s->cost[i] - (i + 1 < s->arms ? s->offload[i] : 0);

        s->low = fmin(s->low, least);
    }
}

double
policy_earning(
    const struct policy_setting *s, int arm, double score, double final)
{
    if (score >= s->alpha || arm == s->arms - 1)
        return score - s->cost[arm];
    return final - s->cost[arm] - s->offload[arm];
}

#define BAD(err, ...) err_set(err, ST_INVALID, "policy.setting", __VA_ARGS__)

static enum status
check_arm(const struct policy_setting *s, int i, struct err *err)
{
    if (!isfinite(s->cost[i]) || s->cost[i] < 0)
        return BAD(err,
            "cost of arm %d is %g: it must be 0 or more, and finite", i,
            s->cost[i]);
    if (i + 1 < s->arms && (!isfinite(s->offload[i]) || s->offload[i] < 0))
        return BAD(err,
            "offload cost of arm %d is %g: it must be 0 or more, and finite "
            "(a link with no rate carries nothing)",
            i, s->offload[i]);
    return ST_OK;
}

enum status
policy_setting_check(const struct policy_setting *s, struct err *err)
{
    enum status st = ST_OK;

    if (s->arms < 2 || s->arms > POLICY_ARMS_MAX)
        return BAD(err, "%d exits: a policy chooses among 2 to %d", s->arms,
            POLICY_ARMS_MAX);
    if (!(s->alpha >= 0 && s->alpha <= 1))
        return BAD(err, "alpha is %g: give a score within 0..1", s->alpha);
    if (!(s->beta >= 0) || !isfinite(s->beta))
        return BAD(err, "beta is %g: give 0 or more", s->beta);
    if (!(s->probes >= 0) || !isfinite(s->probes))
        return BAD(err, "probes is %g: give 0 or more", s->probes);
    if (!(s->memory >= 4 * s->arms) || s->memory > 1e9)
        return BAD(err,
            "memory is %g steps: give at least four for each of the %d arms",
            s->memory, s->arms);
    for (int i = 0; st == ST_OK && i < s->arms; i++)
        st = check_arm(s, i, err);
    return st;
}
