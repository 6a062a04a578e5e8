/* SPDX-License-Identifier: MIT */
/*
 * pass.h -- one pass over many items at one level: open a block of networks,
 * warm them up, measure them together, make their rows, close them.
 *
 * Blocks keep memory bounded: at most 64 networks and 256 MiB of files are
 * open at once, and rounds interleave within a block.
 */
#ifndef OFFRAMP_MEASURE_PASS_H
#define OFFRAMP_MEASURE_PASS_H

#include "probes/measure/netbench.h"
#include "probes/measure/plan.h"
#include "probes/measure/profile.h"
#include "base/rng.h"
#include "probes/measure/rounds.h"

/* What all passes of one job share. */
struct profiler {
    const struct profile_setup *setup;
    struct plan plan;
    struct clocktest clock;
    struct rng rng;
    struct golden *sentinel_kernel;
    struct subject sentinel;
    json_t *rows;               /* owned: of all passes */
    struct netbench *reference; /* the network without optimisation */
    int64_t flags;              /* of the profile */
    int64_t deadline_ns;        /* of the job */
    struct spending spending;   /* of all the job's time */
    size_t rounds_kept, rounds_discarded;
    double spread; /* of the sentinel, in the pass where it was widest */
    int64_t loop_ns, sample_ns; /* spent in subjects that are closed */
    double whole_ci_rel;        /* of the whole network; NaN: not timed */
    double widest_ci_rel;       /* of all timed rows; infinite: one has none */
    /* Of L1, NaN without it. */
    double closure_rel, overhead_rel, dispatch_ns;
};

/* An item in work. */
struct job {
    struct item *item;      /* borrowed; NULL for a golden kernel */
    const struct job *twin; /* A/A: the job that must do the same work */
    enum row_role role;     /* that of the item, unless A/A or golden */
    enum level level;       /* of its row */
    size_t most;            /* values at most; 0: no limit */
    bool traced;            /* run under the runtime's profiler */
    int64_t index;
    const char *name;
    struct golden *golden;     /* owned while open */
    struct netbench *bench;    /* owned while open */
    struct subject subject;    /* cleared when closed */
    double median_ns;          /* stays */
    json_t *row;               /* borrowed from the profiler's rows */
    json_t *energy, *counters; /* owned until in the row */
    int64_t flags;
};

struct pass {
    enum level level;  /* of most of its jobs */
    bool pair;         /* the jobs take turns, A B B A, and stop together */
    const char *phase; /* "layers" */
    struct job *jobs;
    size_t n;
    bool timed; /* its times count for the sums, so they must be steady */
    double warmup_s;
    double weight;  /* time that a job of it wants, against other passes' */
    int64_t end_ns; /* this pass shall be over by then */
    double begin, share; /* of all passes' time: before it, and its own */
    /* MAY: look at a network before it is timed. */
    enum status (*inspect)(
        struct profiler *p, struct job *job, struct err *err);
    /* MUST: fill subjects (or energy, counters) of jobs [from, to). */
    enum status (*measure)(struct profiler *p, struct pass *pass, size_t from,
        size_t to, struct err *err);
};

/* Run it: rows are added to p->rows and handed to the part hook. */
enum status pass_run(
    struct profiler *p, struct pass *pass, struct err *err) MUST_CHECK;

/* A failure inside the runtime says nothing of what was run: `cause` again,
 * with the job's name.  Returns `st`. */
enum status pass_blame(enum status st, const struct job *job,
    const struct err *cause, struct err *err) MUST_CHECK;

/* The measure of L0, L2 and L6: interleaved rounds. */
enum status pass_rounds(struct profiler *p, struct pass *pass, size_t from,
    size_t to, struct err *err) MUST_CHECK;

/* A golden kernel as a subject: the hook's, or else golden.h's, which the
 * caller ends with golden_close(*kernel). */
enum status pass_golden(const struct profiler *p, enum golden_kind kind,
    struct golden **kernel, struct subject *s, struct err *err) MUST_CHECK;

/* Say how far a pass is, out of 2 n: warm-ups, then results. */
void pass_progress(const struct profiler *p, const struct pass *pass,
    size_t done, const char *detail);

/* The row of `job` again for another item with the same kernel key: flagged
 * cached, without raw epochs. */
enum status pass_copy(struct profiler *p, const struct job *job,
    const struct item *item, struct err *err) MUST_CHECK;

#endif
