/* SPDX-License-Identifier: MIT */
#include "search/data/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static const struct {
    const char *name, *descr;
    size_t bytes;
} types[NPY_TYPE_COUNT] = {
    [NPY_F4] = { "f4", "<f4", 4 },
    [NPY_F2] = { "f2", "<f2", 2 },
    [NPY_U1] = { "u1", "|u1", 1 },
    [NPY_I1] = { "i1", "|i1", 1 },
    [NPY_I2] = { "i2", "<i2", 2 },
    [NPY_I4] = { "i4", "<i4", 4 },
    [NPY_I8] = { "i8", "<i8", 8 },
};

enum { HEADER_MAX = 1 << 16 };

static const char magic[6] = "\x93NUMPY";

const char *
npy_type_name(enum npy_type t)
{
    return types[t].name;
}

/* Every refusal: which file, what is wrong. */
static enum status PRINTF_LIKE(3, 4)
    refuse(struct err *err, const char *field, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(err, ST_UNPROCESSABLE, "dataset.npy", "%s: %s", field, text);
}

/* ---- the header: a Python dictionary of exactly three members ---- */

struct header {
    const char *at; /* what is still to be read */
    const char *field;
    struct npy *out;
    unsigned seen; /* bit k: member k of members[] */
};

static bool
skip(struct header *h, char c)
{
    h->at += strspn(h->at, " ");
    if (*h->at != c)
        return false;
    h->at++;
    return true;
}

/* 'text' without its quotes; NULL where there is none. */
static const char *
quoted(struct header *h, size_t *len)
{
    const char *text;

    if (!skip(h, '\''))
        return NULL;
    text = h->at;
    *len = strcspn(text, "'");
    h->at += *len;
    return skip(h, '\'') ? text : NULL;
}

static enum status
read_type(struct header *h, struct err *err)
{
    size_t n = 0;
    const char *v = quoted(h, &n);

    if (v == NULL)
        return refuse(err, h->field, "no plain element type in its header");
    for (int t = 0; t < NPY_TYPE_COUNT; t++)
        if (n == 3 && strncmp(v, types[t].descr, 3) == 0) {
            h->out->type = (enum npy_type)t;
            return ST_OK;
        }
    return refuse(err, h->field,
        "element type '%.*s' is not read (use float32, float16, uint8, int8, "
        "int16, int32 or int64, little endian)",
        n > 16 ? 16 : (int)n, v);
}

static enum status
read_order(struct header *h, struct err *err)
{
    h->at += strspn(h->at, " ");
    if (strncmp(h->at, "False", 5) != 0)
        return refuse(
            err, h->field, "not in C order (save np.ascontiguousarray(x))");
    h->at += 5;
    return ST_OK;
}

/* (), (3,) or (3, 4): a comma after each but, where there are several, the
 * last. */
static enum status
read_shape(struct header *h, struct err *err)
{
    struct npy *a = h->out;
    bool more = true;

    if (!skip(h, '('))
        return refuse(err, h->field, "no shape in its header");
    while (!skip(h, ')')) {
        char *end;

        h->at += strspn(h->at, " ");
        if (!more || *h->at < '0' || *h->at > '9')
            return refuse(err, h->field, "a shape that cannot be read");
        if (a->rank == NPY_RANK)
            return refuse(err, h->field, "more than %d dimensions", NPY_RANK);
        errno = 0;
        a->dims[a->rank++] = strtoll(h->at, &end, 10);
        if (errno != 0)
            return refuse(err, h->field, "its shape is larger than memory");
        h->at = end;
        more = skip(h, ',');
    }
    if (a->rank == 0)
        return refuse(err, h->field, "a single number has no rows");
    return ST_OK;
}

static const struct {
    const char *name;
    enum status (*read)(struct header *h, struct err *err);
} members[] = {
    { "descr", read_type },
    { "fortran_order", read_order },
    { "shape", read_shape },
};

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

static enum status
read_member(struct header *h, struct err *err)
{
    size_t len = 0;
    const char *name = quoted(h, &len);

    for (unsigned k = 0; name != NULL && k < MEMBERS; k++) {
        if (strlen(members[k].name) != len ||
            strncmp(members[k].name, name, len) != 0)
            continue;
        if (h->seen & 1u << k || !skip(h, ':'))
            break;
        h->seen |= 1u << k;
        return members[k].read(h, err);
    }
    return refuse(err, h->field, "a header that cannot be read");
}

static enum status
read_members(struct header *h, struct err *err)
{
    bool more = skip(h, '{');
    enum status st;

    if (!more)
        return refuse(err, h->field, "a header that cannot be read");
    while (!skip(h, '}')) {
        if (!more)
            return refuse(err, h->field, "a header that cannot be read");
        if ((st = read_member(h, err)) != ST_OK)
            return st;
        more = skip(h, ',');
    }
    h->at += strspn(h->at, " \n");
    if (h->seen != (1u << MEMBERS) - 1 || *h->at != '\0')
        return refuse(err, h->field, "a header that cannot be read");
    return ST_OK;
}

