/* SPDX-License-Identifier: MIT */
#include "probes/measure/levels.h"

#include <math.h>
#include <stdlib.h>

#include "base/flag.h"
#include "base/log.h"
#include "probes/measure/check.h"
#include "probes/measure/pass_cold.h"
#include "probes/measure/pass_count.h"
#include "probes/measure/pass_insitu.h"
#include "probes/measure/pass_meters.h"

/* Passes that do not time need only be past the first executions. */
static const double SHORT_WARMUP_S = 0.02;
static const double PREFIX_TOLERANCE = 1e-4;
/* Golden kernels that ride along: their chart's limit is 5 %, so no pass need
 * go on for them. */
enum { GOLDEN_MOST = 24 };

static void
add(struct pass *pass, struct item *item)
{
    pass->jobs[pass->n++] = (struct job){ .item = item,
        .role = item->role,
        .level = pass->level,
        .index = item->index,
        .name = item->name,
        .median_ns = NAN };
}

/* Has the server this item's row of this level from before? */
static bool
is_had(const struct pass *pass, const struct item *item)
{
    return (item->have & LEVEL_BIT(pass->level)) != 0;
}

static void
add_whole(struct pass *pass, struct plan *plan)
{
    if (!is_had(pass, &plan->whole))
        add(pass, &plan->whole);
}

/* One of each kernel. */
static void
add_layers(struct pass *pass, struct plan *plan)
{
    for (size_t i = 0; i < plan->n_layers; i++)
        if (plan->layers[i].same == NULL && !is_had(pass, &plan->layers[i]))
            add(pass, &plan->layers[i]);
}

static bool
is_in(const struct pass *pass, const struct item *item)
{
    for (size_t i = 0; i < pass->n; i++)
        if (pass->jobs[i].item == item)
            return true;
    return false;
}

static void
add_cuts(struct pass *pass, struct plan *plan, enum cut cut)
{
    for (size_t i = 0; i < plan->n_exits; i++) {
        struct item *item = &plan->cuts[cut][i];

        if (item->blob != NULL && !is_had(pass, item) &&
            (item->same == NULL || !is_in(pass, item->same)))
            add(pass, item);
    }
}

/* The A/A pair: the layer with most work a second time. */
static void
add_twin(struct pass *pass)
{
    const struct job *most = NULL;

    for (size_t i = 0; i < pass->n; i++)
        if (most == NULL || pass->jobs[i].item->macs > most->item->macs)
            most = &pass->jobs[i];
    if (most == NULL)
        return;
    add(pass, most->item);
    pass->jobs[pass->n - 1].role = ROLE_AA;
    pass->jobs[pass->n - 1].twin = most;
}

/* At most so many values each; 0: no limit. */
static void
add_goldens(struct pass *pass, size_t most)
{
    for (int k = 0; k < GOLDEN_COUNT; k++)
        pass->jobs[pass->n++] = (struct job){ .role = ROLE_SENTINEL,
            .most = most,
            .level = pass->level,
            .index = k,
            .name = golden_name((enum golden_kind)k),
            .median_ns = NAN };
}

/* Plain, and under the profiler: both or neither, for each is measured against
 * the other. */
static void
fill_insitu(struct pass *pass, struct plan *plan)
{
    const unsigned both = LEVEL_BIT(LEVEL_L0) | LEVEL_BIT(LEVEL_L1);

    if ((plan->whole.have & both) == both)
        return;
    add(pass, &plan->whole);
    pass->jobs[0].level = LEVEL_L0;
    add(pass, &plan->whole);
    pass->jobs[1].traced = true;
    pass->pair = true;
}

static void
fill_layers(struct pass *pass, struct plan *plan)
{
    add_layers(pass, plan);
    add_twin(pass);
    add_goldens(pass, GOLDEN_MOST);
}

static void
fill_cold(struct pass *pass, struct plan *plan)
{
    add_layers(pass, plan);
}

static void
fill_exits(struct pass *pass, struct plan *plan)
{
    for (int c = 0; c < CUT_COUNT; c++)
        add_cuts(pass, plan, (enum cut)c);
}

