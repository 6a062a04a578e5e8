/* SPDX-License-Identifier: MIT */
#include "server/augment_flow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/flow.h"
#include "db/plan.h"
#include "db/profile.h"
#include "db/search.h"
#include "server/api_input.h"
#include "server/api_util.h"
#include "server/job_order.h"
#include "server/plan_memory.h"
#include "server/right_size.h"
#include "server/search_order.h"
#include "server/validation_order.h"
#include "server/view.h"

enum { ANALYSE_DEADLINE_S = 600, RECORDS_DEADLINE_S = 3600 };

/* A flow with its documents, and the task that has just ended. */
struct step {
    const struct task *task; /* borrowed */
    struct flow flow;        /* owned, as are: */
    json_t *request, *document;
    int64_t now_ms;
};

static enum status
step_set(struct step *s, const char *name, json_t *value, struct err *err)
{
    return json_object_set_new(s->document, name, value) == 0 ? ST_OK
                                                              : err_nomem(err);
}

static enum status
step_store(struct db *db, const struct step *s, int64_t plan, struct err *err)
{
    char *text;
    enum status st = api_text(s->document, &text, err);

    if (st == ST_OK)
        st = db_flow_set(db, s->flow.id, plan, text, err);
    free(text);
    return st;
}

/* What a handler's reader takes, from a document of our own. */
static struct request
request_of(struct db *db, const struct step *s, json_t *body)
{
    struct request rq = { .db = db, .json = body, .now_ms = s->now_ms };

    snprintf(rq.who.owner, sizeof(rq.who.owner), "%s", s->flow.owner);
    return rq;
}

static enum status
pass_on(const struct request *rq, enum status st, struct err *err)
{
    return st == ST_OK ? ST_OK
                       : err_set(err, st, rq->err.code, "%s", rq->err.text);
}

/* ---- the network with heads becomes a model ---- */

static enum status
add_model(struct db *db, const struct step *s, const char *id, struct err *err)
{
    const char *name = json_get_string(s->request, "name", "");
    struct model old = { 0 };
    enum status st = db_model_get(db, id, &old, NULL);
    bool known = st == ST_OK, refused = known && old.state == ITEM_REJECTED;

    model_clear(&old);
    if (st != ST_OK && st != ST_NOT_FOUND)
        return err_set(err, st, NULL, "the model could not be read");
    if (refused)
        return db_model_recheck(db, id, err);
    if (known)
        return ST_OK;
    return db_model_add(db,
        &(struct model){ .id = (char *)id,
            .name = (char *)(name[0] ? name : "augmented"),
            .labels = (char *)"{}",
            .blob = (char *)id,
            .created_ms = s->now_ms },
        err);
}

/* Analysed again where the same network is known: it is cheap, and the stage
 * that follows needs nothing else. */
static enum status
after_augment(struct db *db, struct step *s, struct err *err)
{
    const char *id = json_get_string(
        json_object_get(s->document, "augmentation"), "model", "");
    int64_t task;
    enum status st;

    if ((st = add_model(db, s, id, err)) != ST_OK ||
        (st = step_set(s, "model", json_string(id), err)) != ST_OK ||
        (st = step_store(db, s, 0, err)) != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_ANALYSE,
            .owner = s->flow.owner,
            .flow = s->flow.id,
            .model = id,
            .deadline_s = ANALYSE_DEADLINE_S,
            .now_ms = s->now_ms },
        json_pack("{s:s,s:s}", "blob", id, "name", "augmented"),
        json_pack("[s]", id), &task, err);
}

/* ---- it is measured, and its exits are evaluated ---- */

static enum status
add_job(struct db *db, struct step *s, const char *model, int64_t *job,
    struct err *err)
{
    json_t *body = json_pack("{s:s,s:[O],s:[s,s],s:O,s:s}", "model", model,
        "devices", json_object_get(s->request, "device"), "levels", "L0", "L6",
        "policy", json_object_get(s->request, "policy"), "name",
        "augmentation");
    struct request rq = request_of(db, s, body);
    struct job_order o = { 0 };
    enum status st = body != NULL ? pass_on(&rq, job_order_read(&rq, &o), err)
                                  : err_nomem(err);

    o.flow = s->flow.id;
    if (st == ST_OK)
        st = job_order_store(db, &o, err);
    *job = o.id;
    job_order_clear(&o);
    json_decref(body);
    return st;
}

