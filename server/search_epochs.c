/* SPDX-License-Identifier: MIT */
#include "server/search_epochs.h"

#include <stdlib.h>

#include "db/measure.h"
#include "server/export/cut.h"

/* {"latency_ns":[..]} of one row, or NULL where none are stored. */
static enum status
epochs_json(struct db *db, int64_t row, json_t **out, struct err *err)
{
    double *ns = NULL;
    json_t *list;
    size_t n = 0;
    int rc = 0;
    enum status st = db_measure_epochs(db, row, &ns, &n, NULL);

    *out = NULL;
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return err_set(err, st, NULL, "the epochs of row %lld cannot be read",
            (long long)row);
    list = json_array();
    for (size_t i = 0; i < n; i++)
        rc |= json_array_append_new(list, json_real(ns[i]));
    free(ns);
    *out = json_pack("{s:o}", "latency_ns", list);
    if (rc == 0 && *out != NULL)
        return ST_OK;
    json_decref(*out);
    *out = NULL;
    return err_nomem(err);
}

static enum status
add_part(struct db *db, const struct export_input *in, const char *part,
    size_t exit, json_t *epochs, struct err *err)
{
    const json_t *row = export_row(in->rows, "L6", part, (int64_t)exit);
    const json_t *id = json_object_get(row, "id");
    json_t *found;
    enum status st;

    if (!json_is_integer(id))
        return ST_OK;
    st = epochs_json(db, json_integer_value(id), &found, err);
    if (st == ST_OK && found != NULL &&
        json_object_set_new(epochs, part, found) != 0)
        st = err_nomem(err);
    return st;
}

enum status
search_epochs_add(struct db *db, const struct export_input *in, json_t *costs,
    struct err *err)
{
    json_t *exits = json_object_get(costs, "exits"), *exit;
    enum status st = ST_OK;
    bool cuts = cut_known(in->rows, exits);
    size_t i;

    json_array_foreach(exits, i, exit)
    {
        json_t *epochs;

        /* Made of several rows, with an interval but no epochs of its own. */
        if (cuts && i + 1 < json_array_size(exits))
            continue;
        epochs = json_object();
        if (epochs == NULL)
            return err_nomem(err);
        if ((st = add_part(db, in, "segment", i, epochs, err)) == ST_OK)
            st = add_part(db, in, "head", i, epochs, err);
        if (st != ST_OK || json_object_size(epochs) == 0)
            json_decref(epochs);
        else if (json_object_set_new(exit, "epochs", epochs) != 0)
            st = err_nomem(err);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}
