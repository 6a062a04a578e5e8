/* SPDX-License-Identifier: MIT */
/*
 * layers.h -- what the dialects that list layers share: the rows of one
 * level, the layers that lack one, and the facts every document states.
 *
 * A struct export_layers borrows its rows from the export_input and owns its
 * lists.  No state, any thread.
 */
#ifndef OFFRAMP_SERVER_EXPORT_LAYERS_H
#define OFFRAMP_SERVER_EXPORT_LAYERS_H

#include "server/export/export.h"

enum export_gaps {
    GAPS_LIST,   /* the document has a place to list them */
    GAPS_REFUSE, /* its readers take a missing layer for one that costs 0 */
};

struct export_layers {
    const struct export_input *in;
    const char *level;     /* "L1" or "L2" */
    const char *statistic; /* "median", or what the dialect's field is */
    json_t *rows;          /* in the model's order; all have the statistic */
    json_t *gaps;          /* [{index, name, grade: null if not measured}] */
    double total_ns;       /* medians of the rows */
};

/*
 * Layers in the network (L1) if that was measured for at least as many of
 * them, else layers alone (L2).  The caller ends it with
 * export_layers_clear().  ST_UNPROCESSABLE "export.incomplete": nothing was
 * measured, or layers are missing and `gaps` is GAPS_REFUSE.
 */
enum status export_layers_in_situ(struct export_layers *l,
    const struct export_input *in, enum export_gaps gaps,
    struct err *err) MUST_CHECK;

/* The same, always L2: for tables that are asked about other networks. */
enum status export_layers_alone(struct export_layers *l,
    const struct export_input *in, enum export_gaps gaps,
    struct err *err) MUST_CHECK;
void export_layers_clear(struct export_layers *l);

/* What every document states, as a new object: generator, device, model,
 * profile, level, statistic, min_grade, grade, omitted; NULL: out of memory. */
json_t *export_meta(const struct export_layers *l);

/* The same as lines of text, each after `prefix` ("# "). */
enum status export_comment(const struct export_layers *l, const char *prefix,
    struct buf *out, struct err *err) MUST_CHECK;

/* `item` of every row, in a new array; NULL: out of memory. */
json_t *export_map(const struct export_layers *l,
    json_t *(*item)(const struct export_layers *l, const json_t *row));

/* `item` of every edge between layers, by their indices, in a new array;
 * NULL: out of memory. */
json_t *export_edges(
    const struct export_input *in, json_t *(*item)(int64_t from, int64_t to));

/* A member divided by `unit`; null where it was not measured. */
json_t *export_scaled(const json_t *row, const char *member, double unit);

/* A short member, such as an op's type, that stays on its line and in its
 * column: control characters become spaces, what is too long is cut. */
enum { EXPORT_WORD = 64 };
const char *export_word(
    const json_t *o, const char *member, char out[EXPORT_WORD]);

/* Text that stays on its line: control characters become spaces. */
enum status export_line_text(
    struct buf *out, const char *s, struct err *err) MUST_CHECK;

/* The row's k-th dimension of its first input or output; 0 if there is none. */
int64_t export_dim(const json_t *row, const char *shapes, size_t k);

/* The k-th number of a window's setting ("kernel"), else `fallback`. */
int64_t export_setting(
    const json_t *row, const char *name, size_t k, int64_t fallback);

/* What an element type ("f4") is called by ONNX ("float") and by numpy
 * ("float32"); itself where it is not known.  Caffe2 has a number, 0 for one
 * that it does not know. */
const char *export_type_protobuf(const char *dtype);
const char *export_type_numpy(const char *dtype);
int export_type_caffe2(const char *dtype);

/* The model's name, or its id where it has none. */
const char *export_model_name(const struct export_input *in);

#endif
