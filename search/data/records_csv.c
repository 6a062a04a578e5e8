/* SPDX-License-Identifier: MIT */
/* records_csv.c -- exit records from CSV. */
#include "search/data/records.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/data/csv.h"

enum kind {
    K_SAMPLE,
    K_LABEL,
    K_SPLIT,
    K_GROUP,
    K_PRED,
    K_SCORE,
    K_SECONDS,
    K_VECTOR,
    K_FEATURE
};

/* Names of columns; those of an exit end in its number. */
static const struct {
    const char *name;
    enum kind kind;
    bool per_exit;
    enum score score; /* of K_SCORE; nothing to the others */
} names[] = {
    { "sample", K_SAMPLE, false, SCORE_MAX_PROBABILITY },
    { "label", K_LABEL, false, SCORE_MAX_PROBABILITY },
    { "split", K_SPLIT, false, SCORE_MAX_PROBABILITY },
    { "group", K_GROUP, false, SCORE_MAX_PROBABILITY },
    { "pred_", K_PRED, true, SCORE_MAX_PROBABILITY },
    { "score_", K_SCORE, true, SCORE_MAX_PROBABILITY },
    { "conf_", K_SCORE, true, SCORE_MAX_PROBABILITY },
    { "score_margin_", K_SCORE, true, SCORE_MARGIN },
    { "score_entropy_", K_SCORE, true, SCORE_ENTROPY },
    { "seconds_", K_SECONDS, true, SCORE_MAX_PROBABILITY },
    { "vector_", K_VECTOR, true, SCORE_MAX_PROBABILITY },
    { "feature_", K_FEATURE, true, SCORE_MAX_PROBABILITY },
};

enum { COLUMNS_MAX = 4 + 5 * RECORDS_EXITS_MAX };

struct column {
    enum kind kind;
    int exit;
    enum score score;
    char name[24];
};

struct reader {
    struct csv csv;
    struct column column[COLUMNS_MAX];
    int columns, exits;
    bool has[K_FEATURE + 1][RECORDS_EXITS_MAX];
    size_t room; /* rows at most */
};

static enum status
bad(const struct reader *rd, const char *what, struct err *err)
{
    size_t at = rd->csv.column - 1;

    return err_set(err, ST_INVALID, "records.csv", "line %zu, column %s: %s",
        rd->csv.line, at < (size_t)rd->columns ? rd->column[at].name : "?",
        what);
}

/* Recognise one name of the header; false if it is none. */
static bool
find_column(const char *text, struct column *c)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i].name);
        const char *digits = text + n;
        char *end;

        *c = (struct column){ .kind = names[i].kind, .score = names[i].score };
        if (!names[i].per_exit) {
            if (strcmp(text, names[i].name) == 0)
                return true;
            continue;
        }
        if (strncmp(text, names[i].name, n) != 0 || digits[0] < '0' ||
            digits[0] > '9' || (digits[0] == '0' && digits[1] != '\0') ||
            strlen(digits) > 2)
            continue;
        c->exit = (int)strtol(digits, &end, 10);
        if (*end == '\0' && c->exit < RECORDS_EXITS_MAX)
            return true;
    }
    return false;
}

static enum status
header_column(struct reader *rd, struct err *err)
{
    struct column *c = &rd->column[rd->columns];
    bool *seen;

    if (rd->columns == COLUMNS_MAX || !find_column(rd->csv.field, c))
        return err_set(err, ST_INVALID, "records.csv",
            "line 1: unknown column '%.32s'; known are sample, label, split, "
            "group, pred_K, score_K, conf_K, score_margin_K, score_entropy_K, "
            "seconds_K, vector_K, feature_K with K from 0 to %d",
            rd->csv.field, RECORDS_EXITS_MAX - 1);
    memcpy(c->name, rd->csv.field, rd->csv.len + 1);
    seen = &rd->has[c->kind][c->exit];
    if (*seen)
        return err_set(err, ST_INVALID, "records.csv",
            "line 1: column %s is there twice", c->name);
    *seen = true;
    rd->columns++;
    if (c->kind >= K_PRED && c->exit >= rd->exits)
        rd->exits = c->exit + 1;
    return ST_OK;
}

static enum status
missing(const char *name, int exit, struct err *err)
{
    if (exit < 0)
        return err_set(err, ST_INVALID, "records.csv",
            "line 1: column %s is missing", name);
    return err_set(err, ST_INVALID, "records.csv",
        "line 1: column %s%d is missing", name, exit);
}

