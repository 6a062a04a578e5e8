/* SPDX-License-Identifier: MIT */
#include "server/search_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/search.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/costs_check.h"
#include "server/search_sure.h"
#include "server/search_system.h"

enum {
    GRID = 32,
    GRID_MAX = 100000,
    TIME_LIMIT_S = 20,
    DEADLINE_S = 600,
    EXITS_MAX = 64
};

/* The problem's members, as the body gives them. */
struct problem {
    const char *objective, *reference;
    double max_drop, min_accuracy, worst_case; /* NaN: not given */
    json_t *grid;
    json_t *keep, *without, *accuracy; /* of single exits; NULL: no limit */
    int64_t max_exits, seed;           /* -1: not given */
    struct sure_ask sure;
    bool compare;
};

static enum status
check_grid(const json_t *grid, struct err *err)
{
    const char *word = json_string_value(grid);
    int64_t n = json_integer_value(grid);

    if (grid == NULL || (word != NULL && strcmp(word, "all") == 0) ||
        (json_is_integer(grid) && n >= 1 && n <= GRID_MAX))
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "grid must be \"all\" or an integer within 1 and %d", GRID_MAX);
}

static enum status
check_exits(const json_t *list, const char *member, struct err *err)
{
    const json_t *v;
    size_t i;

    if (json_array_size(list) > EXITS_MAX)
        return err_set(err, ST_INVALID, "request.field", "%s: at most %d exits",
            member, EXITS_MAX);
    json_array_foreach(list, i, v)
    {
        if (!json_is_string(v) && !json_is_integer(v))
            return err_set(err, ST_INVALID, "request.field",
                "%s[%zu] must be an exit's name or index", member, i);
    }
    return ST_OK;
}

/* Form only: which exits there are is the worker's to say. */
static enum status
check_limits(const struct problem *p, struct err *err)
{
    double a = json_number_value(p->accuracy);
    enum status st;

    if ((st = check_exits(p->keep, "keep", err)) != ST_OK ||
        (st = check_exits(p->without, "without", err)) != ST_OK)
        return st;
    if (p->accuracy == NULL ||
        (json_is_object(p->accuracy) &&
            json_object_size(p->accuracy) <= EXITS_MAX) ||
        (json_is_number(p->accuracy) && a >= 0 && a <= 1))
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "min_exit_accuracy must be a number within 0 and 1, or an object with "
        "one for each exit that it names");
}

static enum status
check_problem(const struct problem *p, struct err *err)
{
    if (isnan(p->max_drop) == isnan(p->min_accuracy))
        return err_set(err, ST_INVALID, "request.field",
            "give max_drop (0.01 is one point) or min_accuracy, and only one "
            "of them");
    if (strcmp(p->reference, "label") != 0 &&
        strcmp(p->reference, "final") != 0)
        return err_set(err, ST_INVALID, "request.field",
            "reference must be label or final");
    if (check_grid(p->grid, err) != ST_OK)
        return ST_INVALID;
    if (check_limits(p, err) != ST_OK)
        return ST_INVALID;
    return sure_check(&p->sure, p->max_drop, err);
}

/* For the worker: what was given, and the defaults of the rest. */
static json_t *
problem_document(const struct problem *p)
{
    json_t *o = json_pack("{s:s,s:s,s:o,s:I,s:i}", "objective", p->objective,
        "reference", p->reference, "grid",
        p->grid ? json_incref(p->grid) : json_integer(GRID), "seed",
        (json_int_t)p->seed, "time_limit_s", TIME_LIMIT_S);
    int rc = o == NULL;

    if (rc == 0 && !isnan(p->max_drop))
        rc |= json_object_set_new(o, "max_drop", json_real(p->max_drop));
    if (rc == 0 && !isnan(p->min_accuracy))
        rc |=
            json_object_set_new(o, "min_accuracy", json_real(p->min_accuracy));
    if (rc == 0 && !isnan(p->worst_case))
        rc |= json_object_set_new(o, "worst_case", json_real(p->worst_case));
    if (rc == 0 && p->max_exits >= 0)
        rc |= json_object_set_new(o, "max_exits", json_integer(p->max_exits));
    if (rc == 0 && p->keep != NULL)
        rc |= json_object_set(o, "keep", p->keep);
    if (rc == 0 && p->without != NULL)
        rc |= json_object_set(o, "without", p->without);
    if (rc == 0 && p->accuracy != NULL)
        rc |= json_object_set(o, "min_exit_accuracy", p->accuracy);
    if (rc == 0 && p->compare)
        rc |= json_object_set_new(o, "compare", json_true());
    if (rc == 0 && sure_put(&p->sure, o))
        return o;
    json_decref(o);
    return NULL;
}

