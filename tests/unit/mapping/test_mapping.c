/* SPDX-License-Identifier: MIT */
/*
 * Mappings, kept exits and thresholds against every combination there is.  The
 * reference follows each sample along its path and adds up what it meets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "search/mapping/mapping.h"

enum { N = 12, E = 4, P = 3, LEVELS = 4, CASES = 3000 };

struct made {
    double score[(E - 1) * N];
    uint8_t right[E * N];
    int64_t none[E];
    struct solve_data samples;
    int64_t segment[P * E], head[P * E], send[E * P * P], wake[P];
    int64_t memory[P], segment_hold[P * E], head_hold[P * E], peak[P * E];
    struct mapping_data data;
    struct solve_options options;
};

static int64_t
some(struct rng *r, unsigned below, unsigned one_in)
{
    if (one_in && rng_below(r, one_in) == 0)
        return MAPPING_CANNOT;
    return (int64_t)rng_below(r, below);
}

static void
make_samples(struct made *m, struct rng *r)
{
    int exits = 1 + (int)rng_below(r, E);
    size_t n = 1 + rng_below(r, N);

    for (size_t i = 0; i < (E - 1) * N; i++)
        m->score[i] = (double)rng_below(r, LEVELS) / LEVELS;
    for (size_t i = 0; i < E * N; i++)
        m->right[i] = rng_below(r, 3) > 0;
    m->samples = (struct solve_data){ .n = n,
        .exits = exits,
        .score = m->score,
        .right = m->right,
        .segment = m->none,
        .head = m->none };
}

static void
make(struct made *m, uint64_t seed)
{
    struct rng r = { seed };
    unsigned holes = rng_below(&r, 2) ? 8 : 0;

    memset(m, 0, sizeof(*m));
    make_samples(m, &r);
    for (int i = 0; i < P * E; i++) {
        m->segment[i] = some(&r, 50, holes);
        m->head[i] = some(&r, 12, holes);
        m->segment_hold[i] = some(&r, 20, 0);
        m->head_hold[i] = some(&r, 20, 0);
        m->peak[i] = some(&r, 10, 0);
    }
    for (int i = 0; i < E * P * P; i++)
        m->send[i] = some(&r, 25, holes);
    for (int p = 0; p < P; p++) {
        m->wake[p] = some(&r, 10, 0);
        m->memory[p] =
            rng_below(&r, 3) ? 20 + (int64_t)rng_below(&r, 60) : INT64_MAX;
    }
    m->data = (struct mapping_data){ .samples = &m->samples,
        .processors = 1 + (int)rng_below(&r, P),
        .segment = m->segment,
        .head = m->head,
        .send = m->send,
        .wake = m->wake };
    if (rng_below(&r, 2)) {
        m->data.memory = m->memory;
        m->data.segment_hold = m->segment_hold;
        m->data.head_hold = m->head_hold;
        m->data.peak = m->peak;
    }
    solve_options_init(&m->options);
    m->options.grid = SOLVE_GRID_ALL;
    m->options.floor = (int64_t)rng_below(&r, (unsigned)m->samples.n + 1);
    if (rng_below(&r, 3) == 0)
        m->options.worst_case = 60 + (int64_t)rng_below(&r, 150);
    if (rng_below(&r, 3) == 0)
        m->options.max_early = (int)rng_below(&r, E);
    if (rng_below(&r, 4) == 0 && m->samples.exits > 1 &&
        m->options.max_early != 0)
        m->options.forced = 1;
}

/* One combination: where segments run, and for each early exit a level; LEVELS
 * says dropped. */
struct choice {
    int processor[E], level[E];
};

static bool
is_kept(const struct made *m, const struct choice *c, int e)
{
    return e == m->samples.exits - 1 || c->level[e] < LEVELS;
}

