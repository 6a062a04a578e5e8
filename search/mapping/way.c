/* SPDX-License-Identifier: MIT */
#include "search/mapping/way.h"

#include <string.h>

size_t
way_count(int exits, int processors)
{
    size_t n = 1;

    /* C(exits + processors - 1, processors - 1), factor by factor: whole at
     * every step. */
    for (int p = 1; p < processors; p++) {
        n = n * (size_t)(exits + p) / (size_t)p;
        if (n > MAPPING_MAX)
            return MAPPING_MAX + 1;
    }
    return n;
}

int64_t
way_bytes(const struct mapping_data *d, const struct way *w, uint64_t kept,
    int processor)
{
    int exits = d->samples->exits;
    const size_t row = (size_t)processor * (size_t)exits;
    int64_t weights = 0, peak = -1;

    kept |= UINT64_C(1) << (exits - 1);
    for (int e = 0; e < exits; e++) {
        size_t at = row + (size_t)e;

        if (w->option.processor[e] != processor)
            continue;
        weights += d->segment_hold[at];
        if (kept >> e & 1)
            weights += d->head_hold[at];
        if (d->peak[at] > peak)
            peak = d->peak[at];
    }
    return peak < 0 ? -1 : weights + peak;
}

int
way_overflow(const struct mapping_data *d, const struct way *w, uint64_t kept)
{
    for (int p = 0; d->memory != NULL && p < d->processors; p++)
        if (way_bytes(d, w, kept, p) > d->memory[p])
            return p;
    return -1;
}

static void
forbid(struct way *w, enum mapping_state why, int where)
{
    w->option.state = why;
    w->option.where = where;
}

/* What reaching segment e from processor `from` costs, or MAPPING_CANNOT. */
static int64_t
arrival(const struct mapping_data *d, int e, int from, int to)
{
    size_t n = (size_t)d->processors;
    int64_t send;

    if (from == to)
        return 0;
    send = d->send[((size_t)e * n + (size_t)from) * n + (size_t)to];
    return send < 0 ? MAPPING_CANNOT : send + d->wake[to];
}

static void
set_costs(struct way *w, const struct mapping_data *d, uint64_t forced)
{
    int exits = d->samples->exits, from = 0;

    for (int e = 0; e < exits; e++) {
        int to = w->option.processor[e];
        size_t at = (size_t)to * (size_t)exits + (size_t)e;
        int64_t come = arrival(d, e, from, to);
        bool needed = e == exits - 1 || (forced >> e & 1);

        if (d->segment[at] < 0 || (needed && d->head[at] < 0)) {
            forbid(w, MAPPING_UNSUPPORTED, e);
            return;
        }
        if (come < 0) {
            forbid(w, MAPPING_NO_LINK, e);
            return;
        }
        if (d->head[at] < 0)
            w->forbidden |= UINT64_C(1) << e;
        w->segment[e] = d->segment[at] + come;
        w->head[e] = d->head[at] < 0 ? 0 : d->head[at];
        from = to;
    }
}

static void
check_room(struct way *w, const struct mapping_data *d, uint64_t forced)
{
    int p = way_overflow(d, w, forced);

    if (w->option.state != MAPPING_SEARCHED || p < 0)
        return;
    forbid(w, MAPPING_NO_ROOM, p);
    w->option.need = way_bytes(d, w, forced, p);
}

/* The next mapping after `m`, or false: the last segment's processor goes up
 * first, so earlier segments stay on early processors longest. */
static bool
next(int8_t *m, int exits, int processors)
{
    int e = exits - 1;

    while (e >= 0 && m[e] == processors - 1)
        e--;
    if (e < 0)
        return false;
    memset(m + e, m[e] + 1, (size_t)(exits - e));
    return true;
}

void
way_list(const struct mapping_data *d, const struct solve_options *o,
    struct way *out)
{
    int8_t m[SOLVE_EXITS_MAX] = { 0 };
    struct way *w = out;

    do {
        *w = (struct way){ .option = { .state = MAPPING_SEARCHED,
                               .where = -1,
                               .upper = INT64_MAX } };
        memcpy(w->option.processor, m, sizeof(m));
        set_costs(w, d, o->forced);
        check_room(w, d, o->forced);
        if (w->option.state != MAPPING_SEARCHED)
            w->option.lower = INT64_MAX;
        w++;
    } while (next(m, d->samples->exits, d->processors));
}
