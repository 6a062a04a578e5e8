/* SPDX-License-Identifier: MIT */
#include "search/data/csv.h"

#include <string.h>

#define BAD(c, err, what)                                                      \
    err_set(err, ST_INVALID, "records.csv", "line %zu, column %zu: %s",        \
        (c)->line, (c)->column, what)

void
csv_init(struct csv *c, const char *text, size_t len)
{
    *c = (struct csv){
        .at = text, .end = text + len, .next_line = 1, .row_end = true
    };
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c->at += 3;
}

bool
csv_done(const struct csv *c)
{
    return c->row_end && c->at == c->end;
}

static enum status
put(struct csv *c, char byte, struct err *err)
{
    if (byte == '\0')
        return BAD(c, err, "a NUL byte");
    if (c->len == CSV_FIELD_MAX - 1)
        return BAD(c, err, "the field is longer than 4095 bytes");
    c->field[c->len++] = byte;
    return ST_OK;
}

/* After a field: a comma, the end of the line, or the end of the text. */
static enum status
end_field(struct csv *c, struct err *err)
{
    c->field[c->len] = '\0';
    c->row_end = true;
    if (c->at == c->end)
        return ST_OK;
    if (*c->at == ',') {
        c->row_end = false;
        c->at++;
        return ST_OK;
    }
    if (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n')
        c->at++;
    if (*c->at != '\n')
        return BAD(c, err, "text after a closing quote");
    c->at++;
    c->next_line++;
    return ST_OK;
}

static enum status
quoted(struct csv *c, struct err *err)
{
    enum status st;

    for (c->at++; c->at < c->end; c->at++) {
        if (*c->at == '"' && (c->at + 1 == c->end || c->at[1] != '"')) {
            c->at++;
            return end_field(c, err);
        }
        if (*c->at == '"')
            c->at++;
        if (*c->at == '\n')
            c->next_line++;
        if ((st = put(c, *c->at, err)) != ST_OK)
            return st;
    }
    return BAD(c, err, "the quote is not closed");
}

static bool
at_line_end(const struct csv *c)
{
    return *c->at == '\n' ||
           (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n');
}

enum status
csv_next(struct csv *c, struct err *err)
{
    enum status st;

    c->column = c->row_end ? 1 : c->column + 1;
    c->line = c->next_line;
    c->len = 0;
    if (c->at < c->end && *c->at == '"')
        return quoted(c, err);
    for (; c->at < c->end && *c->at != ',' && !at_line_end(c); c->at++) {
        if (*c->at == '"')
            return BAD(c, err, "a quote inside a field that is not quoted");
        if (*c->at == '\r')
            return BAD(c, err, "a carriage return without a line feed");
        if ((st = put(c, *c->at, err)) != ST_OK)
            return st;
    }
    return end_field(c, err);
}

enum status
csv_add(struct buf *out, const char *field, struct err *err)
{
    enum status st;

    if (strpbrk(field, ",\"\r\n") == NULL)
        return buf_addstr(out, field, err);
    if ((st = buf_addstr(out, "\"", err)) != ST_OK)
        return st;
    for (const char *s = field; *s; s++) {
        st = buf_add(out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1, err);
        if (st != ST_OK)
            return st;
    }
    return buf_addstr(out, "\"", err);
}