/* What reaching and running segment e costs, with its head if kept. */
static int64_t
step(const struct made *m, const struct choice *c, int e)
{
    int to = c->processor[e], from = e ? c->processor[e - 1] : 0;
    int procs = m->data.processors, exits = m->samples.exits;
    int64_t cost = m->segment[to * exits + e];

    if (cost < 0)
        return -1;
    if (from != to) {
        int64_t send = m->send[(e * procs + from) * procs + to];

        if (send < 0)
            return -1;
        cost += send + m->wake[to];
    }
    if (is_kept(m, c, e)) {
        if (m->head[to * exits + e] < 0)
            return -1;
        cost += m->head[to * exits + e];
    }
    return cost;
}

static bool
fits(const struct made *m, const struct choice *c)
{
    int exits = m->samples.exits;

    for (int p = 0; m->data.memory && p < m->data.processors; p++) {
        int64_t need = 0, peak = 0;

        for (int e = 0; e < exits; e++)
            if (c->processor[e] == p) {
                need += m->segment_hold[p * exits + e];
                need += is_kept(m, c, e) ? m->head_hold[p * exits + e] : 0;
                if (m->peak[p * exits + e] > peak)
                    peak = m->peak[p * exits + e];
            }
        if (need + peak > m->memory[p])
            return false;
    }
    return true;
}

/* A threshold is one of the exit's scores: somebody could leave there. */
static bool
is_score(const struct made *m, int e, int level)
{
    double most = 0;

    for (size_t i = 0; i < m->samples.n; i++)
        if (m->score[(size_t)e * m->samples.n + i] > most)
            most = m->score[(size_t)e * m->samples.n + i];
    return most >= (double)level / LEVELS;
}

/* The cost of all samples, or -1 where the combination is not allowed. */
static int64_t
cost_of(const struct made *m, const struct choice *c)
{
    int exits = m->samples.exits, early = 0;
    int64_t path[E], sum = 0, right = 0, so_far = 0;
    size_t n = m->samples.n;

    for (int e = 0; e < exits; e++) {
        int64_t s = step(m, c, e);

        if (s < 0)
            return -1;
        path[e] = so_far += s;
        early += e < exits - 1 && is_kept(m, c, e);
    }
    if ((m->options.forced && !is_score(m, 0, c->level[0])) || !fits(m, c) ||
        path[exits - 1] > m->options.worst_case ||
        (m->options.max_early >= 0 && early > m->options.max_early))
        return -1;
    for (size_t i = 0; i < n; i++) {
        int e = 0;

        while (e < exits - 1 &&
               !(is_kept(m, c, e) &&
                   m->score[(size_t)e * n + i] >= (double)c->level[e] / LEVELS))
            e++;
        sum += path[e];
        right += m->right[(size_t)e * n + i];
    }
    return right >= m->options.floor ? sum : -1;
}

/* Every monotone mapping and every level of every exit, one after another. */
static bool
next_choice(const struct made *m, struct choice *c)
{
    int exits = m->samples.exits;

    for (int e = 0; e < exits - 1; e++) {
        if (++c->level[e] <= LEVELS)
            return true;
        c->level[e] = 0;
    }
    for (int e = exits - 1; e >= 0; e--)
        if (c->processor[e] < m->data.processors - 1) {
            int p = c->processor[e] + 1;

            for (int k = e; k < exits; k++)
                c->processor[k] = p;
            return true;
        }
    return false;
}

static int64_t
least_of_all(const struct made *m)
{
    struct choice c = { 0 };
    int64_t best = -1;

    do {
        int64_t cost = cost_of(m, &c);

        if (cost >= 0 && (best < 0 || cost < best))
            best = cost;
    } while (next_choice(m, &c));
    return best;
}

/* The plan and mapping that were returned cost what is said, and are allowed.
 */
static void
check_answer(const struct made *m, const struct mapping_result *r)
{
    struct choice c = { 0 };
    int64_t sum = 0;

    for (int e = 0; e < m->samples.exits; e++) {
        c.processor[e] = r->processor[e];
        c.level[e] = LEVELS;
        for (int l = 0; l < LEVELS; l++)
            if ((r->best.plan.kept >> e & 1) && e < m->samples.exits - 1 &&
                r->best.plan.threshold[e] <= (double)l / LEVELS) {
                c.level[e] = l;
                break;
            }
        sum += r->path_segment[e];
    }
    assert_true(cost_of(m, &c) == r->best.tally.cost);
    assert_true(sum <= r->best.tally.worst);
}

