/* SPDX-License-Identifier: MIT */
#include "server/order_input.h"

#include <stdlib.h>
#include <string.h>

#include "server/costs_check.h"
#include "server/modelled.h"
#include "server/profile_doc.h"
#include "server/search_epochs.h"

void
order_input_clear(struct order_input *in)
{
    free(in->model);
    json_decref(in->costs);
    records_clear(&in->records);
    memset(in, 0, sizeof(*in));
}

enum status
order_input_costs(struct db *db, struct order_input *in, json_t *sent,
    bool epochs, struct err *err)
{
    struct export_input from;
    const char *model;
    enum status st;

    if ((in->profile != 0) == (sent != NULL))
        return err_set(err, ST_INVALID, "request.field",
            "give profile (costs measured here) or costs (a document of your "
            "own), and only one of them");
    if (in->source != NULL &&
        (sent != NULL || strcmp(in->source, "modelled") != 0))
        return err_set(err, ST_INVALID, "request.field",
            "source may be modelled, for the costs of a profile; costs that "
            "are sent say themselves what they are");
    if (sent != NULL) {
        in->costs = json_incref(sent);
        return costs_check(sent, err);
    }
    if ((st = profile_export_input(db, in->profile, 'X', &from, err)) != ST_OK)
        return st;
    if (in->source != NULL && (st = modelled_export(db, &from, err)) != ST_OK) {
        export_input_clear(&from);
        return st;
    }
    model = export_text(from.profile, "model");
    if ((st = export_costs_document(&from, &in->costs, err)) == ST_OK &&
        (in->model = strdup(model)) == NULL)
        st = err_nomem(err);
    if (st == ST_OK && epochs)
        st = search_epochs_add(db, &from, in->costs, err);
    export_input_clear(&from);
    return st;
}

enum status
order_input_records(
    struct db *db, struct order_input *in, int64_t id, struct err *err)
{
    enum status st = db_records_get(db, id, &in->records, err);

    if (st != ST_OK || in->records.state == ITEM_READY)
        return st;
    if (in->records.state == ITEM_CHECKING)
        return err_set(err, ST_CONFLICT, "records.not_ready",
            "records %lld are still being made: wait with GET "
            "/v1/records/%lld?wait=50, then send this again",
            (long long)id, (long long)id);
    return err_set(err, ST_UNPROCESSABLE, "records.rejected",
        "records %lld were rejected: %s", (long long)id,
        in->records.error_detail ? in->records.error_detail
                                 : "no reason was given");
}

/* How many exits the records have, and whether samples have labels. */
static enum status
read_summary(
    const struct order_input *in, size_t *exits, bool *labels, struct err *err)
{
    json_t *summary, *labelled;
    enum status st = json_parse(
        in->records.summary, strlen(in->records.summary), &summary, err);

    if (st != ST_OK)
        return st;
    *exits = json_array_size(json_object_get(summary, "exits"));
    labelled = json_object_get(summary, "labelled");
    *labels = !json_is_integer(labelled) || json_integer_value(labelled) != 0;
    json_decref(summary);
    return ST_OK;
}

enum status
order_input_fit(
    const struct order_input *in, const char *reference, struct err *err)
{
    size_t in_costs = json_array_size(json_object_get(in->costs, "exits"));
    size_t in_records;
    bool labels;
    enum status st = read_summary(in, &in_records, &labels, err);

    if (st != ST_OK)
        return st;
    if (in->model != NULL && in->records.model != NULL &&
        strcmp(in->model, in->records.model) != 0)
        return err_set(err, ST_UNPROCESSABLE, "search.model_mismatch",
            "profile %lld is of model %.12s.., records %lld of model %.12s..: "
            "give two of the same model",
            (long long)in->profile, in->model, (long long)in->records.id,
            in->records.model);
    if (in->costs != NULL && in_costs != in_records)
        return err_set(err, ST_UNPROCESSABLE, "search.exits_mismatch",
            "the costs have %zu exits, the records %zu: give two of the same "
            "network",
            in_costs, in_records);
    if (!labels && strcmp(reference, "label") == 0)
        return err_set(err, ST_UNPROCESSABLE, "search.no_labels",
            "the records have no labels: use \"reference\":\"final\"");
    return ST_OK;
}
