/* SPDX-License-Identifier: MIT */
/*
 * deploy.h -- what a plan leaves of a multi-exit network: one model with the
 * kept exits as its only outputs, and the same cut into what runs in turn.
 *
 * Segments are the plan's: where an exit is dropped, the backbone before and
 * after it is one segment, and its head is gone.  Run in turn, each kept
 * exit's segment and then its head give the outputs of the whole.  It runs
 * nothing itself: shapes and files are left to functions of the caller, as in
 * analyse.h.  One call, one thread, no state left behind.
 */
#ifndef OFFRAMP_MODEL_DEPLOY_H
#define OFFRAMP_MODEL_DEPLOY_H

#include "search/model/analyse.h"

/* The exits of a plan in graph order, the network's own output last. */
struct deploy_exits {
    const char *const *name; /* of the outputs */
    const bool *kept;        /* the last one is */
    const bool *cut;         /* of dropped ones: a segment ends there too, for
                              * another processor runs the next; NULL: none */
    int n;
};

/*
 * Cut a model.  On ST_OK the caller owns *out:
 *   {"onnx":hex, "full":hex, "input":{"name","shape"},
 *    "exits":[{"index","name","segment":hex|null,"head":hex|null}]}
 * with the kept exits only; `full` is the network without early exits.  Where
 * `cut` is given, exits where it only cuts are listed too (their head null),
 * each has "kept", and "segment_io" and "head_io" tell what its parts join:
 *   {"reads":[{"name","bytes"}],"makes":[{"name","bytes"}]}|null
 * A segment is null where an exit starts at the same place as the one before,
 * a head where the exit's output lies on the backbone.  Failures: those of
 * analyse(), and ST_UNPROCESSABLE `plan.model` where the model has other exits
 * than the plan.
 */
enum status deploy_cut(json_t **out, const void *data, size_t len,
    const struct deploy_exits *exits, const struct analyse_env *env,
    struct err *err) MUST_CHECK;

#endif
