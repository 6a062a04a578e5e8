/* SPDX-License-Identifier: MIT */
/*
 * plan.h -- what a profile task asks for: the payload, read and checked.
 *
 * A plan borrows all its strings from the payload, which must outlive it.
 */
#ifndef OFFRAMP_MEASURE_PLAN_H
#define OFFRAMP_MEASURE_PLAN_H

#include "base/json.h"
#include "probes/measure/row.h"

/* The levels there are, one bit each. */
enum level {
    LEVEL_L0,
    LEVEL_L1,
    LEVEL_L2,
    LEVEL_L3,
    LEVEL_L4,
    LEVEL_L5,
    LEVEL_L6,
    LEVEL_COUNT
};
#define LEVEL_BIT(l) (1u << (l))

/* What a payload without `levels` asks for: all but L3, whose flushes take
 * long and whose numbers only some plans need. */
enum { LEVELS_DEFAULT = (LEVEL_BIT(LEVEL_COUNT) - 1) & ~LEVEL_BIT(LEVEL_L3) };

const char *level_name(enum level l);

/* How a board's energy is told apart by layers (probes/mcu/energy.h). */
enum energy_method { ENERGY_LOOP, ENERGY_PREFIX_DIFF, ENERGY_WINDOW };

/* "loop", "prefix_diff", "window". */
const char *energy_method_name(enum energy_method m);

struct policy {
    double ci_rel, layer_budget_s, job_budget_s, warmup_s;
    int64_t max_rounds, threads;
    bool energy, counters;
    enum energy_method energy_method;
};

json_t *policy_json(const struct policy *p);

/* Something of the network that is measured: role, place, and its file.  What
 * costs the same has the same kernel key, which for all but layers is the
 * digest of the file. */
struct item {
    enum row_role role;
    int64_t index, macs;
    const char *name, *kernel_key, *blob;
    const char *output;            /* of a prefix: the exit's output */
    const char *op_type;           /* of a layer; NULL: not told */
    const json_t *nodes, *tensors; /* names of what a layer consists of */
    const struct item *same;       /* an earlier one with the same kernel key */
    unsigned have;                 /* levels the server has already: bits */
    double median_ns;              /* measured, or told in `have`; NaN */
};

/* The files that a network is cut into at its exits (roles of row.h), those
 * first whose outputs are checked. */
enum cut { CUT_PREFIX, CUT_SEGMENT, CUT_HEAD, CUT_JOINT, CUT_STAGE, CUT_COUNT };

struct plan {
    struct policy policy;
    unsigned levels; /* bits */
    int64_t seed;
    struct item whole;
    struct item *layers;          /* owned; n_layers */
    struct item *cuts[CUT_COUNT]; /* owned; n_exits each; blob NULL: none */
    size_t n_layers, n_exits;
};

/* Read a payload.  `fingerprint` is the present environment's.  ST_INVALID
 * names the member; ST_NOMEM.  The caller ends *p with plan_clear(). */
enum status plan_read(struct plan *p, const json_t *payload,
    const char *fingerprint, struct err *err) MUST_CHECK;
void plan_clear(struct plan *p);

/* A payload without a network: policy and seed alone. */
enum status plan_read_golden(
    struct plan *p, const json_t *payload, struct err *err) MUST_CHECK;

/* Only the policy, with defaults where the payload leaves members out. */
enum status policy_read(
    struct policy *p, const json_t *payload, struct err *err) MUST_CHECK;

#endif
