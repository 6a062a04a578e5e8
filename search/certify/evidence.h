/* SPDX-License-Identifier: MIT */
/*
 * evidence.h -- what a plan did to the units of a test, and a p-value for
 * "its loss is eps or more".
 *
 * A unit is a sample, or a group of samples that belong together.  Its loss
 * lies in [-1, 1] (in [0, 1] for flips): +1 where the full network was right
 * and the plan is not, -1 the other way round; a group has the mean of its
 * samples.  Units start at loss 0 and are moved one by one, so that a family
 * of plans can be walked in order.  The p-values hold for every n, whatever
 * the other rates are.
 *
 * A `struct evidence` is plain data of its caller; nothing to free.
 */
#ifndef OFFRAMP_SEARCH_EVIDENCE_H
#define OFFRAMP_SEARCH_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

enum promise_loss {
    PROMISE_DROP,  /* of accuracy: right before, wrong now, less the reverse */
    PROMISE_FLIPS, /* right before, wrong now */
};

enum promise_method {
    PROMISE_EXACT,   /* binomial (flips) or trinomial (drop); whole losses */
    PROMISE_BETTING, /* a mixture of bets; any losses */
};

/* The question that evidence is gathered for. */
struct promise_question {
    enum promise_loss loss;
    enum promise_method method;
    double eps;   /* in (0, 1) */
    double delta; /* in (0, 1): the level it will be compared with */
};

enum { EVIDENCE_BETS = 24 };

struct evidence {
    struct promise_question q;
    int64_t n;                     /* units */
    int64_t plus, minus;           /* of loss above and below 0 */
    double sum;                    /* of losses */
    double capital[EVIDENCE_BETS]; /* ln of each bet's outcome */
};

/* n units of loss 0. */
void evidence_init(
    struct evidence *e, const struct promise_question *q, int64_t n);

/* One unit's loss changes. */
void evidence_move(struct evidence *e, double from, double to);

/* At most `delta` with probability at most delta while the true mean loss is
 * eps or more. */
double evidence_p(const struct evidence *e);

/* Mean loss; 0 without units. */
double evidence_mean(const struct evidence *e);

/* About how many units would show a p-value of at most delta in four of five
 * draws, were the rates as seen here (betting: in about half of them); -1:
 * more than 1e8, or the mean is no less than eps. */
int64_t evidence_needed(const struct evidence *e);

#endif
