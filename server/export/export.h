/* SPDX-License-Identifier: MIT */
/*
 * export.h -- one profile as a document of some dialect.
 *
 * A dialect is one file and one row of export_dialects[].  It is a function
 * from the API's own JSON to bytes: no store, no clock, no HTTP.  The table
 * is constant; any thread may write with it.
 */
#ifndef OFFRAMP_SERVER_EXPORT_EXPORT_H
#define OFFRAMP_SERVER_EXPORT_EXPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

enum { EXPORT_MAX_BYTES = 256 << 20 };

/* Everything about a profile; borrowed by the dialects. */
struct export_input {
    json_t *profile; /* as GET /v1/profiles/{id} */
    json_t *model;   /* as GET /v1/models/{id}, with its analysis */
    json_t *env;     /* {stable, volatile} */
    json_t *image;   /* a board's: offramp.image/1; NULL: it has none */
    json_t *rows;    /* as GET /v1/profiles/{id}/layers, above the grade */
    json_t *omitted; /* the rows below it */
    json_t *omitted_there; /* of an import: those it came without; or NULL */
    json_t
        *device_model; /* with which rows were derived; NULL: they were not */
    const char *min_grade; /* "A" .. "X" */
};

void export_input_clear(struct export_input *in);

struct export_dialect {
    const char *name, *media_type, *extension, *summary;
    /* Append the document.  ST_CONFLICT or ST_UNPROCESSABLE where
     * the profile lacks what this dialect cannot do without. */
    enum status (*write)(
        const struct export_input *in, struct buf *out, struct err *err);
};

extern const struct export_dialect export_dialects[]; /* ends with NULL */

/* ST_NOT_FOUND "export.format" names the formats there are. */
enum status export_find(const char *name, const struct export_dialect **out,
    struct err *err) MUST_CHECK;

enum status export_json(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_csv(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_chrome(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_costs(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_ort(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_tvm_log(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_tvm_report(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_trtexec(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_tflite(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_google_benchmark(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_model_explorer(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_nnmeter_csv(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_nnmeter_json(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_ofa(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_graph(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_fbnet(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_nni(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_partition(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_pipedream(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_axonn(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_blocks(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;
enum status export_openmetrics(
    const struct export_input *in, struct buf *out, struct err *err) MUST_CHECK;

/* The offramp.costs/1 document itself, for searches too; the caller owns
 * *out.  ST_CONFLICT "costs.incomplete" names the part that was not
 * measured. */
enum status export_costs_document(
    const struct export_input *in, json_t **out, struct err *err) MUST_CHECK;

/* Help for dialects. */

/* Append `doc` (stolen; NULL: out of memory) as indented text. */
enum status export_dump(
    json_t *doc, struct buf *out, struct err *err) MUST_CHECK;

/* The same with every digit, to be read back as the same number. */
enum status export_dump_exact(
    json_t *doc, struct buf *out, struct err *err) MUST_CHECK;

/* Was the profile made by an emulator, and so has no times?  Then no other
 * grade or level helps: ST_UNPROCESSABLE "export.unsupported". */
bool export_is_counted(const struct export_input *in);
enum status export_refuse_counted(
    const struct export_input *in, struct err *err) MUST_CHECK;

/* [{level, role, index, name, grade}, ..] of rows that are left out. */
json_t *export_omitted(const json_t *rows);

/* Is this row of that level and role? */
bool export_is(const json_t *row, const char *level, const char *role);

/* The row of that level, role and index; NULL where there is none. */
json_t *export_row(
    const json_t *rows, const char *level, const char *role, int64_t index);

/* The same for all indices below n, borrowed, in an array that the caller
 * frees: a row for each of many layers is not looked for among all rows.
 * NULL: out of memory. */
const json_t **export_by_index(
    const json_t *rows, const char *level, const char *role, size_t n);

/* A member as a number, NaN where it is null or absent; as text, "". */
double export_number(const json_t *o, const char *name);
const char *export_text(const json_t *o, const char *name);

#endif
