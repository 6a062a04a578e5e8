/* SPDX-License-Identifier: MIT */
#include "server/export/quality.h"

#include <math.h>
#include <string.h>

#include "base/flag.h"

static bool
is_part(const json_t *row)
{
    return export_is(row, "L6", "segment") || export_is(row, "L6", "head");
}

/* What the whole network, early heads too, is off the network without them:
 * by nothing as long as it is the longer one by no more than those heads. */
static double
moved_rel(double full_ns, double whole_ns, double heads_ns)
{
    if (isnan(full_ns) || isnan(whole_ns) || isnan(heads_ns))
        return NAN;
    if (full_ns > whole_ns)
        return full_ns / whole_ns - 1;
    return fmin(0, (full_ns + heads_ns) / whole_ns - 1);
}

json_t *
export_quality(const struct export_input *in)
{
    const json_t *exits =
        json_object_get(json_object_get(in->model, "analysis"), "exits");
    int64_t last = (int64_t)json_array_size(exits) - 1;
    double whole_ns =
        export_number(export_row(in->rows, "L0", "whole", 0), "median_ns");
    double full_ns =
        export_number(export_row(in->rows, "L6", "prefix", last), "median_ns");
    double heads_ns = 0;
    char grade[2] = "A";
    int64_t flags = 0;
    const json_t *row;
    size_t i;

    json_array_foreach(in->rows, i, row)
    {
        const char *own = export_text(row, "grade");
        int64_t some = 0;

        if (!is_part(row))
            continue;
        if (flag_from_json(json_object_get(row, "flags"), &some, NULL) == ST_OK)
            flags |= some;
        if (own[0] > grade[0])
            grade[0] = own[0];
        if (export_is(row, "L6", "head"))
            heads_ns += export_number(row, "median_ns");
    }
    return json_pack("{s:s,s:o,s:o,s:o,s:o}", "grade", grade, "flags",
        flag_json(flags), "full_ns", json_number_or_null(full_ns), "whole_ns",
        json_number_or_null(whole_ns), "moved_rel",
        json_number_or_null(moved_rel(full_ns, whole_ns, heads_ns)));
}
