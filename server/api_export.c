/* SPDX-License-Identifier: MIT */
/* /v1/export: a profile as a document of another tool. */
#include "server/api.h"

#include <string.h>

#include "server/api_util.h"
#include "server/modelled.h"
#include "server/profile_doc.h"

/* GET /v1/export */
enum status
api_export_list(struct request *rq, struct reply *rp)
{
    json_t *items = json_array();

    (void)rq;
    for (const struct export_dialect *d = export_dialects; d->name; d++)
        if (json_array_append_new(
                items, json_pack("{s:s,s:s,s:s,s:s}", "name", d->name,
                           "media_type", d->media_type, "extension",
                           d->extension, "summary", d->summary)) < 0) {
            json_decref(items);
            return ST_NOMEM;
        }
    return reply_json(rp, 200, json_pack("{s:o}", "items", items));
}

static enum status
read_query(struct request *rq, int64_t *profile, char *min_grade)
{
    enum status st;

    *profile = 0;
    if ((st = request_query_int(rq, "profile", 1, INT64_MAX, profile)) !=
            ST_OK ||
        (st = request_grade(rq, min_grade)) != ST_OK)
        return st;
    if (*profile == 0)
        return err_set(&rq->err, ST_INVALID, "request.query",
            "say which profile: ?profile= takes an id of /v1/profiles");
    return ST_OK;
}

/* Only costs say in each document from which model they are derived. */
static enum status
check_modelled(
    struct request *rq, const struct export_dialect *d, bool modelled)
{
    if (!modelled || strcmp(d->name, "costs") == 0)
        return ST_OK;
    return err_set(&rq->err, ST_UNPROCESSABLE, "export.unsupported",
        "%s holds what was measured or counted: modelled times are exported "
        "as costs alone, and shown by /v1/profiles/{id}/layers?source=modelled",
        d->name);
}

/* GET /v1/export/{format}?profile=&min_grade=&source= */
enum status
api_export_get(struct request *rq, struct reply *rp)
{
    const struct export_dialect *d;
    struct export_input in;
    int64_t profile;
    char min_grade;
    bool modelled;
    struct buf out;
    size_t len;
    enum status st;

    if ((st = export_find(rq->arg[0], &d, &rq->err)) != ST_OK ||
        (st = read_query(rq, &profile, &min_grade)) != ST_OK ||
        (st = request_modelled(rq, &modelled)) != ST_OK ||
        (st = check_modelled(rq, d, modelled)) != ST_OK ||
        (st = profile_export_input(
             rq->db, profile, min_grade, &in, &rq->err)) != ST_OK)
        return st;
    buf_init(&out, EXPORT_MAX_BYTES);
    if (modelled)
        st = modelled_export(rq->db, &in, &rq->err);
    if (st == ST_OK && (st = d->write(&in, &out, &rq->err)) == ST_OK) {
        char *data = buf_take(&out, &len);

        reply_header(rp, "Content-Disposition",
            "attachment; filename=\"offramp-profile-%lld.%s\"",
            (long long)profile, d->extension);
        st = reply_data(rp, 200, d->media_type, data, len);
    }
    buf_clear(&out);
    export_input_clear(&in);
    return st;
}