static enum status
read_header(struct reader *rd, struct err *err)
{
    enum status st;

    do {
        if (csv_done(&rd->csv))
            break;
        if ((st = csv_next(&rd->csv, err)) != ST_OK ||
            (st = header_column(rd, err)) != ST_OK)
            return st;
    } while (!rd->csv.row_end);
    if (!rd->has[K_SAMPLE][0])
        return missing("sample", -1, err);
    if (!rd->has[K_LABEL][0])
        return missing("label", -1, err);
    if (rd->exits == 0)
        return missing("pred_", 0, err);
    for (int e = 0; e < rd->exits; e++) {
        if (!rd->has[K_PRED][e])
            return missing("pred_", e, err);
        if (!rd->has[K_SCORE][e] && e < rd->exits - 1)
            return missing("score_", e, err);
    }
    return ST_OK;
}

static enum status
read_int(const struct reader *rd, int64_t min, int64_t *out, struct err *err)
{
    const char *s = rd->csv.field;
    char *end;

    errno = 0;
    *out = strtoll(s, &end, 10);
    if (end == s || *end != '\0' || errno != 0 || s[0] == ' ' || s[0] == '+' ||
        *out < min || *out > INT32_MAX)
        return bad(rd,
            min < 0 ? "must be a class index, or -1 for unknown"
                    : "must be a class index",
            err);
    return ST_OK;
}

/* A finite decimal number; where `optional`, an empty field is NaN. */
static enum status
read_real(const struct reader *rd, bool optional, double *out, struct err *err)
{
    const char *s = rd->csv.field;
    char *end;

    *out = NAN;
    if (optional && s[0] == '\0')
        return ST_OK;
    *out = strtod(s, &end);
    if (end == s || *end != '\0' || !isfinite(*out) ||
        strspn(s, "0123456789+-.eE") != rd->csv.len)
        return bad(rd, "must be a finite number", err);
    return ST_OK;
}

/* Where a column says what its scores are, they are in 0..1: an entropy as it
 * is, larger where less is sure, would turn a search upside down. */
static enum status
read_score(const struct reader *rd, const struct column *c, double *out,
    struct err *err)
{
    enum status st = read_real(rd, c->exit == rd->exits - 1, out, err);

    if (st == ST_OK && c->score != SCORE_MAX_PROBABILITY &&
        (*out < 0 || *out > 1))
        return bad(
            rd, "must be within 0 and 1, larger where the exit is surer", err);
    return st;
}

static enum status
read_text(const struct reader *rd, char **out, struct err *err)
{
    *out = strdup(rd->csv.field);
    return *out ? ST_OK : err_nomem(err);
}

static enum status
read_vector(const struct reader *rd, struct records_vectors *b, struct err *err)
{
    struct err why = { 0 };
    enum status st = records_vectors_read(b, rd->csv.field, &why);

    return st == ST_INVALID ? bad(rd, why.text, err)
           : st != ST_OK    ? err_nomem(err)
                            : st;
}

static uint8_t
half_of(const char *word)
{
    if (strcmp(word, "cal") == 0)
        return RECORDS_CAL;
    return strcmp(word, "test") == 0 ? RECORDS_TEST : RECORDS_NEITHER;
}

/* While reading, columns are `room` apart. */
static enum status
read_field(struct reader *rd, struct records *r, size_t row, struct err *err)
{
    const struct column *c = &rd->column[rd->csv.column - 1];
    size_t cell = (size_t)c->exit * rd->room + row;

    switch (c->kind) {
    case K_SAMPLE:
        return read_text(rd, &r->sample[row], err);
    case K_GROUP:
        return read_text(rd, &r->group[row], err);
    case K_LABEL:
        return read_int(rd, -1, &r->label[row], err);
    case K_PRED:
        return read_int(rd, 0, &r->pred[cell], err);
    case K_SCORE:
        return read_score(rd, c, &r->score[cell], err);
    case K_SECONDS:
        return read_real(rd, true, &r->seconds[cell], err);
    case K_VECTOR:
        return read_vector(rd, &r->vector[c->exit], err);
    case K_FEATURE:
        return read_vector(rd, &r->feature[c->exit], err);
    case K_SPLIT:
        r->half[row] = half_of(rd->csv.field);
        break;
    }
    return ST_OK;
}

static enum status
read_row(struct reader *rd, struct records *r, size_t row, struct err *err)
{
    enum status st;

    do {
        if ((st = csv_next(&rd->csv, err)) != ST_OK)
            return st;
        if (rd->csv.column > (size_t)rd->columns ||
            (rd->csv.row_end && rd->csv.column < (size_t)rd->columns))
            return err_set(err, ST_INVALID, "records.csv",
                "line %zu: %s than the header's %d fields", rd->csv.line,
                rd->csv.column > (size_t)rd->columns ? "more" : "fewer",
                rd->columns);
        if ((st = read_field(rd, r, row, err)) != ST_OK)
            return st;
    } while (!rd->csv.row_end);
    return ST_OK;
}