/* What each kept head is to be judged by: {"exit0":"margin"}. */
static json_t *
scores_of(const struct step *s)
{
    const json_t *heads = json_object_get(
                     json_object_get(s->document, "augmentation"), "heads"),
                 *h;
    json_t *o = json_object();
    size_t i;

    json_array_foreach(heads, i, h)
    {
        const char *exit = json_get_string(h, "exit", NULL);
        json_t *score = json_object_get(h, "score");

        if (exit != NULL && json_is_string(score) &&
            json_object_set(o, exit, score) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static enum status
add_records_task(struct db *db, const struct step *s,
    const struct input_model *m, const struct dataset *d, int64_t records,
    struct err *err)
{
    json_t *scores = scores_of(s), *exits = NULL;
    int64_t task;
    enum status st = scores != NULL
                         ? input_exit_outputs(m->exits, scores, &exits, err)
                         : err_nomem(err);

    json_decref(scores);
    if (st != ST_OK)
        return st;
    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_RECORDS,
            .owner = s->flow.owner,
            .flow = s->flow.id,
            .records = records,
            .deadline_s = RECORDS_DEADLINE_S,
            .now_ms = s->now_ms },
        json_pack("{s:{s:s,s:s,s:o},s:{s:s,s:s?,s:o,s:O}}", "model", "blob",
            m->blob, "input", m->input, "exits", exits, "dataset", "inputs",
            d->inputs, "labels", d->labels, "preprocess",
            view_document(d->preprocess), "rows",
            json_object_get(s->request, "rows")),
        json_pack("[s,s,s*]", m->blob, d->inputs, d->labels), &task, err);
}

/* Heads were chosen to fit by their own sums; the analysis has the last word.
 */
static enum status
check_memory(const struct step *s, const struct input_model *m, struct err *err)
{
    const json_t *totals = json_object_get(m->analysis, "totals");
    double limit = json_get_number(s->request, "memory_bytes"),
           need = json_get_number(totals, "weight_bytes") +
                  json_get_number(totals, "activation_bytes_peak");

    if (!(need > limit))
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "augmentation.memory",
        "the network with heads needs %.0f bytes, %.0f more than memory_bytes "
        "allows: give fewer candidates (options.max_candidates) or cheaper "
        "heads",
        need, need - limit);
}

static enum status
add_records(struct db *db, const struct step *s, const char *model,
    int64_t *records, struct err *err)
{
    int64_t dataset =
        json_integer_value(json_object_get(s->request, "evaluate"));
    struct input_model m = { 0 };
    struct dataset d = { 0 };
    enum status st;

    if ((st = input_model_single(db, model, &m, err)) == ST_OK &&
        (st = check_memory(s, &m, err)) == ST_OK &&
        (st = input_dataset_get(db, dataset, &d, err)) == ST_OK &&
        (st = db_records_add(db,
             &(struct records){ .name = (char *)"augmentation",
                 .model = (char *)model,
                 .dataset = dataset,
                 .created_ms = s->now_ms },
             records, err)) == ST_OK)
        st = add_records_task(db, s, &m, &d, *records, err);
    dataset_clear(&d);
    input_model_clear(&m);
    return st;
}

static enum status
after_analyse(struct db *db, struct step *s, struct err *err)
{
    const char *model = json_get_string(s->document, "model", "");
    int64_t job, records;
    enum status st;

    if ((st = add_job(db, s, model, &job, err)) != ST_OK ||
        (st = add_records(db, s, model, &records, err)) != ST_OK ||
        (st = step_set(s, "job", json_integer(job), err)) != ST_OK ||
        (st = step_set(s, "records", json_integer(records), err)) != ST_OK)
        return st;
    return step_store(db, s, 0, err);
}

/* ---- exits and thresholds ---- */

static enum status
keep_first(const struct profile *p, void *ctx)
{
    *(int64_t *)ctx = p->id;
    return ST_OK;
}

/* Whether the order leaves it to the flow how sure a plan has to be. */
static bool
is_open(const struct step *s)
{
    const json_t *search = json_object_get(s->request, "search");

    return json_object_get(search, "cross") == NULL &&
           json_object_get(search, "guarantee") == NULL;
}

/* One search; `sure` is the member that says how sure its plan has to be,
 * NULL: as the order has it. */
static enum status
add_search(struct db *db, struct step *s, int64_t profile, const char *sure,
    int64_t *id, struct err *err)
{
    json_t *body = json_copy(json_object_get(s->request, "search"));
    struct request rq;
    struct search_order o = { 0 };
    enum status st = ST_OK;

    if (body == NULL ||
        json_object_set_new(body, "profile", json_integer(profile)) != 0 ||
        json_object_set(
            body, "records", json_object_get(s->document, "records")) != 0 ||
        (sure != NULL && json_object_set_new(body, sure, json_object()) != 0))
        st = err_nomem(err);
    rq = request_of(db, s, body);
    if (st == ST_OK)
        st = pass_on(&rq, search_order_read(&rq, &o), err);
    o.flow = s->flow.id;
    if (st == ST_OK)
        st = search_order_store(db, &o, err);
    *id = o.id;
    search_order_clear(&o);
    json_decref(body);
    return st;
}

/* The plan whose drop is as wanted on average and, beside it, the one that
 * promises no more: on few rows the two are far apart. */
static enum status
add_searches(struct db *db, struct step *s, int64_t profile, struct err *err)
{
    const json_t *search = json_object_get(s->request, "search");
    const bool open = is_open(s);
    int64_t id, promised;
    enum status st;

    if ((st = add_search(db, s, profile, open ? "cross" : NULL, &id, err)) !=
            ST_OK ||
        (st = step_set(s, "search", json_integer(id), err)) != ST_OK)
        return st;
    if (!open || !(json_get_number(search, "max_drop") > 0))
        return ST_OK;
    st = add_search(db, s, profile, "guarantee", &promised, err);
    return st == ST_OK
               ? step_set(s, "promised_search", json_integer(promised), err)
               : st;
}

