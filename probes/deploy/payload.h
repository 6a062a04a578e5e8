/* SPDX-License-Identifier: MIT */
/*
 * payload.h -- what a task brings to be run for real: a network in parts, and
 * prepared rows with what counts as right.
 */
#ifndef OFFRAMP_DEPLOY_PAYLOAD_H
#define OFFRAMP_DEPLOY_PAYLOAD_H

#include "base/json.h"
#include "probes/agent/task.h"
#include "probes/deploy/runner.h"

/* Open [{"name","segment":hex|null,"head":hex|null,"threshold"}], the exits of
 * offramp.deployment/1.  ST_INVALID names the member; failures of
 * runner_open(). */
enum status payload_runner(struct runner **out, const struct task *t,
    const json_t *exits, struct runtime *rt, struct err *err) MUST_CHECK;

/* {"n","inputs":hex,"labels":hex|null}; hashes are borrowed from the task. */
struct payload_rows {
    int64_t n;
    const char *inputs, *labels;
    char *row;   /* owned: float [n][elements] */
    char *class; /* owned: int64_t [n]; NULL: no labels */
};

enum status payload_rows_read(
    const json_t *rows, struct payload_rows *out, struct err *err) MUST_CHECK;
/* ST_INVALID where the files are not of n rows of `elements`. */
enum status payload_rows_load(struct payload_rows *r, const struct task *t,
    size_t elements, struct err *err) MUST_CHECK;
void payload_rows_clear(struct payload_rows *r);

static inline const float *
payload_inputs(const struct payload_rows *r)
{
    return (const float *)(const void *)r->row;
}

static inline const int64_t *
payload_labels(const struct payload_rows *r)
{
    return (const int64_t *)(const void *)r->class;
}

#endif
