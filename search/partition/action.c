/* SPDX-License-Identifier: MIT */
#include "search/partition/action.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.action", __VA_ARGS__)

static const int64_t most_ps = INT64_C(1) << 50;

/* What a byte takes at most, 1 at least. */
static int64_t
slowest(const struct action_problem *p)
{
    int64_t most = 1;

    for (int w = 0; w < p->ways; w++) {
        int64_t all = p->byte_ps + p->way[w].encode_ps + p->way[w].decode_ps;

        most = all > most ? all : most;
    }
    return most;
}

static enum status
check(const struct action_problem *p, struct err *err)
{
    if (p->exits < 1 || p->exits > ACTION_EXITS_MAX || p->ways < 1 ||
        p->ways > ACTION_BITS_MAX)
        return BAD(err, "%d exits and %d ways of sending: 1 to %d and 1 to %d",
            p->exits, p->ways, ACTION_EXITS_MAX, ACTION_BITS_MAX);
    for (int w = 0; w < p->ways; w++)
        if (p->way[w].bits < 1 || p->way[w].bits > 32 ||
            p->way[w].encode_ps < 0 || p->way[w].decode_ps < 0)
            return BAD(err, "%d bits: give 1 to 32, and no negative times",
                p->way[w].bits);
    if (p->base_ps < 0 || p->byte_ps < 0 || p->base_ps > most_ps)
        return BAD(err, "the link's times must not be negative, or so long");
    for (int e = 0; e < p->exits; e++) {
        bool known = p->bytes[e] >= 0 && p->bytes[e] <= most_ps / slowest(p);

        for (int d = 0; d < 2; d++)
            known = known && p->segment_ps[d][e] >= 0 &&
                    p->head_ps[d][e] >= 0 && p->segment_ps[d][e] <= most_ps &&
                    p->head_ps[d][e] <= most_ps;
        if (!known)
            return BAD(
                err, "exit %d: a time or size is negative or too large", e);
    }
    return ST_OK;
}

struct action
action_judge(const struct action_problem *p, int exit, int cut, int way)
{
    const bool sent = cut <= exit;
    struct action a = { exit, cut, way, p->head_ps[sent][exit],
        p->right[exit * (p->ways + 1) + (sent ? way : p->ways)] };

    for (int e = 0; e <= exit; e++)
        a.latency_ps += p->segment_ps[e >= cut][e];
    if (sent) {
        const struct action_bits *w = &p->way[way];
        int64_t bytes = (p->bytes[cut] * w->bits + 31) / 32;

        a.latency_ps += p->base_ps + bytes * p->byte_ps +
                        p->bytes[cut] * (w->encode_ps + w->decode_ps);
    }
    return a;
}

/* Walk over all actions: false once there is no further one. */
static bool
next(const struct action_problem *p, struct action *a)
{
    if (a->cut <= a->exit && a->way + 1 < p->ways) {
        *a = action_judge(p, a->exit, a->cut, a->way + 1);
        return true;
    }
    if (a->cut <= a->exit) {
        int cut = a->cut + 1;

        *a = action_judge(p, a->exit, cut, cut <= a->exit ? 0 : -1);
        return true;
    }
    if (a->exit + 1 == p->exits)
        return false;
    *a = action_judge(p, a->exit + 1, 0, 0);
    return true;
}

enum status
action_fastest(const struct action_problem *p, int64_t floor,
    struct action *out, bool *found, struct err *err)
{
    enum status st = check(p, err);
    struct action a;

    *found = false;
    if (st != ST_OK)
        return st;
    a = action_judge(p, 0, 0, 0);
    do {
        if (a.right < floor)
            continue;
        if (!*found || a.latency_ps < out->latency_ps ||
            (a.latency_ps == out->latency_ps &&
                (a.right > out->right ||
                    (a.right == out->right && a.cut < out->cut))))
            *out = a;
        *found = true;
    } while (next(p, &a));
    return ST_OK;
}

enum status
action_surest(const struct action_problem *p, int64_t limit_ps,
    struct action *out, bool *found, struct err *err)
{
    enum status st = check(p, err);
    struct action a;

    *found = false;
    if (st != ST_OK)
        return st;
    a = action_judge(p, 0, 0, 0);
    do {
        if (a.latency_ps > limit_ps)
            continue;
        if (!*found || a.right > out->right ||
            (a.right == out->right && a.latency_ps < out->latency_ps))
            *out = a;
        *found = true;
    } while (next(p, &a));
    return ST_OK;
}

/* From the surest down: the surest of those that are faster than the last. */
enum status
action_front(const struct action_problem *p, struct action *out, size_t room,
    size_t *n, struct err *err)
{
    int64_t limit = INT64_MAX;
    bool found = true;
    enum status st = ST_OK;

    *n = 0;
    while (st == ST_OK && *n < room) {
        st = action_surest(p, limit, &out[*n], &found, err);
        if (!found)
            break;
        limit = out[(*n)++].latency_ps - 1;
    }
    for (size_t i = 0; 2 * i + 1 < *n; i++) {
        struct action a = out[i];

        out[i] = out[*n - 1 - i];
        out[*n - 1 - i] = a;
    }
    return st;
}
