/* SPDX-License-Identifier: MIT */
#include "search/data/difficulty.h"

#include <math.h>
#include <stdlib.h>

#include "search/policy/pools.h"

enum { THRESHOLDS = 16, ROWS_MIN = 64 };

/* Multiplications that choosing may take: a few seconds. */
static const double work_max = 2e9;

/* One exit for each tier, and the score from which a sample is that tier's. */
struct placement {
    int exit[POOLS_MAX];
    double score;
    double cost[POOLS_MAX]; /* of a sample that the tier answers */
};

struct rows {
    uint32_t *at; /* owned, [n] */
    size_t n, full_right;
};

struct clustering {
    const struct records *r; /* borrowed */
    const struct map_system *sys;
    const struct search_options *o;
    struct rows half[2];
    size_t stride;  /* every so many calibration rows choose */
    float *vector;  /* owned, [rows][dims]: of one exit, of one half */
    uint8_t *pool;  /* owned, [rows] */
    double *sorted; /* owned, [rows]: scores */
};

struct outcome {
    double cost, accuracy, share[POOLS_MAX];
};

static void
clustering_clear(struct clustering *c)
{
    free(c->half[0].at);
    free(c->half[1].at);
    free(c->vector);
    free(c->pool);
    free(c->sorted);
}

static int64_t
wanted(const struct clustering *c, size_t i)
{
    const struct records *r = c->r;

    return c->o->reference == SEARCH_FINAL
               ? r->pred[(size_t)(r->exits - 1) * r->n + i]
               : r->label[i];
}

/* What the first tier's exit shows of a sample. */
static size_t
dims_of(const struct records *r, int exit)
{
    if (r->feature != NULL && r->feature[exit].dims > 0)
        return r->feature[exit].dims;
    return r->vector != NULL && r->vector[exit].dims > 0 ? r->vector[exit].dims
                                                         : 1;
}

static const char *
compares(const struct records *r, int exit)
{
    if (r->feature != NULL && r->feature[exit].dims > 0)
        return "features";
    return r->vector != NULL && r->vector[exit].dims > 0 ? "class scores"
                                                         : "score";
}

static void
show(const struct records *r, int exit, size_t i, float *out)
{
    const struct records_vectors *v =
        r->feature != NULL && r->feature[exit].dims > 0 ? &r->feature[exit]
        : r->vector != NULL && r->vector[exit].dims > 0 ? &r->vector[exit]
                                                        : NULL;

    if (v == NULL)
        out[0] = (float)r->score[(size_t)exit * r->n + i];
    for (size_t k = 0; v != NULL && k < v->dims; k++)
        out[k] = v->v[i * v->dims + k];
}

/* ---- costs ---- */

static double
link_cost(const struct map_system *sys, int from, int to, double bytes)
{
    double best = INFINITY;

    for (int i = 0; i < sys->links; i++) {
        const struct map_link *l = &sys->link[i];

        if (l->from == from && l->to == to)
            best = fmin(
                best, l->base + (l->per_byte > 0 ? l->per_byte * bytes : 0));
    }
    return best;
}

/* Straight there, or by way of the tier between. */
static double
send_cost(const struct map_system *sys, int to, double bytes)
{
    double best = link_cost(sys, 0, to, bytes);

    for (int via = 1; via < to; via++)
        best = fmin(best,
            link_cost(sys, 0, via, bytes) + link_cost(sys, via, to, bytes));
    return best;
}

static double
input_bytes(const struct map_system *sys, int exit)
{
    for (int p = 0; p < sys->processors; p++)
        if (sys->processor[p].costs->exit[exit].input_bytes >= 0)
            return (double)sys->processor[p].costs->exit[exit].input_bytes;
    return NAN;
}

/* Segments from..to of a processor, and the head at the end of them. */
static double
run_cost(const struct map_processor *p, int metric, int from, int to)
{
    double sum = p->wake + p->costs->exit[to].head[metric].median;

    for (int e = from; e <= to; e++)
        sum += p->costs->exit[e].segment[metric].median;
    return sum;
}

/* False where a part cannot run there, or nothing leads there. */
static bool
set_costs(const struct clustering *c, struct placement *x)
{
    const struct map_system *sys = c->sys;
    int first = x->exit[0];

    for (int t = 0; t < sys->processors; t++) {
        const struct map_processor *p = &sys->processor[t];
        int m = costs_metric(p->costs, c->o->objective);

        if (t == 0)
            x->cost[0] = run_cost(p, m, 0, first);
        else
            x->cost[t] = x->cost[0] +
                         send_cost(sys, t, input_bytes(sys, first + 1)) +
                         run_cost(p, m, first + 1, x->exit[t]);
        if (!isfinite(x->cost[t]))
            return false;
    }
    return true;
}

/* ---- replay ---- */

static void
fill_vectors(struct clustering *c, int exit, int half, size_t stride)
{
    size_t dims = dims_of(c->r, exit), k = 0;

    for (size_t i = 0; i < c->half[half].n; i += stride)
        show(c->r, exit, c->half[half].at[i], c->vector + k++ * dims);
}