static void
the_best_of_every_mapping_is_found(void **state)
{
    int found = 0, none = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct made m;
        struct mapping_result r;
        struct err err = { 0 };
        int64_t want;

        make(&m, seed);
        want = least_of_all(&m);
        if (mapping_best(&m.data, &m.options, &r, &err) != ST_OK)
            fail_msg("case %llu: %s", (unsigned long long)seed, err.text);
        assert_true(r.best.proved);
        if (want < 0) {
            assert_int_equal(r.best.status, SOLVE_INFEASIBLE);
            none++;
        } else {
            assert_int_equal(r.best.status, SOLVE_OPTIMAL);
            assert_true(r.best.tally.cost == want && r.best.lower == want);
            check_answer(&m, &r);
            found++;
        }
        mapping_result_clear(&r);
    }
    assert_true(found > CASES / 3 && none > CASES / 20);
}

/* Larger: too many plans to look at, so that rounds, bounds and giving up
 * decide.  Each mapping alone is a plain problem of solve.h. */
static void
many_plans_give_what_each_mapping_alone_gives(void **state)
{
    enum { ROWS = 150, EXITS = 6 };
    static double score[(EXITS - 1) * ROWS];
    static uint8_t right[EXITS * ROWS];
    int64_t segment[2 * EXITS], head[2 * EXITS], send[EXITS * 4] = { 0 };
    const int64_t wake[] = { 0, 500 };
    struct rng rng = { 5 };
    struct solve_data d = {
        .n = ROWS, .exits = EXITS, .score = score, .right = right
    };
    const struct mapping_data m = { .samples = &d,
        .processors = 2,
        .segment = segment,
        .head = head,
        .send = send,
        .wake = wake };
    struct solve_options o;
    struct mapping_result r;
    struct err err = { 0 };
    int64_t least = INT64_MAX;

    (void)state;
    for (int i = 0; i < (EXITS - 1) * ROWS; i++)
        score[i] = (double)rng_below(&rng, 1000);
    for (int e = 0; e < EXITS; e++)
        for (int i = 0; i < ROWS; i++)
            right[e * ROWS + i] =
                (e == EXITS - 1 ? 900u : (unsigned)score[e * ROWS + i]) +
                    rng_below(&rng, 400) >
                500;
    for (int i = 0; i < 2 * EXITS; i++) {
        segment[i] = 900 - 700 * (i / EXITS) + (int64_t)rng_below(&rng, 200);
        head[i] = 20 + (int64_t)rng_below(&rng, 20);
    }
    for (int e = 0; e < EXITS; e++)
        send[e * 4 + 1] = 1500 - 200 * e;
    solve_options_init(&o);
    o.grid = 12;
    o.floor = ROWS * 8 / 10;
    for (int cut = 0; cut <= EXITS; cut++) {
        int64_t s[EXITS], h[EXITS];
        struct solve_result one;

        for (int e = 0; e < EXITS; e++) {
            s[e] = segment[(e >= cut) * EXITS + e] +
                   (e == cut ? send[e * 4 + 1] + wake[1] : 0);
            h[e] = head[(e >= cut) * EXITS + e];
        }
        d.segment = s;
        d.head = h;
        assert_int_equal(solve_best(&d, &o, &one, &err), ST_OK);
        assert_int_equal(one.status, SOLVE_OPTIMAL);
        if (one.tally.cost < least)
            least = one.tally.cost;
    }
    for (o.threads = 1; o.threads <= 3; o.threads += 2) {
        assert_int_equal(mapping_best(&m, &o, &r, &err), ST_OK);
        assert_int_equal(r.best.status, SOLVE_OPTIMAL);
        assert_true(r.best.tally.cost == least && r.best.lower == least);
        mapping_result_clear(&r);
    }
    o.threads = 1;
    o.max_nodes = 1; /* no proof, but a plan and a bound that hold */
    assert_int_equal(mapping_best(&m, &o, &r, &err), ST_OK);
    assert_true(r.best.tally.cost >= least && r.best.lower <= least);
    mapping_result_clear(&r);
}

