/* SPDX-License-Identifier: MIT */
#include "server/validation_order.h"

#include <stdlib.h>
#include <string.h>

#include "db/plan.h"
#include "db/profile.h"
#include "db/records.h"
#include "db/search.h"
#include "server/api_input.h"
#include "server/fleet.h"
#include "server/validation_mapped.h"
#include "server/view.h"

enum { DEPLOY_DEADLINE_S = 1800 };

/* All that a validation rests on; owned. */
struct basis {
    struct plan plan;
    struct search search;
    struct records records;
    struct profile profile;
    struct dataset dataset;
    struct input_model model;
    struct fleet fleet;
    json_t *document, *problem; /* of plan and search */
    json_t *devices;            /* names that may do it */
    struct mapped mapped;       /* processors NULL: of one machine */
};

static void
basis_clear(struct basis *b)
{
    plan_clear(&b->plan);
    search_clear(&b->search);
    records_clear(&b->records);
    profile_clear(&b->profile);
    dataset_clear(&b->dataset);
    input_model_clear(&b->model);
    fleet_clear(&b->fleet);
    json_decref(b->document);
    json_decref(b->problem);
    json_decref(b->devices);
    mapped_clear(&b->mapped);
}

static bool
is_mapped(const struct basis *b)
{
    return json_object_get(b->document, "mapping") != NULL;
}

/* Of boards and of several processors: each is a link of a chain. */
static bool
is_chain(const struct basis *b)
{
    return b->mapped.processors != NULL;
}

struct validation_order
validation_order_for(int64_t plan, const char *owner, int64_t now_ms)
{
    return (struct validation_order){ .plan = plan,
        .max_rows = VALIDATION_ROWS,
        .budget_s = VALIDATION_BUDGET_S,
        .ci_rel = VALIDATION_CI_REL,
        .owner = owner,
        .now_ms = now_ms };
}

static enum status
check_plan(const struct basis *b, struct err *err)
{
    if (b->plan.profile == 0 && !is_mapped(b))
        return err_set(err, ST_UNPROCESSABLE, "plan.no_profile",
            "plan %lld was searched on costs that were sent: search again with "
            "a profile, so that its device and model are known",
            (long long)b->plan.id);
    if (strcmp(json_get_string(b->document, "status", ""), "infeasible") == 0)
        return err_set(err, ST_UNPROCESSABLE, "plan.infeasible",
            "plan %lld is a nearest miss: search again with a lower floor",
            (long long)b->plan.id);
    return ST_OK;
}

static const char *
device_of(const struct basis *b, const struct validation_order *o)
{
    return o->device != NULL ? o->device : b->profile.device;
}

/* A board is given its part of the image, as in a chain. */
static enum status
load_board(struct db *db, struct basis *b, const struct validation_order *o,
    struct err *err)
{
    json_t *costs = view_document(b->search.costs);
    enum status st = costs == NULL
                         ? err_nomem(err)
                         : mapped_board(db, &b->profile, costs, device_of(b, o),
                               o->now_ms, &b->mapped, err);

    json_decref(costs);
    return st;
}

/* The profile of the device, or that of a processor. */
static enum status
load_profile(struct db *db, struct basis *b, const struct validation_order *o,
    struct err *err)
{
    int64_t id = b->plan.profile;
    enum status st;

    if (!is_mapped(b) && o->devices != NULL)
        return err_set(err, ST_INVALID, "request.field",
            "devices: plan %lld is of one device: give device",
            (long long)o->plan);
    if (is_mapped(b)) {
        if (o->device != NULL)
            return err_set(err, ST_INVALID, "request.field",
                "device: plan %lld is mapped onto several processors: give "
                "devices, a selector by processor",
                (long long)o->plan);
        if ((st = mapped_read(db, b->document, b->plan.search, o->devices,
                 o->now_ms, &b->mapped, err)) != ST_OK)
            return st;
        id = b->mapped.profile;
    }
    if ((st = db_profile_get(db, id, &b->profile, err)) != ST_OK)
        return st;
    return is_mapped(b) ? ST_OK : load_board(db, b, o, err);
}

static enum status
load_plan(struct db *db, struct basis *b, const struct validation_order *o,
    struct err *err)
{
    enum status st;

    if ((st = db_plan_get(db, o->plan, &b->plan, err)) != ST_OK ||
        (st = db_search_get(db, b->plan.search, &b->search, err)) != ST_OK ||
        (st = db_records_get(db, b->plan.records, &b->records, err)) != ST_OK)
        return st;
    b->document = view_document(b->plan.document);
    b->problem = view_document(b->search.problem);
    if (b->document == NULL || b->problem == NULL)
        return err_nomem(err);
    if ((st = check_plan(b, err)) != ST_OK ||
        (st = load_profile(db, b, o, err)) != ST_OK)
        return st;
    return input_model_single(db, b->profile.model, &b->model, err);
}

