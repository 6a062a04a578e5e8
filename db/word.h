/* SPDX-License-Identifier: MIT */
/*
 * word.h -- the closed sets of words that the store keeps as text and the
 * program as enums.  Each has one table: value, word.  The words are part of
 * the API and of the schema (its CHECKs, or its tables of kinds, to which a
 * migration adds a row): only add.
 */
#ifndef OFFRAMP_DB_WORD_H
#define OFFRAMP_DB_WORD_H

#include <stdbool.h>

#define TASK_KIND_MAP(X)                                                       \
    X(TASK_ANALYSE, "analyse")                                                 \
    X(TASK_DATASET, "dataset")                                                 \
    X(TASK_RECORDS, "records")                                                 \
    X(TASK_SEARCH, "search")                                                   \
    X(TASK_PROFILE, "profile")                                                 \
    X(TASK_GOLDEN, "golden")                                                   \
    X(TASK_DEPLOY, "deploy")                                                   \
    X(TASK_VALIDATE, "validate")                                               \
    X(TASK_AUGMENT, "augment")                                                 \
    X(TASK_TRIAL, "trial")                                                     \
    X(TASK_LINK, "link")                                                       \
    X(TASK_QUANTISE, "quantise")                                               \
    X(TASK_LIVE, "live")                                                       \
    X(TASK_RELAY, "relay")

/* Work of several stages; a trial has one. */
#define FLOW_KIND_MAP(X)                                                       \
    X(FLOW_VALIDATION, "validation")                                           \
    X(FLOW_AUGMENTATION, "augmentation")                                       \
    X(FLOW_TRIAL, "trial")                                                     \
    X(FLOW_LINK, "link")

/* Why the golden kernels are due on a device. */
#define GOLDEN_REASON_MAP(X)                                                   \
    X(GOLDEN_FIRST, "first")                                                   \
    X(GOLDEN_INFRA, "infra")                                                   \
    X(GOLDEN_SUSPECT, "suspect")                                               \
    X(GOLDEN_DAILY, "daily")

#define TASK_STATE_MAP(X)                                                      \
    X(TASK_QUEUED, "queued")                                                   \
    X(TASK_LEASED, "leased")                                                   \
    X(TASK_DONE, "done")                                                       \
    X(TASK_FAILED, "failed")                                                   \
    X(TASK_CANCELLED, "cancelled")

/* `done` and `failed` say what the agent answered; `expired` that it went
 * silent; `void` that it came back as a new session. */
#define LEASE_STATE_MAP(X)                                                     \
    X(LEASE_ACTIVE, "active")                                                  \
    X(LEASE_DONE, "done")                                                      \
    X(LEASE_FAILED, "failed")                                                  \
    X(LEASE_EXPIRED, "expired")                                                \
    X(LEASE_RELEASED, "released")                                              \
    X(LEASE_CANCELLED, "cancelled")                                            \
    X(LEASE_VOID, "void")

/* Who is to blame; decides what happens next (queue.h). */
#define FAIL_CLASS_MAP(X)                                                      \
    X(FAIL_NONE, "none")                                                       \
    X(FAIL_INFRA, "infra")                                                     \
    X(FAIL_DEVICE, "device")                                                   \
    X(FAIL_MODEL, "model")                                                     \
    X(FAIL_MEASURE, "measure")                                                 \
    X(FAIL_USER, "user")

/* Jobs and searches: what their tasks add up to. */
#define RUN_STATE_MAP(X)                                                       \
    X(RUN_QUEUED, "queued")                                                    \
    X(RUN_RUNNING, "running")                                                  \
    X(RUN_DONE, "done")                                                        \
    X(RUN_FAILED, "failed")                                                    \
    X(RUN_CANCELLED, "cancelled")

/* Models, data sets and records: a task checks what a person sent. */
#define ITEM_STATE_MAP(X)                                                      \
    X(ITEM_CHECKING, "checking")                                               \
    X(ITEM_READY, "ready")                                                     \
    X(ITEM_REJECTED, "rejected")

#define SESSION_STATE_MAP(X)                                                   \
    X(SESSION_LIVE, "live")                                                    \
    X(SESSION_CLOSED, "closed")                                                \
    X(SESSION_VOID, "void")

