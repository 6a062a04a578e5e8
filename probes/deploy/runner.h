/* SPDX-License-Identifier: MIT */
/*
 * runner.h -- a plan run for real: one sample at a time, segment by segment,
 * stopping at the first kept exit whose score is at least its threshold.
 *
 * Stages exchange tensors by name, as cut models do (../../search/README.md):
 * what one has as an output later ones have as an input.  What no stage makes
 * is the network's input.  All memory is taken when the runner is opened; a
 * run takes none of ours.  The reference runner of `offramp run` and the
 * validation on a device are both this code.  One thread uses a runner.
 */
#ifndef OFFRAMP_DEPLOY_RUNNER_H
#define OFFRAMP_DEPLOY_RUNNER_H

#include <stdbool.h>

#include "probes/deploy/answer.h"
#include "probes/runtimes/runtime.h"

enum { RUNNER_EXITS_MAX = 64 };

/* One kept exit: the way to it, its head, and when a sample leaves there. */
struct runner_stage {
    struct net_source segment, head; /* path and data NULL: there is none */
    const char *output;              /* tensor with its classes; NULL, in a
                                      * part: nobody leaves here */
    double threshold;                /* of all but the last */
    enum score score;                /* what it is a threshold of */
};

/* What became of one sample. */
struct runner_answer {
    int stage; /* where it left; -1, in a part: it goes on elsewhere */
    int64_t class;
    double score;
};

struct runner; /* opaque: see runner.c */

/*
 * Open every net.  `stages` may go afterwards.  ST_UNPROCESSABLE: what
 * net_open() says; "model.inputs" (not exactly one input), "model.exit" (no
 * stage makes an output), "model.tensor_type" (not float32 of fixed shape).
 * On ST_OK the caller ends *out with runner_close(), before the runtime.
 */
enum status runner_open(struct runner **out, struct runtime *rt,
    const struct runner_stage *stages, int n, struct err *err) MUST_CHECK;
void runner_close(struct runner *r);

int runner_stages(const struct runner *r);

/*
 * Open what one processor runs of a plan.  Tensors that no stage makes are
 * given to it, whichever they are: the caller fills runner_tensor() of each
 * before a run.  The last stage has a threshold as the others do: a sample
 * that leaves nowhere goes on elsewhere.  Failures as runner_open(), without
 * "model.inputs".
 */
enum status runner_open_part(struct runner **out, struct runtime *rt,
    const struct runner_stage *stages, int n, struct err *err) MUST_CHECK;

/* A tensor by its name, its memory borrowed and the same for every run; NULL:
 * no stage takes or makes it. */
const struct tensor *runner_tensor(const struct runner *r, const char *name);

/* Memory of the network's input: write a sample there before each run. */
float *runner_input(struct runner *r, size_t *elements);
const struct tensor *runner_input_shape(const struct runner *r);

/* Run what was written until it leaves.  ST_UNPROCESSABLE "model.run", or
 * "model.nan_output" where an exit's values are no numbers. */
enum status runner_run(
    struct runner *r, struct runner_answer *out, struct err *err) MUST_CHECK;

/*
 * The same step by step, for whoever decides otherwise than by thresholds.
 * After runner_begin() for a new sample, runner_reach() runs the segments up
 * to a stage that have not run yet, and its head, with `heads` also those of
 * all stages on the way whose head has not run; score[k] is written for each
 * head that runs in this call.  Stages only ever go forward.
 */
void runner_begin(struct runner *r);
enum status runner_reach(struct runner *r, int stage, bool heads, double *score,
    struct runner_answer *out, struct err *err) MUST_CHECK;

/* The values of a stage's output as its last run left them. */
const float *runner_output(const struct runner *r, int stage, size_t *n);

/*
 * A sample goes on elsewhere: the tensors that segments behind a stage read and
 * none of them makes, each once, in the order in which they are first read.
 * Both ends have all stages, so they agree.  Their memory is the same for every
 * run; `out` has room for RUNNER_BORDER_MAX.  ST_UNPROCESSABLE "model.border":
 * there are more.
 */
enum { RUNNER_BORDER_MAX = 16 };
enum status runner_border(const struct runner *r, int stage,
    struct tensor out[RUNNER_BORDER_MAX], size_t *n,
    struct err *err) MUST_CHECK;

/* The tensors of that border were written: go on behind the stage. */
void runner_resume(struct runner *r, int stage);

#endif