/* A chain where every reason not to map occurs. */
static void
each_mapping_says_why_it_cannot_be(void **state)
{
    const uint8_t right[] = { 1, 1 };
    const double score[] = { 0.5 };
    const int64_t none[6] = { 0 }, wake[] = { 0, 0, 0 };
    const int64_t segment[] = { 9, MAPPING_CANNOT, 5, 5, 1, 1 };
    const int64_t head[] = { 0, 0, 0, 0, 0, 0 };
    int64_t send[2 * 3 * 3] = { 0 };
    const int64_t memory[] = { 100, 10, 100 };
    const int64_t hold[] = { 6, 6, 6, 6, 6, 6 };
    const struct solve_data samples = { .n = 1,
        .exits = 2,
        .score = score,
        .right = right,
        .segment = none,
        .head = none };
    const struct mapping_data d = { .samples = &samples,
        .processors = 3,
        .segment = segment,
        .head = head,
        .send = send,
        .wake = wake,
        .memory = memory,
        .segment_hold = hold,
        .head_hold = none,
        .peak = none };
    /* What is said of 00, 01, 02, 11, 12 and 22. */
    const struct {
        int8_t map[2];
        enum mapping_state state;
        int where;
    } want[] = { { { 0, 0 }, MAPPING_UNSUPPORTED, 1 },
        { { 0, 1 }, MAPPING_SEARCHED, -1 }, { { 0, 2 }, MAPPING_SEARCHED, -1 },
        { { 1, 1 }, MAPPING_NO_ROOM, 1 }, { { 1, 2 }, MAPPING_SEARCHED, -1 },
        { { 2, 2 }, MAPPING_NO_LINK, 0 } };
    struct solve_options o;
    struct mapping_result r;
    struct err err = { 0 };
    size_t seen = 0;

    (void)state;
    send[2] = MAPPING_CANNOT; /* the input from 0 to 2 */
    solve_options_init(&o);
    assert_int_equal(mapping_best(&d, &o, &r, &err), ST_OK);
    assert_int_equal(r.n, 6);
    for (size_t i = 0; i < r.n; i++)
        for (size_t k = 0; k < 6; k++)
            if (memcmp(r.options[i].processor, want[k].map, 2) == 0) {
                assert_int_equal(r.options[i].state, want[k].state);
                assert_int_equal(r.options[i].where, want[k].where);
                seen++;
                if (want[k].state == MAPPING_NO_ROOM)
                    assert_int_equal(r.options[i].need, 12);
            }
    assert_int_equal(seen, 6);
    mapping_result_clear(&r);
}

static void
too_many_mappings_are_refused(void **state)
{
    struct made m;
    struct mapping_result r;
    struct err err = { 0 };

    (void)state;
    make(&m, 1);
    m.data.processors = MAPPING_PROCESSORS_MAX + 1;
    assert_int_equal(mapping_best(&m.data, &m.options, &r, &err), ST_INVALID);
    err = (struct err){ 0 };
    m.data.processors = MAPPING_PROCESSORS_MAX;
    m.samples.exits = SOLVE_EXITS_MAX;
    assert_int_equal(
        mapping_best(&m.data, &m.options, &r, &err), ST_UNPROCESSABLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_every_mapping_is_found),
        cmocka_unit_test(many_plans_give_what_each_mapping_alone_gives),
        cmocka_unit_test(each_mapping_says_why_it_cannot_be),
        cmocka_unit_test(too_many_mappings_are_refused),
    };

    return cmocka_run_group_tests_name("mapping", tests, NULL, NULL);
}