/* Rows that neither thresholds nor heads were chosen by. */
static enum status
load_rows(struct db *db, struct basis *b, int64_t dataset, struct err *err)
{
    struct dataset seen = { 0 };
    enum status st = ST_OK;

    if (dataset == 0 && b->records.dataset == 0)
        return err_set(err, ST_UNPROCESSABLE, "validation.rows",
            "the records of plan %lld were sent, without the inputs that made "
            "them: give a dataset that the search has not seen",
            (long long)b->plan.id);
    if (dataset == 0)
        return input_dataset_get(db, b->records.dataset, &b->dataset, err);
    if ((st = input_dataset_get(db, dataset, &b->dataset, err)) != ST_OK ||
        b->records.dataset == 0)
        return st;
    st = db_dataset_get(db, b->records.dataset, &seen, err);
    if (st == ST_OK && strcmp(seen.inputs, b->dataset.inputs) == 0)
        st = err_set(err, ST_UNPROCESSABLE, "validation.seen",
            "data set %lld holds the inputs that the search chose by: leave "
            "dataset out to run the held-out half of them",
            (long long)dataset);
    dataset_clear(&seen);
    return st;
}

static enum status
find_devices(struct db *db, struct basis *b, const struct validation_order *o,
    struct err *err)
{
    const char *selector = device_of(b, o);
    const struct fleet_device **match = NULL;
    size_t n = 0;
    enum status st;

    if ((b->devices = json_array()) == NULL)
        return err_nomem(err);
    if (is_chain(b))
        return ST_OK;
    if ((st = fleet_load(db, o->now_ms, &b->fleet, err)) != ST_OK)
        return st;
    if ((match = calloc(b->fleet.n + 1, sizeof(*match))) == NULL)
        return err_nomem(err);
    st =
        fleet_match(&b->fleet, "device", selector, FLEET_HOSTS, match, &n, err);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        if (json_array_append_new(b->devices, json_string(match[i]->name)) < 0)
            st = err_nomem(err);
    free(match);
    return st;
}

/* Who is which processor; images are the worker's business. */
static json_t *
processors_json(const struct basis *b)
{
    json_t *list = json_deep_copy(b->mapped.processors), *p;
    size_t i;

    json_array_foreach(list, i, p)
    {
        json_object_del(p, "image");
    }
    return list;
}

static enum status
add_flow(struct db *db, const struct basis *b, struct validation_order *o,
    struct err *err)
{
    json_t *request = json_pack("{s:s?,s:O,s:o,s:I,s:f,s:f,s:I,s:s,s:s,s:o*}",
        "device", is_mapped(b) ? NULL : device_of(b, o), "devices", b->devices,
        "dataset", view_id(o->dataset), "max_rows", (json_int_t)o->max_rows,
        "budget_s", o->budget_s, "ci_rel", o->ci_rel, "profile",
        (json_int_t)b->profile.id, "profile_device", b->profile.device,
        "env_fingerprint", b->profile.env_fingerprint, "processors",
        processors_json(b));
    enum status st = request != NULL ? ST_OK : err_nomem(err);

    if (st == ST_OK)
        st = input_flow_add(db,
            &(struct flow){ .kind = FLOW_VALIDATION,
                .owner = (char *)o->owner,
                .plan = o->plan,
                .created_ms = o->now_ms },
            request, &o->id, err);
    json_decref(request);
    return st;
}

/* {processor: image} of the boards, and their blobs; NULL: there is none. */
static json_t *
images_json(const struct basis *b, json_t *blobs)
{
    json_t *images = json_object();
    const json_t *p;
    size_t i;

    json_array_foreach(b->mapped.processors, i, p)
    {
        json_t *image = json_object_get(p, "image");

        if (!json_is_object(image))
            continue;
        json_object_set(images, json_get_string(p, "name", "?"), image);
        json_array_append(blobs, json_object_get(image, "image"));
    }
    if (json_object_size(images) > 0)
        return images;
    json_decref(images);
    return NULL;
}

static enum status
add_deploy(struct db *db, const struct basis *b,
    const struct validation_order *o, struct err *err)
{
    const struct dataset *d = &b->dataset;
    json_t *seed = json_object_get(b->problem, "seed");
    json_t *blobs = json_pack(
        "[s,s,s,s*]", b->model.blob, b->records.csv, d->inputs, d->labels);
    json_t *images = images_json(b, blobs);
    int64_t task;

    return input_task_add(db,
        &(struct task_offer){ .kind = TASK_DEPLOY,
            .owner = o->owner,
            .flow = o->id,
            .deadline_s = DEPLOY_DEADLINE_S,
            .now_ms = o->now_ms },
        json_pack(
            "{s:s,s:O,s:o,s:s,s:I,s:{s:{s:s,s:s?,s:o},s:b,s:I},s:O*,s:o*,s:O*}",
            "model", b->model.blob, "plan", b->document, "costs",
            view_document(b->search.costs), "records", b->records.csv, "seed",
            json_is_integer(seed) ? json_integer_value(seed) : (json_int_t)1,
            "rows", "dataset", "inputs", d->inputs, "labels", d->labels,
            "preprocess", view_document(d->preprocess), "other",
            o->dataset != 0, "max", (json_int_t)o->max_rows, "system",
            b->mapped.system, "images", images, "analysis",
            images != NULL ? b->model.analysis : NULL),
        blobs, &task, err);
}

enum status
validation_order_store(
    struct db *db, struct validation_order *o, struct err *err)
{
    struct basis b = { 0 };
    enum status st;

    if ((st = load_plan(db, &b, o, err)) == ST_OK &&
        (st = load_rows(db, &b, o->dataset, err)) == ST_OK &&
        (st = find_devices(db, &b, o, err)) == ST_OK &&
        (st = add_flow(db, &b, o, err)) == ST_OK)
        st = add_deploy(db, &b, o, err);
    basis_clear(&b);
    return st;
}
