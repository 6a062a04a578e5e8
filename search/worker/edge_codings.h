/* SPDX-License-Identifier: MIT */
/*
 * edge_codings.h -- what each way of coding (search/coding) does to the real
 * tensors of a network's edges: bytes, time, and what becomes of the answers.
 *
 * Behind every boundary (after one layer a single tensor is alive) the network
 * is cut; rows of a data set run up to there, the tensor is coded and decoded,
 * and the rest runs on what came out.  Times are of this machine, one thread.
 */
#ifndef OFFRAMP_WORKER_EDGE_CODINGS_H
#define OFFRAMP_WORKER_EDGE_CODINGS_H

#include "probes/agent/task.h"

/*
 * `doc` is {"model":{"blob"}, "dataset":{..}, "rows", "budget_s"}.  On ST_OK
 * the caller owns *out: {"rows","runtime","edges":[{"after_layer","tensor",
 * "bytes","rows","ways":[{"name","lossless","share","encode_ns","decode_ns",
 * "agree","max_error"}]}]}; share is of the tensor's bytes, times are ns a
 * byte of it, each [median, 25 %, 75 %] over the rows; `agree` is the share of
 * rows whose answer stays, null where the rest of the network needs more than
 * this tensor.  Failures: those of analyses and data sets.
 */
enum status edge_codings(struct task *t, const json_t *doc, json_t **out,
    struct err *err) MUST_CHECK;

#endif
