/* SPDX-License-Identifier: MIT */
/*
 * Simple costs (offramp.costs/1): segments and heads in every metric that is
 * known for all of them.  Latency and energy are measured; MACs are counted
 * in the graph and exact; an emulated device has them and instructions.
 * Where the joint files were measured, the latency of a cut is charged to the
 * exit that makes it (cut.h).  What the device cannot run has no cost in any
 * metric, and its exit the reason.
 */
#include "server/export/bytes.h"
#include "server/export/cut.h"
#include "server/export/export.h"
#include "server/export/quality.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 400 };

/* [median, lo, hi], or NULL where it was not measured. */
static json_t *
latency(const json_t *rows, const char *part, int64_t index, const json_t *exit)
{
    const json_t *row = export_row(rows, "L6", part, index);
    double median = export_number(row, "median_ns");
    double lo = export_number(row, "ci95_lo_ns");
    double hi = export_number(row, "ci95_hi_ns");

    (void)exit;
    if (isnan(median))
        return NULL;
    return isnan(lo) || isnan(hi) ? json_real(median)
                                  : json_pack("[f,f,f]", median,
                                        fmin(lo, median), fmax(hi, median));
}

/* What running costs above idling, with the meter's bound around it. */
static json_t *
energy(const json_t *rows, const char *part, int64_t index, const json_t *exit)
{
    const json_t *derived = export_row(rows, "L6", part, index);
    const json_t *row = strcmp(export_text(derived, "source"), "modelled") == 0
                            ? derived
                            : export_row(rows, "L5", part, index);
    const json_t *e = json_object_get(row, "energy");
    double net = export_number(e, "net_nj"), bound = export_number(e, "err_nj");

    (void)exit;
    if (!(net >= 0))
        return NULL;
    return isnan(bound)
               ? json_real(net)
               : json_pack("[f,f,f]", net, fmax(0, net - bound), net + bound);
}

/* What an emulator counted: exact, and no time. */
static json_t *
instructions(
    const json_t *rows, const char *part, int64_t index, const json_t *exit)
{
    const json_t *row = export_row(rows, "L6", part, index);
    double n = export_number(json_object_get(row, "counters"), "instructions");

    (void)exit;
    return isnan(n) || strcmp(export_text(row, "source"), "emulated") != 0
               ? NULL
               : json_real(n);
}

static json_t *
macs(const json_t *rows, const char *part, int64_t index, const json_t *exit)
{
    json_t *n = json_object_get(json_object_get(exit, part), "macs");

    (void)rows;
    (void)index;
    return json_is_integer(n) ? json_incref(n) : NULL;
}

static const struct metric {
    const char *name;
    json_t *(*cost)(const json_t *rows, const char *part, int64_t index,
        const json_t *exit);
} metrics[] = {
    { "latency_ns", latency },
    { "energy_nj", energy },
    { "instructions", instructions },
    { "macs", macs },
};
enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

/* Instead of the first, where cuts are known. */
static json_t *
latency_less_cuts(
    const json_t *rows, const char *part, int64_t index, const json_t *exit)
{
    (void)exit;
    return cut_latency(rows, part, (size_t)index);
}
static const struct metric less_cuts = { "latency_ns", latency_less_cuts };

static const char *const parts[] = { "segment", "head" };

/* Why the device cannot run a part, or NULL. */
static const char *
lack_of(const json_t *rows, const char *part, int64_t index)
{
    const json_t *row = export_row(rows, "L6", part, index), *flag;
    const char *why = export_text(json_object_get(row, "support"), "reason");
    size_t i;

    json_array_foreach(json_object_get(row, "flags"), i, flag)
    {
        if (strcmp(json_string_value(flag), "unsupported") == 0)
            return why[0] ? why : "it cannot run there";
    }
    return NULL;
}

/* {"reason"} of an exit of which the device cannot run all. */
static json_t *
reason_json(const json_t *rows, int64_t index)
{
    const char *segment = lack_of(rows, "segment", index);
    const char *head = lack_of(rows, "head", index);
    char text[REASON_MAX];

    if (segment == NULL && head == NULL)
        return NULL;
    snprintf(text, sizeof(text), "%s%s",
        segment ? "" : "its head: ", segment ? segment : head);
    return json_string(text);
}

/* Is the metric known for every part that exists?  If not, *missing is the
 * exit and *part the part that lacks it. */
