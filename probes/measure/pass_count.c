/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_count.h"

#include "base/flag.h"
#include "probes/emulated/count.h"

/* All inputs once, uncounted: what happens only the first time (symbols that
 * are bound, memory that is laid out) is no part of an execution. */
static enum status
warm(struct netbench *b, struct err *err)
{
    enum status st = ST_OK;

    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++)
        st = netbench_run(b, set, err);
    return st;
}

/* The mean over the inputs: paths may hang on data. */
static enum status
count_one(struct count *c, struct job *job, struct err *err)
{
    uint64_t sum = 0, n = 0;
    enum status st = warm(job->bench, err);

    for (size_t set = 0; st == ST_OK && set < INPUT_SETS; set++) {
        count_begin(c);
        st = netbench_run(job->bench, set, err);
        if (st == ST_OK)
            st = count_end(c, &n, err);
        sum += n;
    }
    if (st != ST_OK)
        return st;
    job->flags |= FLAG(emulated);
    job->counters =
        json_pack("{s:f}", "instructions", (double)sum / INPUT_SETS);
    return job->counters != NULL ? ST_OK : err_nomem(err);
}

enum status
pass_count(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    enum status st = ST_OK;

    if (p->plan.policy.threads != 1)
        return err_set(err, ST_INVALID, "measure.count_threads",
            "policy.threads is %lld: an emulator counts the work of one "
            "thread; leave it at 1",
            (long long)p->plan.policy.threads);
    for (size_t i = from; st == ST_OK && i < to; i++) {
        st = count_one(p->setup->count, &pass->jobs[i], err);
        pass_progress(p, pass, pass->n + i + 1, pass->jobs[i].name);
    }
    return st;
}
