/* SPDX-License-Identifier: MIT */
/*
 * json.h -- the few things Jansson leaves to its user: strict parsing, strict
 * unpacking of an object by a table, and arrays of numbers.
 *
 * Values handed out by json_read() are borrowed from the object.
 */
#ifndef OFFRAMP_BASE_JSON_H
#define OFFRAMP_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/status.h"

enum json_kind {
    JF_STR,  /* const char *, without control characters (plain.h) */
    JF_INT,  /* int64_t, within min..max */
    JF_REAL, /* double (an integer is read too), within min..max */
    JF_BOOL, /* bool */
    JF_OBJ,  /* json_t * */
    JF_ARR,  /* json_t * */
    JF_ANY,  /* json_t * */
    JF_HASH, /* const char *: 64 hex digits; "sha256:" before them is skipped */
};

/* One member.  `out` keeps what it held where the member is absent or null.
 * min == max == 0 means no range; for JF_STR, `max` is the longest length. */
struct json_field {
    const char *name;
    enum json_kind kind;
    bool required;
    void *out;
    double min, max;
};

/* Parse strictly: one value, no duplicate keys, UTF-8, finite numbers.
 * ST_INVALID with code "request.json" names line and column. */
enum status json_parse(
    const char *text, size_t len, json_t **out, struct err *err) MUST_CHECK;

/*
 * Unpack object `o` by a table.  Unknown members, missing required ones and
 * wrong types are ST_INVALID (code "request.field") with the member's path
 * named; `path` is the name of `o` itself ("" at the top).
 */
enum status json_read(const json_t *o, const char *path,
    const struct json_field *fields, size_t n, struct err *err) MUST_CHECK;

/* The same, but members that the table does not name are ignored: for
 * documents that this project wrote itself and may have grown. */
enum status json_pick(const json_t *o, const char *path,
    const struct json_field *fields, size_t n, struct err *err) MUST_CHECK;

#define JSON_READ(o, path, fields, err)                                        \
    json_read(o, path, fields, sizeof(fields) / sizeof((fields)[0]), err)
#define JSON_PICK(o, path, fields, err)                                        \
    json_pick(o, path, fields, sizeof(fields) / sizeof((fields)[0]), err)

/* A number, or null where `x` is not finite: missing is null, never 0. */
json_t *json_number_or_null(double x);

/* A member of a document that is only shown: NaN, or `fallback`, where it is
 * missing or of another type. */
double json_get_number(const json_t *o, const char *name);
const char *json_get_string(
    const json_t *o, const char *name, const char *fallback);

/* [..] of integers. */
json_t *json_int_array(const int64_t *v, size_t n);

/* Read [..] of integers into `v` (room for `max`); ST_INVALID names `path`. */
enum status json_read_ints(const json_t *a, const char *path, int64_t *v,
    size_t max, size_t *n, struct err *err) MUST_CHECK;

/* The canonical text (sorted keys, compact) that is hashed; caller frees. */
char *json_canonical(const json_t *o);

/* Load and save a file; saving is durable (file_write). */
enum status json_file_load(
    const char *path, size_t max, json_t **out, struct err *err) MUST_CHECK;
enum status json_file_save(
    const char *path, const json_t *o, struct err *err) MUST_CHECK;

#endif
