/* SPDX-License-Identifier: MIT */
/*
 * action.h -- one exit for every sample, one cut, and so many bits for the
 * tensor that crosses it: the choices of Edgent (arXiv 1806.07840: exit and
 * cut) and of SAC-d (arXiv 2201.02968: exit, cut, bits).  On measured tables
 * all of them can be looked at, so the best is exact and needs no learning.
 *
 * The network is a chain of segments; exit e follows segment e.  The first
 * device runs the segments before the cut, the second the others and the head;
 * a cut behind the exit's segment leaves all to the first device.  Only the
 * chosen exit's head runs.  Pure; integers.
 */
#ifndef OFFRAMP_SEARCH_ACTION_H
#define OFFRAMP_SEARCH_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { ACTION_EXITS_MAX = 64, ACTION_BITS_MAX = 8 };

/* One way of sending: `bits` of every 32 go over. */
struct action_bits {
    int bits;                     /* 1..32 */
    int64_t encode_ps, decode_ps; /* for each byte of the tensor */
};

struct action_problem {
    int exits, ways;
    const int64_t *segment_ps[2], *head_ps[2]; /* [exits] on each device */
    const int64_t *bytes; /* [exits]: of what segment e takes, 4-byte numbers */
    const struct action_bits *way; /* [ways] */
    /* [exits][ways + 1]: right answers of `samples` at an exit where the tensor
     * is sent that way; the last where nothing is sent. */
    const int64_t *right;
    int64_t base_ps, byte_ps; /* of the link */
};

struct action {
    int exit, cut; /* segments on the first device: 0 .. exit + 1 */
    int way;       /* of sending; -1: nothing is sent */
    int64_t latency_ps, right;
};

/* What an action does; `way` is -1 exactly where the cut is exit + 1. */
struct action action_judge(
    const struct action_problem *p, int exit, int cut, int way);

/* The fastest with at least `floor` right; *found false where there is none.
 * Of equals the one with most right, then the fewest segments on the first
 * device. */
enum status action_fastest(const struct action_problem *p, int64_t floor,
    struct action *out, bool *found, struct err *err) MUST_CHECK;

/* The most right within `limit_ps`; of equals the fastest. */
enum status action_surest(const struct action_problem *p, int64_t limit_ps,
    struct action *out, bool *found, struct err *err) MUST_CHECK;

/* The actions that no other beats in both, fastest first, into out[room];
 * *n of them. */
enum status action_front(const struct action_problem *p, struct action *out,
    size_t room, size_t *n, struct err *err) MUST_CHECK;

#endif
