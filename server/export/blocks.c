/* SPDX-License-Identifier: MIT */
/*
 * A block table for early-exit schedulers: what each backbone part and each
 * exit head takes, in turn, in ms, for the one processor measured.  How often
 * each exit is taken, and by when, no profile knows: null.
 */
#include "server/export/export.h"

#include <math.h>

#include "base/version.h"

/* One part's median; ST_UNPROCESSABLE names it where there is none. */
static enum status
add_part(json_t *blocks, const struct export_input *in, const json_t *exit,
    const char *part, struct err *err)
{
    int64_t index = json_integer_value(json_object_get(exit, "index"));
    double ns;

    if (!json_is_object(json_object_get(exit, part)))
        return ST_OK;
    ns = export_number(export_row(in->rows, "L6", part, index), "median_ns");
    if (isnan(ns) && export_is_counted(in))
        return export_refuse_counted(in, err);
    if (isnan(ns))
        return err_set(err, ST_UNPROCESSABLE, "export.incomplete",
            "the %s of exit %lld has no L6 row of grade %s or better; ask for "
            "a lower min_grade, or measure again with level L6",
            part, (long long)index, in->min_grade);
    return json_array_append_new(blocks, json_real(ns / 1e6)) == 0
               ? ST_OK
               : err_nomem(err);
}

enum status
export_blocks(const struct export_input *in, struct buf *out, struct err *err)
{
    const json_t *exits =
        json_object_get(json_object_get(in->model, "analysis"), "exits");
    const json_t *p = in->profile;
    const char *device = export_text(p, "device");
    json_t *blocks = json_array(), *exit;
    enum status st = blocks ? ST_OK : err_nomem(err);
    size_t i;

    json_array_foreach(exits, i, exit)
    {
        if (st == ST_OK)
            st = add_part(blocks, in, exit, "segment", err);
        if (st == ST_OK)
            st = add_part(blocks, in, exit, "head", err);
    }
    if (st != ST_OK) {
        json_decref(blocks);
        return st;
    }
    return export_dump(
        json_pack("{s:o,s:n,s:n,s:{s:s,s:s,s:O,s:s,s:s,s:s,s:s,s:O,s:[]}}",
            device, blocks, "exit_counts", "deadline", "offramp", "generator",
            "offramp " OFFRAMP_VERSION, "device", device, "profile",
            json_object_get(p, "id"), "unit", "ms", "level", "L6", "statistic",
            "median", "min_grade", in->min_grade, "grade",
            json_object_get(p, "grade"), "omitted"),
        out, err);
}