#define DEVICE_MODE_MAP(X)                                                     \
    X(DEVICE_ACTIVE, "active")                                                 \
    X(DEVICE_DRAINING, "draining")                                             \
    X(DEVICE_RETIRED, "retired")

#define DEVICE_HEALTH_MAP(X)                                                   \
    X(DEVICE_GOOD, "good")                                                     \
    X(DEVICE_SUSPECT, "suspect")                                               \
    X(DEVICE_BAD, "bad")

#define CACHE_MODE_MAP(X)                                                      \
    X(CACHE_USE, "use")                                                        \
    X(CACHE_REFRESH, "refresh")                                                \
    X(CACHE_ONLY, "only")                                                      \
    X(CACHE_OFF, "off")

#define SOURCE_MAP(X)                                                          \
    X(SOURCE_MEASURED, "measured")                                             \
    X(SOURCE_EMULATED, "emulated")                                             \
    X(SOURCE_MODELLED, "modelled")

#define LEVEL_MAP(X)                                                           \
    X(LEVEL_L0, "L0")                                                          \
    X(LEVEL_L1, "L1")                                                          \
    X(LEVEL_L2, "L2")                                                          \
    X(LEVEL_L3, "L3")                                                          \
    X(LEVEL_L4, "L4")                                                          \
    X(LEVEL_L5, "L5")                                                          \
    X(LEVEL_L6, "L6")                                                          \
    X(LEVEL_L7, "L7")

#define ROLE_MAP(X)                                                            \
    X(ROLE_WHOLE, "whole")                                                     \
    X(ROLE_LAYER, "layer")                                                     \
    X(ROLE_SEGMENT, "segment")                                                 \
    X(ROLE_HEAD, "head")                                                       \
    X(ROLE_PREFIX, "prefix")                                                   \
    X(ROLE_JOINT, "joint")                                                     \
    X(ROLE_STAGE, "stage")                                                     \
    X(ROLE_SENTINEL, "sentinel")                                               \
    X(ROLE_AA, "aa")                                                           \
    X(ROLE_DISPATCH, "dispatch")

#define X(value, word) value,
enum task_kind { TASK_KIND_MAP(X) TASK_KIND_COUNT };
enum flow_kind { FLOW_KIND_MAP(X) };
enum golden_reason { GOLDEN_REASON_MAP(X) };
enum task_state { TASK_STATE_MAP(X) };
enum lease_state { LEASE_STATE_MAP(X) };
enum fail_class { FAIL_CLASS_MAP(X) FAIL_CLASS_COUNT };
enum run_state { RUN_STATE_MAP(X) RUN_STATE_COUNT };
enum item_state { ITEM_STATE_MAP(X) };
enum session_state { SESSION_STATE_MAP(X) };
enum device_mode { DEVICE_MODE_MAP(X) };
enum device_health { DEVICE_HEALTH_MAP(X) };
enum cache_mode { CACHE_MODE_MAP(X) };
enum source { SOURCE_MAP(X) };
enum level { LEVEL_MAP(X) LEVEL_COUNT };
enum role { ROLE_MAP(X) };
#undef X

/* Is a row of this role of one part of one exit, which its index says?  The
 * role's word is the part's name in an analysis. */
static inline bool
role_is_of_exit(enum role r)
{
    return r == ROLE_SEGMENT || r == ROLE_HEAD || r == ROLE_PREFIX ||
           r == ROLE_JOINT || r == ROLE_STAGE;
}

/* The words by value, ended by NULL: task_kind_words[TASK_PROFILE]. */
extern const char *const task_kind_words[],
    *const golden_reason_words[],
        *const flow_kind_words[],
            *const task_state_words[],
                *const lease_state_words[],
                    *const fail_class_words[],
                        *const run_state_words[],
                            *const item_state_words[],
                                *const session_state_words[],
                                    *const device_mode_words[],
                                        *const device_health_words[],
                                            *const cache_mode_words[],
                                                *const source_words[],
                                                    *const level_words[],
                                                        *const role_words[];

/* The value of `text` in one of the tables above; -1 where it is none of
 * them (or NULL). */
int word_find(const char *const *words, const char *text);

#endif
