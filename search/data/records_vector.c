/* SPDX-License-Identifier: MIT */
#include "search/data/records_vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum status
grow(struct records_vectors *b, struct err *err)
{
    size_t room = b->room ? 2 * b->room : 256;
    float *v = realloc(b->v, room * b->dims * sizeof(*v));

    if (v == NULL)
        return err_nomem(err);
    b->v = v;
    b->room = room;
    return ST_OK;
}

/* Numbers of `text` into `v`; how many, or -1 where one is none. */
static int
scan(const char *text, float v[RECORDS_VECTOR_MAX])
{
    const char *at = text;
    char *end;
    int n = 0;

    if (strspn(text, "0123456789+-.eE ") != strlen(text))
        return -1;
    while (*at != '\0') {
        double x = strtod(at, &end);

        if (end == at || *at == ' ' || (*end != ' ' && *end != '\0') ||
            !isfinite(x) || fabs(x) > 1e30 || n == RECORDS_VECTOR_MAX)
            return -1;
        v[n++] = (float)x;
        at = *end == ' ' ? end + 1 : end;
    }
    return n;
}

enum status
records_vectors_add(
    struct records_vectors *b, const float *v, size_t n, struct err *err)
{
    enum status st;

    b->dims = n;
    if (b->rows == b->room && (st = grow(b, err)) != ST_OK)
        return st;
    memcpy(b->v + b->rows * n, v, n * sizeof(*v));
    b->rows++;
    return ST_OK;
}

enum status
records_vectors_read(
    struct records_vectors *b, const char *text, struct err *err)
{
    float v[RECORDS_VECTOR_MAX];
    int n = scan(text, v);

    if (n < 1)
        return err_set(err, ST_INVALID, "records.csv",
            "must be 1 to %d finite numbers with a space between them",
            RECORDS_VECTOR_MAX);
    if (b->rows > 0 && (size_t)n != b->dims)
        return err_set(err, ST_INVALID, "records.csv",
            "has %d numbers where the rows before have %zu", n, b->dims);
    return records_vectors_add(b, v, (size_t)n, err);
}

enum status
records_vectors_write(
    const struct records_vectors *b, size_t i, struct buf *out, struct err *err)
{
    enum status st = ST_OK;

    /* nine digits tell every float32 from its neighbours */
    for (size_t d = 0; st == ST_OK && d < b->dims; d++)
        st = buf_addf(
            out, err, "%s%.9g", d ? " " : "", (double)b->v[i * b->dims + d]);
    return st;
}

void
records_vectors_free(struct records_vectors *b, int n)
{
    for (int i = 0; b != NULL && i < n; i++)
        free(b[i].v);
    free(b);
}
