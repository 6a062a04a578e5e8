/* SPDX-License-Identifier: MIT */
/*
 * solve.h -- which exits to keep and one threshold for each, from exit records
 * and measured costs.
 *
 * A pure library: no file, no clock, no global, nothing beyond C and this
 * header's status.h.  Costs are integers (a caller chooses the quantum, such
 * as 1 ns), so every comparison, bound and proof is exact.  The same input
 * gives the same answer on every machine and for every number of threads,
 * unless the caller's own callback ends the run early.
 *
 * The rule that a plan describes: a sample leaves at the first kept exit
 * whose score is >= that exit's threshold, otherwise at the last exit.  Who
 * leaves at k pays the segments 0..k and the heads of every *kept* exit up to
 * k: a failed head is paid for, a dropped one is not.  The last exit is
 * always kept.
 *
 * Every call works on its caller's thread (and on `threads` of its own that
 * end before it returns) and only reads its input; calls with the same input
 * may run side by side.
 */
#ifndef OFFRAMP_SEARCH_SOLVE_H
#define OFFRAMP_SEARCH_SOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    SOLVE_EXITS_MAX = 64,        /* the last one included */
    SOLVE_GRID_ALL = 0,          /* every distinct score is a candidate */
    SOLVE_ANY_EXITS = -1,        /* no limit on kept exits */
    SOLVE_SAMPLES_MAX = 1 << 24, /* rows */
};

/* Largest sum of weights times the longest path, so that no sum overflows. */
#define SOLVE_COST_MAX (INT64_C(1) << 60)

/* What is known.  All arrays are borrowed and exit-major: the value of sample
 * i at exit e is at [e * n + i]. */
struct solve_data {
    size_t n;               /* samples, at least 1 */
    int exits;              /* at least 1; the last is the full network */
    const double *score;    /* [exits - 1][n], finite; NULL for one exit */
    const uint8_t *right;   /* [exits][n], 1 where that answer counts right */
    const uint32_t *weight; /* [n], each at least 1; NULL: all 1 */
    const int64_t *segment; /* [exits], >= 0: from the exit before to this */
    const int64_t *head;    /* [exits], >= 0: what keeping the exit adds */
};

/* What a caller sees while it waits, and may end. */
struct solve_progress {
    int64_t upper;  /* best cost found; INT64_MAX: none yet */
    int64_t lower;  /* proved: no plan costs less */
    uint64_t nodes; /* parts of the search done so far */
};

/* Called now and then from the caller's thread; true ends the run, which then
 * gives the best plan so far with its bound. */
typedef bool solve_watch(void *ctx, const struct solve_progress *p);

/* What an early exit may be in a part of all plans: kept with one of `count`
 * thresholds of its grid, from `first` on, or dropped. */
struct solve_span {
    int first, count;
    bool drop;
};

/*
 * A step of a proof.  The parts of all claims of a run do not overlap, and
 * every plan within the limits is in one of them.  A part was either looked
 * at plan by plan, or it is shown by prices that no plan in it that meets the
 * floor costs less than the result: whatever the prices are, such a plan
 * costs at least
 *
 *   wrong * floor
 *   + sum over samples of weight * (the least, over the states that the part
 *     lets each exit have for the sample, of
 *         cost of its path - wrong (if the answer there is right)
 *         + accept or refuse at each kept exit, by its state)
 *   - the most, over the plans of the part with at most max_early exits, of
 *     the sum of weight * accept or refuse that samples have under the plan.
 *
 * The states of an exit for a sample: accepts it, refuses it, is dropped.
 * In the first sum each sample chooses states at every exit on its own, those
 * after the one where it leaves too.  Prices are in units of 2^shift of cost.
 */
struct solve_claim {
    const struct solve_span *part;  /* [exits - 1] */
    const double *const *threshold; /* [exits - 1]: the grids, ascending */
    const int *thresholds;          /* [exits - 1]: how many */
    bool looked;                    /* at all of it; no prices then */
    int shift;
    int64_t wrong;
    const int32_t *const *accept; /* [exits - 1][rows]; NULL: all 0 */
    const int32_t *const *refuse;
    const uint32_t *row; /* [n]: the row of prices that a sample has */
};

/* Called from the caller's thread; everything is borrowed until it returns. */
typedef void solve_claim_fn(void *ctx, const struct solve_claim *c);