/* Of one processor, or of all of a system. */
static enum status
read_costs(struct db *db, const struct problem *p, json_t *costs,
    const json_t *system, struct search_order *o, struct err *err)
{
    if (system == NULL)
        return order_input_costs(
            db, &o->in, costs, p->sure.bootstrap != NULL, err);
    if (costs != NULL || o->in.profile != 0 || o->in.source != NULL)
        return err_set(err, ST_INVALID, "request.field",
            "give system, or profile or costs of one processor");
    if (p->sure.guarantee || p->sure.cross || p->sure.bootstrap ||
        p->sure.metrics || p->compare)
        return err_set(err, ST_INVALID, "request.field",
            "guarantee, cross, bootstrap, metrics and compare are of one "
            "processor: "
            "leave them out, or give profile instead of system");
    return search_system_read(
        db, system, p->objective, &o->in, &o->system, err);
}

static enum status
check_costs(
    const json_t *costs, const char *objective, bool system, struct err *err)
{
    return system ? costs_check_partly(costs, objective, err)
                  : costs_check_objective(costs, objective, err);
}

enum status
search_order_read(struct request *rq, struct search_order *o)
{
    struct problem p = { .objective = "latency_ns",
        .reference = "label",
        .max_drop = NAN,
        .min_accuracy = NAN,
        .worst_case = NAN,
        .max_exits = -1,
        .seed = 1 };
    int64_t records = 0;
    json_t *costs = NULL, *system = NULL;
    const struct json_field fields[] = {
        { "profile", JF_INT, false, &o->in.profile, 1, 9e15 },
        { "source", JF_STR, false, &o->in.source, 0, 16 },
        { "costs", JF_OBJ, false, &costs, 0, 0 },
        { "system", JF_OBJ, false, &system, 0, 0 },
        { "records", JF_INT, true, &records, 1, 9e15 },
        { "objective", JF_STR, false, &p.objective, 0, 64 },
        { "max_drop", JF_REAL, false, &p.max_drop, 0, 1 },
        { "min_accuracy", JF_REAL, false, &p.min_accuracy, 0, 1 },
        { "grid", JF_ANY, false, &p.grid, 0, 0 },
        { "reference", JF_STR, false, &p.reference, 0, 8 },
        { "max_exits", JF_INT, false, &p.max_exits, 1, 64 },
        { "worst_case", JF_REAL, false, &p.worst_case, 1e-9, 1e18 },
        { "keep", JF_ARR, false, &p.keep, 0, 0 },
        { "without", JF_ARR, false, &p.without, 0, 0 },
        { "min_exit_accuracy", JF_ANY, false, &p.accuracy, 0, 0 },
        { "seed", JF_INT, false, &p.seed, 0, 9e15 },
        { "guarantee", JF_OBJ, false, &p.sure.guarantee, 0, 0 },
        { "cross", JF_OBJ, false, &p.sure.cross, 0, 0 },
        { "robust", JF_BOOL, false, &p.sure.robust, 0, 0 },
        { "compare", JF_BOOL, false, &p.compare, 0, 0 },
        { "bootstrap", JF_OBJ, false, &p.sure.bootstrap, 0, 0 },
        { "metrics", JF_ARR, false, &p.sure.metrics, 0, 0 },
    };
    struct err *err = &rq->err;
    enum status st;

    *o = (struct search_order){ .owner = rq->who.owner, .now_ms = rq->now_ms };
    if ((st = JSON_READ(rq->json, "", fields, err)) != ST_OK ||
        (st = check_problem(&p, err)) != ST_OK ||
        (st = read_costs(rq->db, &p, costs, system, o, err)) != ST_OK ||
        (st = order_input_records(rq->db, &o->in, records, err)) != ST_OK ||
        (st = order_input_fit(&o->in, p.reference, err)) != ST_OK ||
        (st = check_costs(o->in.costs, p.objective, system != NULL, err)) !=
            ST_OK)
        return st;
    o->problem = problem_document(&p);
    return o->problem ? ST_OK : err_nomem(err);
}

void
search_order_clear(struct search_order *o)
{
    order_input_clear(&o->in);
    json_decref(o->problem);
    json_decref(o->system);
    memset(o, 0, sizeof(*o));
}

static enum status
add_search(struct db *db, struct search_order *o, struct err *err)
{
    char *costs = NULL, *problem = NULL;
    enum status st;

    if ((st = api_text(o->in.costs, &costs, err)) == ST_OK &&
        (st = api_text(o->problem, &problem, err)) == ST_OK)
        st = db_search_add(db,
            &(struct search){ .owner = (char *)o->owner,
                .profile = o->in.profile,
                .costs = costs,
                .records = o->in.records.id,
                .problem = problem,
                .created_ms = o->now_ms },
            &o->id, err);
    free(costs);
    free(problem);
    return st;
}

enum status
search_order_store(struct db *db, struct search_order *o, struct err *err)
{
    int64_t task;
    enum status st = add_search(db, o, err);

    if (st != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_SEARCH,
            .owner = o->owner,
            .search = o->id,
            .flow = o->flow,
            .deadline_s = DEADLINE_S,
            .now_ms = o->now_ms },
        json_pack("{s:O,s:s,s:O,s:O*}", "costs", o->in.costs, "records",
            o->in.records.csv, "problem", o->problem, "system", o->system),
        json_pack("[s]", o->in.records.csv), &task, err);
}
