/* SPDX-License-Identifier: MIT */
/*
 * node.h -- one box of the branch and bound, and what becomes of it: nothing
 * (its bound is too high), a walk through all that is left of it, or two
 * halves.  A visit only reads what is shared, so visits may run side by side
 * and give the same whoever runs them.
 */
#ifndef OFFRAMP_SEARCH_NODE_H
#define OFFRAMP_SEARCH_NODE_H

#include "search/solve/brake.h"
#include "search/solve/prices.h"

struct node {
    struct box box;
    int64_t bound;         /* scaled */
    struct prices *prices; /* to start from; a reference; NULL: the dual's */
};

/* A part of the space that is done with. */
struct claim {
    struct box box;
    struct prices *prices; /* that show it (a reference); NULL: walked */
};

/* What a visit is given, the same for all of a round. */
struct visit {
    const struct prob *p;
    int64_t cut; /* scaled bound from which on a node is of no use */
    int steps;
    double walk_max;
    bool keep_prices; /* children get the node's end prices, not its start */
    bool prove;       /* collect claims */
    bool alone;       /* no other node is open: its bound is all there is */
};

/* Who does it: scratch of one thread. */
struct worker {
    struct join join;    /* the rows that the node at hand has */
    struct dual dual;    /* works on them */
    int32_t *tail;       /* owned, [k + 1][n] */
    struct brake *brake; /* borrowed */
};

/* What comes out; node_result_clear(). */
struct node_result {
    enum status st;   /* ST_OK or ST_NOMEM */
    bool open;        /* the brake ended the visit: the node stays open */
    int64_t bound;    /* of the node */
    struct pick best; /* improved, if it was */
    int children;     /* 0 or 2 */
    struct node child[2];
    struct claim *claim; /* owned */
    size_t claims, room;
};

/* r->best holds the best choice known before. */
void node_visit(struct worker *w, const struct visit *v, struct node *node,
    struct node_result *r);

/* Drops what is left in it: children and claims that were not taken. */
void node_result_clear(struct node_result *r);

#endif
