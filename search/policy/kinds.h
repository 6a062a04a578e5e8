/* SPDX-License-Identifier: MIT */
/*
 * kinds.h -- the policies, one file each: policy.c lists them.
 */
#ifndef OFFRAMP_SEARCH_POLICY_KINDS_H
#define OFFRAMP_SEARCH_POLICY_KINDS_H

#include "search/policy/policy.h"

extern const struct policy_kind policy_splitee, policy_splitee_s_drop,
    policy_splitee_s_impute, policy_splitee_s_none, policy_splitee_s_published,
    policy_ucb_v, policy_kl_ucb, policy_thompson, policy_thompson_probe,
    policy_follow, policy_follow_drift, policy_window, policy_discount,
    policy_random, policy_final;

#endif
