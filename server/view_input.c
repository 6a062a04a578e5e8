/* SPDX-License-Identifier: MIT */
/* Models, data sets and records: what people send, and a worker checks. */
#include "server/view.h"

#include <string.h>

json_t *
view_model(const struct model *m)
{
    /* The API's word for a model that is being checked. */
    const char *state =
        m->state == ITEM_CHECKING ? "analysing" : item_state_words[m->state];

    return json_pack("{s:s,s:s,s:o,s:s,s:o,s:s,s:o,s:I,s:o,s:o}", "id", m->id,
        "name", m->name ? m->name : "", "labels", view_document(m->labels),
        "blob", m->blob, "shape", view_document(m->shape), "state", state,
        "error",
        view_failure(FAIL_NONE, m->error_code, m->error_detail, m->error_nodes),
        "version", (json_int_t)m->version, "created_at",
        view_time(m->created_ms), "analysis", view_document(m->analysis));
}

json_t *
view_dataset(const struct dataset *d)
{
    json_t *o = json_pack("{s:I,s:s,s:o,s:s,s:o,s:o,s:o,s:s,s:n,s:o,s:I,s:o}",
        "id", (json_int_t)d->id, "name", d->name ? d->name : "", "model",
        view_text(d->model), "inputs", d->inputs, "labels",
        view_text(d->labels), "preprocess", view_document(d->preprocess),
        "split", view_document(d->split), "state", item_state_words[d->state],
        "n", "error",
        view_failure(FAIL_NONE, d->error_code, d->error_detail, d->error_nodes),
        "version", (json_int_t)d->version, "created_at",
        view_time(d->created_ms));

    return d->info == NULL ? o : view_merge(o, view_document(d->info));
}

json_t *
view_records(const struct records *r)
{
    /* The API's word for records that are being checked or made. */
    const char *state =
        r->state == ITEM_CHECKING ? "pending" : item_state_words[r->state];
    json_t *o = json_pack("{s:I,s:s,s:o,s:o,s:s,s:n,s:[],s:n,s:o,s:I,s:o}",
        "id", (json_int_t)r->id, "name", r->name ? r->name : "", "model",
        view_text(r->model), "dataset", view_id(r->dataset), "state", state,
        "n", "exits", "accuracy_full", "error",
        view_failure(FAIL_NONE, r->error_code, r->error_detail, r->error_nodes),
        "version", (json_int_t)r->version, "created_at",
        view_time(r->created_ms));

    return r->summary == NULL ? o : view_merge(o, view_document(r->summary));
}
