/* SPDX-License-Identifier: MIT */
/*
 * graph.h -- layers, times and tensors of one device (offramp.graph/1), and
 * what `offramp partition` makes of several of them.
 *
 * A `struct graph` belongs to its caller, who ends it with graph_clear().
 */
#ifndef OFFRAMP_DATA_GRAPH_H
#define OFFRAMP_DATA_GRAPH_H

#include "base/json.h"
#include "base/status.h"
#include "search/partition/dag.h"

struct graph {
    char *device;             /* owned */
    char **name;              /* owned, [n] */
    int64_t *time_ps, *bytes; /* owned, [n] */
    int32_t *reads;           /* owned: of all layers in turn */
    size_t *first_read;       /* owned, [n + 1]: where a layer's reads begin */
    size_t n;
    int64_t input_bytes;
};

/* ST_INVALID (code "partition.graph") names the member. */
enum status graph_read(
    const json_t *doc, struct graph *out, struct err *err) MUST_CHECK;
enum status graph_load(
    const char *path, struct graph *out, struct err *err) MUST_CHECK;
void graph_clear(struct graph *g);

/* Are they of one network?  ST_UNPROCESSABLE names the layer that differs. */
enum status graph_same(
    const struct graph *a, const struct graph *b, struct err *err) MUST_CHECK;

/* The link between two devices, as its user gives it, or as it was
 * measured. */
struct graph_link {
    double base_ms;
    double bytes_per_s;
    int64_t measured; /* the measurement's number; 0: it was given */
};

/* ST_INVALID (code "partition.link") for a rate that is zero, negative or
 * infinite, or a base that is negative. */
enum status graph_link_ps(const struct graph_link *l, struct dag_link *out,
    struct err *err) MUST_CHECK;

/*
 * What to do, as a document (offramp.partition/1) that the caller owns:
 * `light` (least latency) and `heavy` (most samples a second) of two devices,
 * `rates` (a table over the link's rate, from bytes_per_s up), and `pipeline`
 * over all devices in their order.  The graphs are of one network.
 */
enum status graph_light(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err) MUST_CHECK;
enum status graph_heavy(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err) MUST_CHECK;
enum status graph_rates(const struct graph *a, const struct graph *b,
    const struct graph_link *l, json_t **out, struct err *err) MUST_CHECK;
enum status graph_pipeline(const struct graph *g, size_t n,
    const struct graph_link *l, json_t **out, struct err *err) MUST_CHECK;

/* Rates that a link had one after the other. */
struct graph_seen {
    const double *bytes_per_s; /* [n]; borrowed */
    size_t n;
    double slack; /* 0.05: stay with a cut while it is 5 % worse at most */
};

/* As graph_rates(), and what the table with hysteresis does: "choices",
 * [{bytes_per_s, row, latency_ns, best_ns}], and "changes".  ST_INVALID
 * ("partition.link") names a rate that is none, or below the table's. */
enum status graph_rates_seen(const struct graph *a, const struct graph *b,
    const struct graph_link *l, const struct graph_seen *seen, json_t **out,
    struct err *err) MUST_CHECK;

/* A way of sending besides the plain one, as measured. */
struct graph_way {
    double ratio;                /* of the bytes that go over, above 0 */
    double encode_ns, decode_ns; /* for each byte of the tensor */
};

/* As graph_pipeline(), each tensor sent plainly or in one of `ways`. */
enum status graph_pipeline_ways(const struct graph *g, size_t n,
    const struct graph_link *l, const struct graph_way *way, size_t ways,
    json_t **out, struct err *err) MUST_CHECK;

/* As graph_pipeline_ways(), or in one of the ways that an edge was measured in
 * (graph_coded.h; NULL: none).  "ways" lists them all with their source:
 * plain, typed, measured; a stage's "coding" tells what was chosen. */
struct graph_coded;
enum status graph_pipeline_coded(const struct graph *g, size_t n,
    const struct graph_link *l, const struct graph_way *way, size_t ways,
    const struct graph_coded *coded, json_t **out, struct err *err) MUST_CHECK;

#endif