/* Measured and evaluated, in either order: the last of the two goes on. */
static enum status
after_measuring(struct db *db, struct step *s, struct err *err)
{
    const struct profile_filter filter = {
        .job = json_integer_value(json_object_get(s->document, "job")),
        .page = { .limit = 1 },
    };
    int64_t open, profile = 0;
    enum status st;

    if ((st = db_flow_open_tasks(db, s->flow.id, s->task->id, &open, err)) !=
            ST_OK ||
        open > 0)
        return st;
    if ((st = db_profile_list(db, &filter, keep_first, &profile, err)) !=
            ST_OK ||
        (st = add_searches(db, s, profile, err)) != ST_OK ||
        (st = step_set(s, "profile", json_integer(profile), err)) != ST_OK)
        return st;
    return step_store(db, s, 0, err);
}

/* ---- the plan, and the networks cut short beside it ---- */

/* Who measures for a short time does not wait longer for the validation. */
static enum status
add_validation(struct db *db, struct step *s, int64_t plan, struct err *err)
{
    struct validation_order o =
        validation_order_for(plan, s->flow.owner, s->now_ms);
    const json_t *policy = json_object_get(s->request, "policy");
    double job_s = json_get_number(policy, "job_budget_s");
    enum status st;

    if (!json_is_true(json_object_get(s->request, "validate")))
        return ST_OK;
    if (job_s < o.budget_s) /* unlike none, which is NaN */
        o.budget_s = job_s;
    if ((st = validation_order_store(db, &o, err)) != ST_OK)
        return st;
    return step_set(s, "validation", json_integer(o.id), err);
}

/* The plan of the search that the document names so; 0: there is none. */
static enum status
plan_of(struct db *db, const struct step *s, const char *name, int64_t *plan,
    struct err *err)
{
    int64_t id = json_integer_value(json_object_get(s->document, name));
    struct search search = { 0 };
    enum status st = ST_OK;

    *plan = 0;
    if (id != 0 && (st = db_search_get(db, id, &search, err)) == ST_OK)
        *plan = search.plan;
    search_clear(&search);
    return st;
}

static enum status
add_memory(struct db *db, struct step *s, int64_t id, struct err *err)
{
    struct plan plan = { 0 };
    json_t *doc = NULL, *memory = NULL;
    enum status st = db_plan_get(db, id, &plan, err);

    if (st == ST_OK) {
        doc = view_document(plan.document);
        memory = plan_memory(json_object_get(s->document, "augmentation"), doc);
        st = step_set(s, "memory", memory, err);
    }
    json_decref(doc);
    plan_clear(&plan);
    return st;
}

/* Both searches, in either order: the last of them goes on. */
static enum status
after_search(struct db *db, struct step *s, struct err *err)
{
    json_t *cut_short = NULL;
    bool infeasible = false;
    int64_t open, plan, promised;
    enum status st;

    if ((st = db_flow_open_tasks(db, s->flow.id, s->task->id, &open, err)) !=
            ST_OK ||
        open > 0)
        return st;
    if ((st = plan_of(db, s, "search", &plan, err)) != ST_OK ||
        (st = plan_of(db, s, "promised_search", &promised, err)) != ST_OK ||
        (promised != 0 && (st = step_set(s, "promised", json_integer(promised),
                               err)) != ST_OK) ||
        (st = add_memory(db, s, plan, err)) != ST_OK ||
        (st = right_size(db, plan, &cut_short, &infeasible, err)) != ST_OK ||
        (st = step_set(s, "cut_short", cut_short, err)) != ST_OK)
        return st;
    if (!infeasible && (st = add_validation(db, s, plan, err)) != ST_OK)
        return st;
    return step_store(db, s, plan, err);
}

/* ---- which comes after which ---- */

typedef enum status next_fn(struct db *db, struct step *s, struct err *err);
static next_fn *const next[TASK_KIND_COUNT] = {
    [TASK_AUGMENT] = after_augment,
    [TASK_ANALYSE] = after_analyse,
    [TASK_PROFILE] = after_measuring,
    [TASK_RECORDS] = after_measuring,
    [TASK_SEARCH] = after_search,
};

enum status
augment_flow_next(
    struct db *db, const struct task *task, int64_t now_ms, struct err *err)
{
    struct step s = { .task = task, .now_ms = now_ms };
    enum status st;

    if (task->flow == 0 || next[task->kind] == NULL)
        return ST_OK;
    if ((st = db_flow_get_any(db, task->flow, &s.flow, err)) != ST_OK)
        return st;
    s.request = view_document(s.flow.request);
    s.document =
        s.flow.document ? view_document(s.flow.document) : json_object();
    st = s.request != NULL && s.document != NULL ? next[task->kind](db, &s, err)
                                                 : err_nomem(err);
    flow_clear(&s.flow);
    json_decref(s.request);
    json_decref(s.document);
    return st;
}
