/* SPDX-License-Identifier: MIT */
#include "search/data/graph_jobs.h"

#include <stdlib.h>

#include "search/partition/flowshop.h"

#define BAD(err, ...) err_set(err, ST_INVALID, "partition.jobs", __VA_ARGS__)

enum { TRIES = 5000000 };

/* Sending what layers from `cut` on read of what comes before. */
static int64_t
crossing_ps(const struct graph *g, size_t cut, const struct dag_link *l)
{
    int64_t sum = 0;

    for (int32_t t = DAG_INPUT; t < (int32_t)cut; t++) {
        bool read = false;

        for (size_t k = g->first_read[cut]; k < g->first_read[g->n]; k++)
            read = read || g->reads[k] == t;
        if (read)
            sum += l->base_ps +
                   (t == DAG_INPUT ? g->input_bytes : g->bytes[t]) * l->byte_ps;
    }
    return sum;
}

/* Every cut that no other beats on both machines, from all sent to nothing
 * sent; how many.  `layers` tells how many layers each runs on the device. */
static size_t
useful_cuts(const struct graph *g, const struct dag_link *link,
    struct flowshop_cut *cut, size_t *layers)
{
    int64_t device = 0;
    size_t n = 0;

    for (size_t c = 0; c <= g->n; c++) {
        struct flowshop_cut x = { device,
            c < g->n ? crossing_ps(g, c, link) : 0 };

        while (n > 0 && cut[n - 1].device_ps == x.device_ps &&
               cut[n - 1].link_ps >= x.link_ps)
            n--;
        if (n == 0 || x.link_ps < cut[n - 1].link_ps) {
            cut[n] = x;
            layers[n++] = c;
        }
        device += c < g->n ? g->time_ps[c] : 0;
    }
    return n;
}

static double
alone_ns(const struct graph *g)
{
    double ns = 0;

    for (size_t i = 0; i < g->n; i++)
        ns += (double)g->time_ps[i] / 1e3;
    return ns;
}

static json_t *
jobs_json(const struct graph *g, const struct graph_link *l,
    const struct flowshop_plan *plan, const size_t *layers, int64_t jobs,
    int64_t all_ps)
{
    json_t *cuts = json_array();
    double sent = (double)all_ps;

    for (int64_t k = 0; cuts != NULL && k < jobs; k++)
        (void)json_array_append_new(
            cuts, json_integer((json_int_t)layers[plan->cut[plan->order[k]]]));
    return json_pack("{s:s,s:s,s:s,s:I,s:s,s:o,s:f,s:f,s:f,s:f,s:f}", "schema",
        "offramp.partition/1", "plan", "jobs", "first", g->device, "jobs",
        (json_int_t)jobs, "status", plan->proved ? "optimal" : "feasible",
        "cuts", cuts, "makespan_ns", (double)plan->makespan_ps / 1e3,
        "bound_ns", (double)plan->bound_ps / 1e3, "alone_ns",
        (double)jobs * alone_ns(g), "sent_ns", (double)jobs * sent / 1e3,
        "bytes_per_s", l->bytes_per_s);
}

enum status
graph_jobs(const struct graph *g, const struct graph_link *l, int64_t jobs,
    json_t **out, struct err *err)
{
    struct flowshop_job job[FLOWSHOP_JOBS_MAX];
    struct flowshop_plan plan;
    struct flowshop_cut *cut;
    struct dag_link link;
    size_t *layers, n;
    enum status st = graph_link_ps(l, &link, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    if (jobs < 1 || jobs > FLOWSHOP_JOBS_MAX)
        return BAD(err, "%lld samples at once: give 1 to %d", (long long)jobs,
            FLOWSHOP_JOBS_MAX);
    cut = calloc(g->n + 1, sizeof(*cut));
    layers = calloc(g->n + 1, sizeof(*layers));
    if (cut == NULL || layers == NULL) {
        st = err_nomem(err);
    } else {
        n = useful_cuts(g, &link, cut, layers);
        for (int64_t k = 0; k < jobs; k++)
            job[k] = (struct flowshop_job){ cut, n };
        st = flowshop_solve(job, (size_t)jobs, TRIES, &plan, err);
    }
    if (st == ST_OK && (*out = jobs_json(g, l, &plan, layers, jobs,
                            crossing_ps(g, 0, &link))) == NULL)
        st = err_nomem(err);
    free(cut);
    free(layers);
    return st;
}
