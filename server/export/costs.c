/* SPDX-License-Identifier: MIT */
/*
 * Simple costs (offramp.costs/1): segments and heads in every metric that is
 * known for all of them.  Latency and energy are measured; MACs are counted
 * in the graph and exact, and so are the only metric of an emulated device.
 * Where the joint files were measured, the latency of a cut is charged to the
 * exit that makes it (cut.h).
 */
#include "server/export/cut.h"
#include "server/export/export.h"

#include <math.h>
#include <string.h>

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
    const json_t *row = export_row(rows, "L5", part, index);
    const json_t *e = json_object_get(row, "energy");
    double net = export_number(e, "net_nj"), bound = export_number(e, "err_nj");

    (void)exit;
    if (!(net >= 0))
        return NULL;
    return isnan(bound)
               ? json_real(net)
               : json_pack("[f,f,f]", net, fmax(0, net - bound), net + bound);
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

            if (!json_is_object(json_object_get(exit, parts[p])))
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
    json_t *o;
    int rc = 0;

    if (!json_is_object(json_object_get(exit, part)))
        return json_null();
    o = json_object();
    for (size_t m = 0; m < METRICS; m++)
        if (use[m] != NULL)
            rc |= json_object_set_new(o, use[m]->name,
                use[m]->cost(rows, part, (int64_t)index, exit));
    if (rc == 0)
        return o;
    json_decref(o);
    return NULL;
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
    const json_t *exits =
        json_object_get(json_object_get(in->model, "analysis"), "exits");
    const char *part = "", *source;
    json_t *names = json_array(), *list = json_array();
    const json_t *exit;
    const struct metric *use[METRICS];
    size_t i = 0;
    int rc = 0;

    for (size_t m = METRICS; m-- > 0;) /* latency last: it is what is missed */
        use[m] = is_complete(&metrics[m], in->rows, exits, &i, &part)
                     ? &metrics[m]
                     : NULL;
    source = export_text(export_row(in->rows, "L6", "segment", 0), "source");
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
        rc |= json_array_append_new(
            list, json_pack("{s:s,s:o,s:o}", "name", export_text(exit, "name"),
                      "segment", part_costs(use, in->rows, "segment", i, exit),
                      "head", part_costs(use, in->rows, "head", i, exit)));
    }
    *out = json_pack("{s:s,s:s,s:s,s:o,s:o}", "schema", "offramp.costs/1",
        "device", export_text(in->profile, "device"), "source", source,
        "metrics", names, "exits", list);
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
