/* SPDX-License-Identifier: MIT */
#include "server/cli/validation_relay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/cli/text.h"

bool
validation_is_relay(const json_t *doc)
{
    return strcmp(
               json_get_string(json_object_get(doc, "measured"), "schema", ""),
               "offramp.relay/1") == 0;
}

/* A time, or instructions, or "-". */
static void
work_text(const json_t *p, char out[TEXT_CELL])
{
    const double ns = json_get_number(p, "own_ns");
    const double count = json_get_number(p, "instructions");

    if (isfinite(count))
        snprintf(out, TEXT_CELL, "%.0f instructions", count);
    else
        text_time(ns, out);
}

static void
share_text(const json_t *p, char out[TEXT_CELL])
{
    const double share = json_get_number(p, "share");

    if (isfinite(share))
        snprintf(out, TEXT_CELL, "%.1f %%", 100 * share);
    else
        snprintf(out, TEXT_CELL, "-");
}

static enum status
add_processor(
    const json_t *want, const json_t *is, struct buf *out, struct err *err)
{
    char reach[2][TEXT_CELL], work[2][TEXT_CELL], over[2][TEXT_CELL];

    share_text(want, reach[0]);
    share_text(is, reach[1]);
    work_text(want, work[0]);
    work_text(is, work[1]);
    text_time(json_get_number(want, "link_ns"), over[0]);
    text_time(json_get_number(is, "link_ns"), over[1]);
    return buf_addf(out, err, "| %s | %s | %s | %s | %s | %s | %s |\n",
        json_get_string(is, "name", "?"), reach[0], reach[1], work[0], work[1],
        over[0], over[1]);
}

static enum status
add_outputs(const json_t *outputs, struct buf *out, struct err *err)
{
    if (!json_is_object(outputs))
        return buf_addstr(out, "\nOutputs were not compared.\n", err);
    return buf_addf(out, err,
        "\nOutputs %s the unsplit network's: of %.0f samples %.0f left at the "
        "same exit, values are at most %.2g apart (allowed %g + %g of the "
        "value%s).\n",
        json_is_true(json_object_get(outputs, "equal")) ? "equal"
                                                        : "DIFFER from",
        json_get_number(outputs, "compared"),
        json_get_number(outputs, "same_exit"),
        json_get_number(outputs, "max_abs_diff"),
        json_get_number(outputs, "abs_tolerance"),
        json_get_number(outputs, "rel_tolerance"),
        json_is_true(json_object_get(outputs, "int8_exact"))
            ? "; none where a board computes in int8"
            : "");
}

enum status
validation_relay_text(const json_t *doc, struct buf *out, struct err *err)
{
    const json_t *m = json_object_get(doc, "measured");
    const json_t *want =
        json_object_get(json_object_get(doc, "predicted"), "processors");
    const json_t *p;
    enum status st = buf_addstr(out,
        "| processor | reached, predicted | measured | work of a sample, "
        "predicted | measured | hand-over, predicted | measured |\n| --- | --- "
        "| "
        "--- | --- | --- | --- | --- |\n",
        err);
    size_t i;

    json_array_foreach(json_object_get(m, "processors"), i, p)
    {
        if (st == ST_OK)
            st = add_processor(json_array_get(want, i), p, out, err);
    }
    return st == ST_OK ? add_outputs(json_object_get(m, "outputs"), out, err)
                       : st;
}