/* What is asked.  Start from solve_options_init(). */
struct solve_options {
    int64_t floor;      /* right answers (by weight) at least */
    int64_t worst_case; /* cost of the longest path at most; INT64_MAX */
    int max_early;      /* early exits kept at most; SOLVE_ANY_EXITS */
    uint64_t forced;    /* bit e: exit e must be kept */
    uint64_t forbidden; /* bit e: exit e must be dropped */
    /* [exits] or NULL: of those who leave at e, at least so many millionths
     * must be right (an exit that nobody leaves at passes). */
    const uint32_t *min_right_ppm;
    int grid;           /* thresholds an exit: quantiles of its scores */
    uint64_t seed;      /* of the heuristic's starting points */
    int threads;        /* at least 1 */
    uint64_t max_nodes; /* 0: no limit */
    solve_watch *watch; /* NULL: none */
    void *watch_ctx;    /* borrowed; handed to `watch` */
    /* Hears the proof, step by step (solve_best() only); NULL: nobody.  The
     * claims are a whole proof where the result says `proved`. */
    solve_claim_fn *claim;
    void *claim_ctx; /* borrowed */
};

/* No limits, floor 0, grid of 32, one thread. */
void solve_options_init(struct solve_options *o);

/* Exits kept (bit e; the last is always set) and the threshold of each kept
 * early one, which is a score of that exit, exactly as given. */
struct solve_plan {
    uint64_t kept;
    double threshold[SOLVE_EXITS_MAX];
};

/* What a plan does to a set of samples.  Sums are by weight. */
struct solve_tally {
    int64_t n;                           /* weight of all samples */
    int64_t cost;                        /* sum of path costs */
    int64_t right;                       /* answers that are right */
    int64_t worst;                       /* the longest path */
    int64_t left[SOLVE_EXITS_MAX];       /* samples leaving at each exit */
    int64_t left_right[SOLVE_EXITS_MAX]; /* of them right */
};

/* Apply a plan to data, which need not be the data it was made from.
 * ST_INVALID for malformed data or a plan that does not fit. */
enum status solve_eval(const struct solve_data *d, const struct solve_plan *p,
    struct solve_tally *out, struct err *err) MUST_CHECK;

/* The plan that keeps only the last exit. */
void solve_plan_full(const struct solve_data *d, struct solve_plan *out);

enum solve_status {
    SOLVE_OPTIMAL,    /* proved: no plan is cheaper */
    SOLVE_FEASIBLE,   /* the best found; `lower` says how far the proof got */
    SOLVE_INFEASIBLE, /* no plan meets what is asked; `plan` is nearest */
};

struct solve_result {
    enum solve_status status;
    bool proved;            /* false with SOLVE_INFEASIBLE: merely none found */
    struct solve_plan plan; /* infeasible: most right answers found under the
                               other limits; kept == 0 where even those
                               contradict each other */
    struct solve_tally tally; /* of `plan` on the data */
    int64_t lower;            /* no plan that meets what is asked costs less */
    double gap;               /* (cost - lower) / cost; 0 when proved */
    uint64_t nodes;
};

/*
 * The cheapest plan that meets what is asked; among equally cheap ones the
 * one with most right answers, where few enough plans are possible to look
 * at all of them (otherwise only the cost is proved).  ST_INVALID names what is
 * wrong with the input (code "search.input", a NaN score by exit and sample),
 * ST_NOMEM.
 */
enum status solve_best(const struct solve_data *d,
    const struct solve_options *o, struct solve_result *out,
    struct err *err) MUST_CHECK;

/* One plan of the front.  `lower`: no plan with so many right answers or more
 * costs less; the point is proved where lower == cost. */
struct solve_point {
    struct solve_plan plan;
    int64_t cost, right, lower;
};

/* From the most accurate (and dearest) to the cheapest; along it both cost
 * and right strictly fall. */
struct solve_front {
    struct solve_point *points; /* owned; solve_front_clear() */
    size_t n;
    bool complete; /* proved: every non-dominated (cost, right) is here */
    uint64_t nodes;
};

/*
 * The plans that no other plan beats in both cost and right answers, under
 * the same limits; `floor` bounds it below.  `points` 0 asks for all of
 * them, otherwise for at most that many (at least two), evenly spread in right
 * answers, both ends among them.  An empty front is not an error.  Where there
 * are too many plans to look at all, evenly spread floors are searched like
 * solve_best(), max_nodes each (0: some thousand for all), and each point has
 * the bound of its floor.
 */
enum status solve_front(const struct solve_data *d,
    const struct solve_options *o, size_t points, struct solve_front *out,
    struct err *err) MUST_CHECK;
void solve_front_clear(struct solve_front *f);

#endif
