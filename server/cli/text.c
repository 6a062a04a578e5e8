/* SPDX-License-Identifier: MIT */
#include "server/cli/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/plain.h"

/* One entry; `key` NULL in a list. */
static enum status
add_entry(struct buf *b, const char *key, const json_t *v)
{
    const char *text = json_string_value(v), *all;

    if (key != NULL)
        return buf_addf(
            b, NULL, "%s%s=%s", b->len > 0 ? "," : "", key, text ? text : "");
    if (text == NULL)
        text = json_get_string(v, "selector", "");
    all = json_is_string(json_object_get(v, "count")) ? " (all)" : "";
    return buf_addf(b, NULL, "%s%s%s", b->len > 0 ? ", " : "", text, all);
}

char *
text_selector(const json_t *v)
{
    enum { LONGEST = 64 << 10 };
    enum status st = ST_OK;
    const char *key;
    struct buf b;
    json_t *x;
    size_t i;

    buf_init(&b, LONGEST);
    json_object_foreach((json_t *)v, key, x)
    {
        if (st == ST_OK)
            st = add_entry(&b, key, x);
    }
    json_array_foreach(v, i, x)
    {
        if (st == ST_OK)
            st = add_entry(&b, NULL, x);
    }
    if (st == ST_OK && b.len == 0)
        st = buf_addf(&b, NULL, "-");
    if (st == ST_OK)
        return b.data;
    buf_clear(&b);
    return NULL;
}

void
text_warnings(const json_t *doc)
{
    enum { MARGIN = 13, WIDTH = 66 };
    const json_t *w;
    size_t i;

    json_array_foreach(json_object_get(doc, "warnings"), i, w)
    {
        const char *at = json_get_string(w, "detail", "-");
        const char *head = "warning";

        while (*at != '\0') {
            int n = (int)strlen(at);

            if (n > WIDTH) {
                for (n = WIDTH; n > 0 && at[n] != ' '; n--)
                    ;
                n = n > 0 ? n : WIDTH;
            }
            printf("%-*s%.*s\n", MARGIN, head, n, at);
            at += n;
            at += *at == ' ';
            head = "";
        }
    }
}

struct text_table {
    const char *const *columns; /* borrowed */
    size_t n_columns, n_cells, cap;
    char **cells; /* owned, row after row */
};

static void
scaled(double x, const char *const *units, size_t n, char out[TEXT_CELL])
{
    size_t u = 0;

    if (!isfinite(x)) {
        snprintf(out, TEXT_CELL, "-");
        return;
    }
    while (fabs(x) >= 999.5 && u + 1 < n) {
        x /= 1000;
        u++;
    }
    snprintf(out, TEXT_CELL, "%.*f%s",
        fabs(x) >= 99.95   ? 0
        : fabs(x) >= 9.995 ? 1
                           : 2,
        x, units[u]);
}

void
text_time(double ns, char out[TEXT_CELL])
{
    static const char *const units[] = { " ns", " us", " ms", " s" };

    scaled(ns, units, 4, out);
}

void
text_count(double n, char out[TEXT_CELL])
{
    static const char *const units[] = { "", " k", " M", " G", " T" };

    if (isfinite(n) && fabs(n) < 1000 && n == floor(n))
        snprintf(out, TEXT_CELL, "%.0f", n);
    else
        scaled(n, units, 5, out);
}

void
text_interval(double lo, double median, double hi, char out[TEXT_CELL])
{
    if (isfinite(lo) && isfinite(hi) && median > 0)
        snprintf(out, TEXT_CELL, "+-%.1f %%", 50 * (hi - lo) / median);
    else
        snprintf(out, TEXT_CELL, "-");
}

const char *
text_markdown(const char *name, char out[TEXT_MARKDOWN])
{
    size_t n = 0;

    for (; *name != '\0' && n + 3 < TEXT_MARKDOWN; name++) {
        if (strchr("\\`*_{}[]<>()#+!|~&", *name) != NULL)
            out[n++] = '\\';
        out[n++] = (unsigned char)*name < ' ' ? ' ' : *name;
    }
    out[n] = '\0';
    plain_mend(out);
    return out;
}

struct text_table *
text_table_new(const char *const *columns)
{
    struct text_table *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->columns = columns;
    while (columns[t->n_columns] != NULL)
        t->n_columns++;
    return t;
}

void
text_table_free(struct text_table *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}

enum status
text_cell(struct text_table *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (t->n_cells == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        char **p = realloc(t->cells, cap * sizeof(*p));

        if (p == NULL)
            return ST_NOMEM;
        t->cells = p;
        t->cap = cap;
    }
    va_start(ap, fmt);
    n = vasprintf(&t->cells[t->n_cells], fmt, ap);
    va_end(ap);
    if (n < 0)
        return ST_NOMEM;
    for (char *c = t->cells[t->n_cells]; *c != '\0'; c++)
        if (strchr("\t\r\n", *c) != NULL)
            *c = ' '; /* a name stays in its cell */
    t->n_cells++;
    return ST_OK;
}

static void
print_cell(const struct text_table *t, size_t col, const char *text,
    size_t width, FILE *out)
{
    bool last = col + 1 == t->n_columns;
    const char *gap = last ? "\n" : "  ";

    if (t->columns[col][0] == '>')
        fprintf(out, "%*s%s", (int)width, text, gap);
    else if (last)
        fprintf(out, "%s\n", text);
    else
        fprintf(out, "%-*s%s", (int)width, text, gap);
}

void
text_table_print(const struct text_table *t, FILE *out)
{
    size_t *width = calloc(t->n_columns, sizeof(*width));

    for (size_t c = 0; width != NULL && c < t->n_columns; c++)
        width[c] = strlen(t->columns[c]) - (t->columns[c][0] == '>');
    for (size_t i = 0; width != NULL && i < t->n_cells; i++)
        if (strlen(t->cells[i]) > width[i % t->n_columns])
            width[i % t->n_columns] = strlen(t->cells[i]);
    for (size_t c = 0; c < t->n_columns; c++)
        print_cell(t, c, t->columns[c] + (t->columns[c][0] == '>'),
            width ? width[c] : 0, out);
    for (size_t i = 0; i < t->n_cells; i++)
        print_cell(t, i % t->n_columns, t->cells[i],
            width ? width[i % t->n_columns] : 0, out);
    free(width);
}

json_t *
text_words(const char *text)
{
    json_t *a = json_array();
    int rc = 0;

    for (size_t n; rc == 0 && a != NULL; text += n + 1) {
        n = strcspn(text, ",");
        rc = json_array_append_new(a, json_stringn(text, n));
        if (text[n] == '\0')
            break;
    }
    if (rc == 0)
        return a;
    json_decref(a);
    return NULL;
}