static bool
is_complete(const struct metric *m, const json_t *rows, const json_t *exits,
    size_t *missing, const char **part)
{
    for (size_t i = 0; i < json_array_size(exits); i++)
        for (size_t p = 0; p < 2; p++) {
            const json_t *exit = json_array_get(exits, i);
            json_t *cost;

            if (!json_is_object(json_object_get(exit, parts[p])) ||
                lack_of(rows, parts[p], (int64_t)i) != NULL)
                continue;
            *missing = i;
            *part = parts[p];
            if ((cost = m->cost(rows, *part, (int64_t)i, exit)) == NULL)
                return false;
            json_decref(cost);
        }
    return true;
}

/* One part in every metric that is not NULL; null for the final exit's head. */
static json_t *
part_costs(const struct metric *const *use, const json_t *rows,
    const char *part, size_t index, const json_t *exit)
{
    bool lacks = lack_of(rows, part, (int64_t)index) != NULL;
    json_t *o;
    int rc = 0;

    if (!json_is_object(json_object_get(exit, part)))
        return json_null();
    o = json_object();
    for (size_t m = 0; m < METRICS; m++)
        if (use[m] != NULL)
            rc |= json_object_set_new(o, use[m]->name,
                lacks ? json_null()
                      : use[m]->cost(rows, part, (int64_t)index, exit));
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
}

/* Is every part of the one source? */
static bool
one_source(const json_t *rows, const char *source)
{
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        bool part =
            export_is(row, "L6", "segment") || export_is(row, "L6", "head");

        if (part && strcmp(export_text(row, "source"), source) != 0)
            return false;
    }
    return true;
}

static enum status
incomplete(const struct export_input *in, size_t exit, const char *part,
    struct err *err)
{
    long long id =
        (long long)json_integer_value(json_object_get(in->profile, "id"));

    if (export_row(in->omitted, "L6", part, (int64_t)exit) != NULL)
        return err_set(err, ST_CONFLICT, "costs.incomplete",
            "profile %lld: the %s of exit %zu is below grade %s; ask for a "
            "lower min_grade, or measure again",
            id, part, exit, in->min_grade);
    return err_set(err, ST_CONFLICT, "costs.incomplete",
        "profile %lld has no latency for the %s of exit %zu; measure the "
        "model again with level L6",
        id, part, exit);
}

enum status
export_costs_document(
    const struct export_input *in, json_t **out, struct err *err)
{
    const json_t *analysis = json_object_get(in->model, "analysis");
    const json_t *exits = json_object_get(analysis, "exits");
    const char *part = "", *source;
    json_t *names = json_array(), *list = json_array(), *reason;
    const json_t *exit;
    const struct metric *use[METRICS];
    size_t i = 0;
    int rc = 0;

    for (size_t m = METRICS; m-- > 0;) /* latency last: it is what is missed */
        use[m] = is_complete(&metrics[m], in->rows, exits, &i, &part)
                     ? &metrics[m]
                     : NULL;
    source = export_text(export_row(in->rows, "L6", "segment", 0), "source");
    if (!one_source(in->rows, source)) {
        json_decref(names);
        json_decref(list);
        return err_set(err, ST_CONFLICT, "costs.mixed",
            "some of the profile's segments and heads are %s and some are "
            "not: measure all of them in one job",
            source);
    }
    if (use[0] != NULL && cut_known(in->rows, exits))
        use[0] = &less_cuts;
    if (use[0] == NULL && strcmp(source, "emulated") != 0) {
        json_decref(names);
        json_decref(list);
        return incomplete(in, i, part, err);
    }
    for (size_t m = 0; m < METRICS; m++)
        if (use[m] != NULL)
            rc |= json_array_append_new(names, json_string(metrics[m].name));
    json_array_foreach(exits, i, exit)
    {
        json_t *o = export_exit_bytes(in, i);

        rc |= json_object_set_new(
            o, "name", json_string(export_text(exit, "name")));
        rc |= json_object_set_new(
            o, "segment", part_costs(use, in->rows, "segment", i, exit));
        rc |= json_object_set_new(
            o, "head", part_costs(use, in->rows, "head", i, exit));
        if ((reason = reason_json(in->rows, (int64_t)i)) != NULL)
            rc |= json_object_set_new(o, "reason", reason);
        rc |= json_array_append_new(list, o);
    }
    *out = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "schema", "offramp.costs/1",
        "device", export_text(in->profile, "device"), "source", source,
        "quality", export_quality(in), "metrics", names, "exits", list);
    if (in->device_model != NULL && *out != NULL)
        rc |= json_object_set(*out, "model", in->device_model);
    if (rc == 0 && *out != NULL)
        return ST_OK;
    json_decref(*out);
    *out = NULL;
    return err_nomem(err);
}

enum status
export_costs(const struct export_input *in, struct buf *out, struct err *err)
{
    json_t *doc;
    enum status st = export_costs_document(in, &doc, err);

    return st == ST_OK ? export_dump(doc, out, err) : st;
}