/* The product of the dimensions must be what the file holds. */
static enum status
check_size(struct npy *a, size_t bytes, const char *field, struct err *err)
{
    size_t row = 1, total;

    for (size_t i = 1; i < a->rank; i++)
        if (__builtin_mul_overflow(row, (size_t)a->dims[i], &row))
            return refuse(err, field, "its shape is larger than memory");
    if (__builtin_mul_overflow(row, (size_t)a->dims[0], &total) ||
        __builtin_mul_overflow(total, types[a->type].bytes, &total))
        return refuse(err, field, "its shape is larger than memory");
    if (total != bytes)
        return refuse(err, field,
            "its shape needs %zu bytes of data, the file has %zu", total,
            bytes);
    if (total == 0)
        return refuse(err, field, "no rows");
    a->row_elements = row;
    return ST_OK;
}

static enum status
read_header(struct npy *a, const char *field, struct err *err)
{
    const unsigned char *p = a->map;
    struct header h = { .field = field, .out = a };
    size_t head, len;
    char *text;
    enum status st;

    if (a->map_bytes < 12 || memcmp(p, magic, sizeof(magic)) != 0)
        return refuse(err, field, "not an .npy file");
    if (p[6] < 1 || p[6] > 3)
        return refuse(err, field, "version %d.%d is not read", p[6], p[7]);
    head = p[6] == 1 ? 10 : 12;
    len = (size_t)p[8] | (size_t)p[9] << 8;
    if (p[6] > 1)
        len |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (len > a->map_bytes - head)
        return refuse(err, field, "cut off within its header");
    if (len > HEADER_MAX)
        return refuse(err, field, "a header of over %d bytes", HEADER_MAX);
    if ((text = strndup((const char *)p + head, len)) == NULL)
        return err_nomem(err);
    h.at = text;
    if (strlen(text) != len) /* a NUL would hide what follows */
        st = refuse(err, field, "a header that cannot be read");
    else if ((st = read_members(&h, err)) == ST_OK)
        st = check_size(a, a->map_bytes - head - len, field, err);
    free(text);
    a->data = p + head + len;
    return st;
}

enum status
npy_open(struct npy *out, const char *path, const char *field, struct err *err)
{
    struct stat sb;
    enum status st = ST_OK;
    int fd;

    *out = (struct npy){ 0 };
    if ((st = file_open(path, &fd, err)) != ST_OK)
        return st;
    if (fstat(fd, &sb) < 0) {
        st = err_errno(err, path);
    } else if (sb.st_size == 0) {
        st = refuse(err, field, "an empty file");
    } else {
        out->map_bytes = (size_t)sb.st_size;
        out->map = mmap(NULL, out->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (out->map == MAP_FAILED) {
            out->map = NULL;
            st = err_errno(err, path);
        }
    }
    close(fd);
    if (st == ST_OK)
        st = read_header(out, field, err);
    if (st != ST_OK)
        npy_close(out);
    return st;
}

void
npy_close(struct npy *a)
{
    if (a->map != NULL)
        munmap(a->map, a->map_bytes);
    *a = (struct npy){ 0 };
}

static uint64_t
load(const struct npy *a, size_t i)
{
    const unsigned char *p = a->data + i * types[a->type].bytes;
    uint64_t v = 0;

    for (size_t k = types[a->type].bytes; k > 0; k--)
        v = v << 8 | p[k - 1];
    return v;
}

/* IEEE half precision. */
static float
half_float(uint64_t h)
{
    int exponent = (int)(h >> 10 & 31), fraction = (int)(h & 1023);
    float x;

    if (exponent == 31)
        x = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        x = ldexpf((float)fraction, -24);
    else
        x = ldexpf((float)(1024 + fraction), exponent - 25);
    return h >> 15 ? -x : x;
}

int64_t
npy_int(const struct npy *a, size_t i)
{
    uint64_t v = load(a, i);

    switch (a->type) {
    case NPY_I1:
        return (int8_t)v;
    case NPY_I2:
        return (int16_t)v;
    case NPY_I4:
        return (int32_t)v;
    default:
        return (int64_t)v;
    }
}

void
npy_row(const struct npy *a, size_t row, float *out)
{
    size_t first = row * a->row_elements;

    for (size_t i = 0; i < a->row_elements; i++) {
        if (a->type == NPY_F4) {
            uint32_t bits = (uint32_t)load(a, first + i);

            memcpy(&out[i], &bits, sizeof(bits));
        } else if (a->type == NPY_F2) {
            out[i] = half_float(load(a, first + i));
        } else {
            out[i] = (float)npy_int(a, first + i);
        }
    }
}