/* The first tier whose exit is sure enough; the last takes the rest. */
static int
pool_of(const struct clustering *c, const struct placement *x, size_t i)
{
    int last = c->sys->processors - 1, t = 0;

    while (t < last &&
           !(c->r->score[(size_t)x->exit[t] * c->r->n + i] >= x->score))
        t++;
    return t;
}

/* Over the rows of a half whose vectors are filled in. */
static struct outcome
replay(const struct clustering *c, const struct placement *x,
    const struct pools *p, int half, size_t stride)
{
    struct outcome o = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < c->half[half].n; i += stride) {
        size_t row = c->half[half].at[i];
        int t = pools_nearest(p, c->vector + n++ * p->dims);

        o.cost += x->cost[t];
        o.share[t]++;
        o.accuracy +=
            c->r->pred[(size_t)x->exit[t] * c->r->n + row] == wanted(c, row);
    }
    o.cost /= (double)n;
    o.accuracy /= (double)n;
    for (int t = 0; t < POOLS_MAX; t++)
        o.share[t] /= (double)n;
    return o;
}

/* Pools of the calibration rows whose vectors are filled in. */
static enum status
learn(const struct clustering *c, const struct placement *x, size_t stride,
    struct pools *out, struct err *err)
{
    size_t n = 0;

    for (size_t i = 0; i < c->half[RECORDS_CAL].n; i += stride)
        c->pool[n++] = (uint8_t)pool_of(c, x, c->half[RECORDS_CAL].at[i]);
    return pools_learn(out, c->vector, dims_of(c->r, x->exit[0]), c->pool, n,
        c->sys->processors, err);
}

/* ---- choosing ---- */

struct best {
    struct placement at;
    struct outcome cal;
    bool found, meets;
};

static double
floor_of(const struct clustering *c)
{
    const struct rows *h = &c->half[RECORDS_CAL];

    return isnan(c->o->max_drop)
               ? c->o->min_accuracy
               : (double)h->full_right / (double)h->n - c->o->max_drop;
}