/* What is counted is counted exactly: no pair is needed. */
static void
fill_counted(struct pass *pass, struct plan *plan)
{
    add_layers(pass, plan);
    add_goldens(pass, 0);
}

static void
fill_counters(struct pass *pass, struct plan *plan)
{
    add_whole(pass, plan);
    add_layers(pass, plan);
}

static void
fill_energy(struct pass *pass, struct plan *plan)
{
    add_whole(pass, plan);
    add_layers(pass, plan);
    add_cuts(pass, plan, CUT_SEGMENT);
    add_cuts(pass, plan, CUT_HEAD);
    add_cuts(pass, plan, CUT_PREFIX);
}

/* A prefix is a file of its own: it must give what the whole network gives. */
static enum status
inspect_cut(struct profiler *p, struct job *job, struct err *err)
{
    if (job->role != ROLE_PREFIX)
        return ST_OK;
    return check_prefix(
        job->bench, p->reference, job->item->output, PREFIX_TOLERANCE, err);
}

static const struct {
    enum level level;
    const char *phase;
    void (*fill)(struct pass *pass, struct plan *plan);
    enum status (*inspect)(
        struct profiler *p, struct job *job, struct err *err);
    enum status (*measure)(struct profiler *p, struct pass *pass, size_t from,
        size_t to, struct err *err);
    double weight; /* time a job wants, against the others */
} rows[] = {
    { LEVEL_L0, "whole", add_whole, NULL, pass_rounds, 4 },
    { LEVEL_L1, "in situ", fill_insitu, NULL, pass_insitu, 4 },
    { LEVEL_L2, "layers", fill_layers, NULL, pass_rounds, 1 },
    { LEVEL_L3, "cold", fill_cold, NULL, pass_cold, 1 },
    { LEVEL_L6, "exits", fill_exits, inspect_cut, pass_rounds, 1 },
    { LEVEL_L4, "counters", fill_counters, NULL, pass_counters, 0.1 },
    { LEVEL_L5, "energy", fill_energy, NULL, pass_energy, 0.5 },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* A row that says only that nothing could be measured here. */
static enum status
missing_row(struct profiler *p, enum level level, int64_t flag, struct err *err)
{
    struct row row = { .level = level_name(level),
        .role = ROLE_WHOLE,
        .name = p->plan.whole.name };
    enum status st =
        row_finish(&row, p->plan.policy.ci_rel, &p->clock, flag, err);

    p->flags |= flag;
    if (st != ST_OK)
        return st;
    return json_array_append_new(p->rows, row_json(&row, p->plan.seed)) == 0
               ? ST_OK
               : err_nomem(err);
}

/* Do its times count for the sums, so that they must be steady?  Meters only
 * need something to run, and cold times stand for themselves. */
static bool
is_timed(const struct pass *pass)
{
    return pass->measure == pass_rounds || pass->measure == pass_insitu;
}

/* The levels to run: L1 has L0 in it. */
static unsigned
levels_here(const struct profiler *p)
{
    unsigned levels = p->plan.levels;

    if ((levels & LEVEL_BIT(LEVEL_L1)) && !pass_insitu_here(p->setup)) {
        log_warn("no layers in situ: the runtime has no profiler to write");
        levels = (levels & ~LEVEL_BIT(LEVEL_L1)) | LEVEL_BIT(LEVEL_L0);
    }
    if (levels & LEVEL_BIT(LEVEL_L1))
        levels &= ~LEVEL_BIT(LEVEL_L0);
    return levels;
}

/* Is there a meter for this level?  *run says whether to make the pass. */
static enum status
meter_for(struct profiler *p, enum level level, bool *run, struct err *err)
{
    const struct policy *policy = &p->plan.policy;
    /* Counters see the calling thread alone. */
    bool counters =
        p->setup->kit->counters.self != NULL && policy->threads == 1;

    *run = true;
    if (level == LEVEL_L4 && !(policy->counters && counters)) {
        *run = false;
        if (policy->counters)
            return missing_row(p, level, FLAG(counter_missing), err);
    }
    if (level == LEVEL_L5 &&
        !(policy->energy && p->setup->kit->energy.self != NULL)) {
        *run = false;
        if (policy->energy)
            return missing_row(p, level, FLAG(no_energy_sensor), err);
    }
    return ST_OK;
}

/* Room for everything once, the twin, and the golden kernels. */
static enum status
make_room(struct pass *pass, const struct plan *plan, struct err *err)
{
    size_t most = 2 + plan->n_layers + CUT_COUNT * plan->n_exits + GOLDEN_COUNT;

    pass->jobs = calloc(most, sizeof(*pass->jobs));
    return pass->jobs != NULL ? ST_OK : err_nomem(err);
}

/* Under an emulator: what can be counted, and nothing that is timed. */
static enum status
make_counted(struct levels *l, struct profiler *p, struct err *err)
{
    static const struct {
        unsigned asked; /* levels that want it: bits */
        enum level level;
        const char *phase;
        void (*fill)(struct pass *pass, struct plan *plan);
        enum status (*inspect)(
            struct profiler *p, struct job *job, struct err *err);
    } counted[] = {
        { LEVEL_BIT(LEVEL_L0) | LEVEL_BIT(LEVEL_L1), LEVEL_L0, "whole",
            add_whole, NULL },
        { LEVEL_BIT(LEVEL_L2), LEVEL_L2, "layers", fill_counted, NULL },
        { LEVEL_BIT(LEVEL_L6), LEVEL_L6, "exits", fill_exits, inspect_cut },
    };

    p->flags |= FLAG(emulated);
    for (size_t r = 0; r < sizeof(counted) / sizeof(counted[0]); r++) {
        struct pass *pass = &l->pass[l->n];
        enum status st;

        if (!(p->plan.levels & counted[r].asked))
            continue;
        *pass = (struct pass){ .level = counted[r].level,
            .phase = counted[r].phase,
            .inspect = counted[r].inspect,
            .measure = pass_count,
            .weight = 1 };
        if ((st = make_room(pass, &p->plan, err)) != ST_OK)
            return st;
        counted[r].fill(pass, &p->plan);
        if (pass->n > 0)
            l->n++;
        else
            free(pass->jobs); /* the server has it all */
    }
    return ST_OK;
}

enum status
levels_make(struct levels *l, struct profiler *p, struct err *err)
{
    unsigned levels = levels_here(p);

    *l = (struct levels){ 0 };
    if (p->setup->counts)
        return make_counted(l, p, err);
    for (size_t r = 0; r < ROWS; r++) {
        struct pass *pass = &l->pass[l->n];
        enum status st;
        bool run;

        if (!(levels & LEVEL_BIT(rows[r].level)))
            continue;
        if ((st = meter_for(p, rows[r].level, &run, err)) != ST_OK)
            return st;
        if (!run)
            continue;
        *pass = (struct pass){ .level = rows[r].level,
            .phase = rows[r].phase,
            .inspect = rows[r].inspect,
            .measure = rows[r].measure,
            .weight = rows[r].weight,
            .warmup_s = SHORT_WARMUP_S };
        pass->timed = is_timed(pass);
        if (pass->timed)
            pass->warmup_s = p->plan.policy.warmup_s;
        if ((st = make_room(pass, &p->plan, err)) != ST_OK)
            return st;
        rows[r].fill(pass, &p->plan);
        if (pass->n > 0)
            l->n++;
        else
            free(pass->jobs); /* the server has it all */
    }
    return ST_OK;
}

enum status
levels_make_golden(struct levels *l, struct profiler *p, struct err *err)
{
    *l = (struct levels){ .n = 1 };
    l->pass[0] = (struct pass){ .level = LEVEL_L2,
        .phase = "golden",
        .measure = p->setup->counts ? pass_count : pass_rounds,
        .timed = !p->setup->counts,
        .weight = 1,
        .warmup_s = p->plan.policy.warmup_s };
    l->pass[0].jobs = calloc(GOLDEN_COUNT, sizeof(*l->pass[0].jobs));
    if (l->pass[0].jobs == NULL)
        return err_nomem(err);
    add_goldens(&l->pass[0], 0);
    return ST_OK;
}

void
levels_clear(struct levels *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->pass[i].jobs);
    l->n = 0;
}