static bool
has_any(const struct reader *rd, enum kind kind)
{
    for (int e = 0; e < rd->exits; e++)
        if (rd->has[kind][e])
            return true;
    return false;
}

/* Room for every row there can be, with NaN where a field may be empty. */
static enum status
make_room(const struct reader *rd, struct records *r, struct err *err)
{
    size_t cells = rd->room * (size_t)rd->exits, exits = (size_t)rd->exits;
    const bool seconds = has_any(rd, K_SECONDS),
               vectors = has_any(rd, K_VECTOR),
               features = has_any(rd, K_FEATURE);
    enum status st;

    if ((st = records_init(r, rd->room, rd->exits, err)) != ST_OK)
        return st;
    for (int i = 0; i < rd->columns; i++)
        if (rd->column[i].kind == K_SCORE)
            r->kind[rd->column[i].exit] = rd->column[i].score;
    if (rd->has[K_GROUP][0])
        r->group = calloc(rd->room + 1, sizeof(*r->group));
    if (rd->has[K_SPLIT][0])
        r->half = calloc(rd->room + 1, 1);
    if (seconds)
        r->seconds = malloc((cells + 1) * sizeof(*r->seconds));
    if (vectors)
        r->vector = calloc(exits, sizeof(*r->vector));
    if (features)
        r->feature = calloc(exits, sizeof(*r->feature));
    if ((vectors && !r->vector) || (features && !r->feature) ||
        (rd->has[K_GROUP][0] && !r->group) ||
        (rd->has[K_SPLIT][0] && !r->half) || (seconds && !r->seconds)) {
        records_clear(r);
        return err_nomem(err);
    }
    for (size_t i = 0; seconds && i < cells; i++)
        r->seconds[i] = NAN;
    for (size_t i = cells - rd->room; i < cells; i++)
        r->score[i] = NAN;
    return ST_OK;
}

/* Bring the columns from `room` to r->n apart. */
static void
close_up(struct records *r, size_t room)
{
    for (size_t e = 1; e < (size_t)r->exits; e++) {
        memmove(
            r->pred + e * r->n, r->pred + e * room, r->n * sizeof(*r->pred));
        memmove(
            r->score + e * r->n, r->score + e * room, r->n * sizeof(*r->score));
        if (r->seconds != NULL)
            memmove(r->seconds + e * r->n, r->seconds + e * room,
                r->n * sizeof(*r->seconds));
    }
}

static enum status
read_rows(struct reader *rd, struct records *r, struct err *err)
{
    size_t rows = 0;
    enum status st;

    if ((st = make_room(rd, r, err)) != ST_OK)
        return st;
    while (!csv_done(&rd->csv)) {
        if (rows == RECORDS_ROWS_MAX)
            st = err_set(err, ST_INVALID, "records.csv",
                "line %zu: more than %d rows", rd->csv.next_line,
                RECORDS_ROWS_MAX);
        else
            st = read_row(rd, r, rows++, err);
        if (st != ST_OK) {
            records_clear(r);
            return st;
        }
    }
    r->n = rows;
    close_up(r, rd->room);
    return ST_OK;
}

enum status
records_parse(
    const char *text, size_t len, struct records *out, struct err *err)
{
    struct reader *rd = calloc(1, sizeof(*rd));
    enum status st;

    *out = (struct records){ 0 };
    if (rd == NULL)
        return err_nomem(err);
    csv_init(&rd->csv, text, len);
    st = read_header(rd, err);
    if (st == ST_OK && csv_done(&rd->csv))
        st = err_set(
            err, ST_INVALID, "records.csv", "there is a header but no row");
    if (st == ST_OK) {
        rd->room = 1;
        for (const char *s = rd->csv.at; s < rd->csv.end; s++)
            rd->room += *s == '\n';
        if (rd->room > RECORDS_ROWS_MAX)
            rd->room = RECORDS_ROWS_MAX;
        st = read_rows(rd, out, err);
    }
    free(rd);
    return st;
}

enum status
records_load(const char *path, struct records *out, struct err *err)
{
    enum status st;
    char *text;
    size_t len;

    *out = (struct records){ 0 };
    if ((st = file_read(path, RECORDS_BYTES_MAX, &text, &len, err)) != ST_OK)
        return st;
    st = records_parse(text, len, out, err);
    free(text);
    return st;
}