/* Of those that keep the floor the cheapest; else the most accurate. */
static bool
is_better(const struct best *b, const struct outcome *o, bool meets)
{
    if (!b->found || meets != b->meets)
        return !b->found || meets;
    return meets
               ? o->cost < b->cal.cost
               : o->accuracy > b->cal.accuracy ||
                     (o->accuracy == b->cal.accuracy && o->cost < b->cal.cost);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Scores of an exit on the calibration half, sorted; how many. */
static size_t
sort_scores(struct clustering *c, int exit)
{
    size_t n = 0;

    for (size_t i = 0; i < c->half[RECORDS_CAL].n; i += c->stride)
        c->sorted[n++] =
            c->r->score[(size_t)exit * c->r->n + c->half[RECORDS_CAL].at[i]];
    qsort(c->sorted, n, sizeof(*c->sorted), by_value);
    return n;
}

/* Every threshold for one placement of the exits, vectors filled in. */
static enum status
try_placement(struct clustering *c, struct placement x, size_t n,
    struct best *best, struct err *err)
{
    if (!set_costs(c, &x))
        return ST_OK;
    for (size_t q = 0; q < THRESHOLDS; q++) {
        struct pools p;
        struct outcome o;
        bool meets;
        enum status st;

        x.score = c->sorted[q * (n - 1) / (THRESHOLDS - 1)];
        if ((st = learn(c, &x, c->stride, &p, err)) != ST_OK)
            return st;
        o = replay(c, &x, &p, RECORDS_CAL, c->stride);
        pools_clear(&p);
        meets = o.accuracy >= floor_of(c) - 1e-9;
        if (is_better(best, &o, meets))
            *best = (struct best){ x, o, true, meets };
    }
    return ST_OK;
}

static enum status
choose(struct clustering *c, struct best *best, struct err *err)
{
    int last = c->r->exits - 1, tiers = c->sys->processors;
    enum status st = ST_OK;

    for (int a = 0; st == ST_OK && a < last; a++) {
        size_t n = sort_scores(c, a);

        fill_vectors(c, a, RECORDS_CAL, c->stride);
        if (tiers == 2)
            st = try_placement(
                c, (struct placement){ .exit = { a, last } }, n, best, err);
        for (int b = a + 1; tiers == 3 && st == ST_OK && b < last; b++)
            st = try_placement(
                c, (struct placement){ .exit = { a, b, last } }, n, best, err);
    }
    return st;
}

/* ---- the document ---- */

static json_t *
outcome_json(const struct outcome *o)
{
    return json_pack("{s:f,s:f}", "cost", o->cost, "accuracy", o->accuracy);
}

static json_t *
pools_json(const struct clustering *c, const struct placement *x,
    const struct outcome *test)
{
    json_t *a = json_array();

    for (int t = 0; a != NULL && t < c->sys->processors; t++) {
        const struct costs *k = c->sys->processor[t].costs;

        (void)json_array_append_new(a,
            json_pack("{s:s,s:s,s:f,s:f}", "processor",
                k->device ? k->device : "?", "exit", k->exit[x->exit[t]].name,
                "cost", x->cost[t], "share", test->share[t]));
    }
    return a;
}

/* The chosen one with pools of the whole calibration half, judged on both. */
static enum status
document(
    struct clustering *c, const struct best *b, json_t **out, struct err *err)
{
    const struct placement *x = &b->at;
    size_t dims = dims_of(c->r, x->exit[0]);
    struct outcome cal, test;
    struct pools p;
    enum status st;

    fill_vectors(c, x->exit[0], RECORDS_CAL, 1);
    if ((st = learn(c, x, 1, &p, err)) != ST_OK)
        return st;
    cal = replay(c, x, &p, RECORDS_CAL, 1);
    fill_vectors(c, x->exit[0], RECORDS_TEST, 1);
    test = replay(c, x, &p, RECORDS_TEST, 1);
    pools_clear(&p);
    *out = json_pack("{s:s,s:s,s:I,s:f,s:b,s:I,s:o,s:o,s:o,s:I}", "rule",
        "nearest pool", "compares", compares(c->r, x->exit[0]), "dims",
        (json_int_t)dims, "score", x->score, "meets",
        cal.accuracy >= floor_of(c) - 1e-9, "chosen_on",
        (json_int_t)((c->half[RECORDS_CAL].n + c->stride - 1) / c->stride),
        "pools", pools_json(c, x, &test), "calibration", outcome_json(&cal),
        "test", outcome_json(&test), "state_bytes",
        (json_int_t)(sizeof(struct pools) +
                     (size_t)c->sys->processors * dims * sizeof(double)));
    return *out ? ST_OK : err_nomem(err);
}

/* ---- input ---- */

static enum status
take_rows(struct clustering *c, struct err *err)
{
    const struct records *r = c->r;
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    uint8_t *half = malloc(r->n + 1);
    enum status st = half ? ST_OK : err_nomem(err);

    for (int h = 0; st == ST_OK && h < 2; h++)
        if ((c->half[h].at = malloc((r->n + 1) * sizeof(uint32_t))) == NULL)
            st = err_nomem(err);
    if (st == ST_OK)
        records_split(r, c->o->seed, half);
    for (size_t i = 0; st == ST_OK && i < r->n; i++) {
        struct rows *h = &c->half[half[i] == RECORDS_TEST];

        if (half[i] == RECORDS_NEITHER || wanted(c, i) < 0)
            continue;
        h->at[h->n++] = (uint32_t)i;
        h->full_right += last[i] == wanted(c, i);
    }
    free(half);
    return st;
}

static enum status
make_room(struct clustering *c, struct err *err)
{
    size_t most = 1,
           n = c->half[0].n > c->half[1].n ? c->half[0].n : c->half[1].n;
    double tries = c->r->exits, work;

    for (int e = 0; e < c->r->exits - 1; e++)
        most = dims_of(c->r, e) > most ? dims_of(c->r, e) : most;
    if (c->sys->processors == 3)
        tries *= c->r->exits / 2.0;
    work = tries * THRESHOLDS * (double)c->half[RECORDS_CAL].n * (double)most *
           (c->sys->processors + 1);
    c->stride = (size_t)ceil(work / work_max);
    if (c->stride > c->half[RECORDS_CAL].n / ROWS_MIN)
        c->stride = c->half[RECORDS_CAL].n / ROWS_MIN;
    c->stride = c->stride > 0 ? c->stride : 1;
    c->vector = malloc((n * most + 1) * sizeof(*c->vector));
    c->pool = malloc(n + 1);
    c->sorted = malloc((n + 1) * sizeof(*c->sorted));
    return c->vector && c->pool && c->sorted ? ST_OK : err_nomem(err);
}

static bool
applies(const struct records *r, const struct map_system *sys)
{
    if (sys->processors < 2 || sys->processors > POOLS_MAX ||
        r->exits < sys->processors)
        return false;
    for (int p = 0; p < sys->processors; p++)
        if (!isinf(sys->processor[p].memory_bytes))
            return false;
    return true;
}

enum status
difficulty_json(const struct records *r, const struct map_system *sys,
    const struct search_options *o, json_t **out, struct err *err)
{
    struct clustering c = { .r = r, .sys = sys, .o = o };
    struct best best = { .found = false };
    enum status st;

    *out = NULL;
    st = applies(r, sys) ? take_rows(&c, err) : ST_OK;
    if (st == ST_OK && c.half[0].n > 0 && c.half[1].n > 0 &&
        (st = make_room(&c, err)) == ST_OK &&
        (st = choose(&c, &best, err)) == ST_OK && best.found)
        st = document(&c, &best, out, err);
    clustering_clear(&c);
    if (st == ST_OK && *out == NULL && (*out = json_null()) == NULL)
        st = err_nomem(err);
    return st;
}
