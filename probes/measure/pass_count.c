/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_count.h"

#include "base/flag.h"
#include "probes/measure/counting.h"

static enum status
keep(struct job *job, const struct counted *c, struct err *err)
{
    job->flags |= FLAG(emulated);
    job->counters = json_pack("{s:f}", "instructions", c->instructions);
    if (job->counters == NULL)
        return err_nomem(err);
    for (int i = 0; i < INSN_COUNTS; i++)
        if (json_object_set_new(
                job->counters, insn_counter(i), json_real(c->n[i])) != 0)
            return err_nomem(err);
    return ST_OK;
}

static enum status
count_one(struct profiler *p, struct job *job, struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    char path[PATH_MAX];
    struct counted n;
    enum status st;

    if (job->item == NULL) {
        st = counting_golden((enum golden_kind)job->index, &n, err);
    } else if ((st = h->blob_path(h->ctx, job->item->blob, path, err)) ==
               ST_OK) {
        st = counting_net(path, (uint64_t)p->plan.seed, &n, err);
    }
    return st == ST_OK ? keep(job, &n, err) : st;
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
        struct job *job = &pass->jobs[i];
        struct err cause = { 0 };

        st = pass_blame(count_one(p, job, &cause), job, &cause, err);
        pass_progress(p, pass, pass->n + i + 1, job->name);
    }
    return st;
}
