/* SPDX-License-Identifier: MIT */
/* diff_rows.c -- the rows of two profiles side by side (diff.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "db/measure.h"
#include "server/diff.h"
#include "server/rank_test.h"
#include "server/row_read.h"
#include "server/view.h"

enum { KEY_BYTES = 96 };

/* One row of a side, as far as it is compared: by its time, or by what an
 * emulator counted, which is exact. */
struct item {
    int64_t id, source; /* source: the row it is, or is a copy of */
    enum role role;
    bool counted;
    double value, lo, hi;
    json_t *place, *numbers; /* owned */
    char key[KEY_BYTES];     /* its partner's too; "": it has none */
};

struct side {
    struct item *item; /* owned */
    size_t n, cap;
    json_t *at;     /* owned: {key: index} */
    bool by_kernel; /* the models differ */
};

static void
write_key(const struct side *s, const struct measure *m, char key[KEY_BYTES])
{
    const char *level = level_words[m->level], *role = role_words[m->role];

    if (!s->by_kernel || m->role == ROLE_SENTINEL)
        snprintf(
            key, KEY_BYTES, "%s %s %lld", level, role, (long long)m->index);
    else if (m->kernel_key != NULL)
        snprintf(key, KEY_BYTES, "%s %s %s", level, role, m->kernel_key);
    else
        key[0] = '\0'; /* parts of different networks */
}

static json_t *
view_place(const struct measure *m)
{
    return json_pack("{s:s,s:s,s:I,s:s,s:o}", "level", level_words[m->level],
        "role", role_words[m->role], "index", (json_int_t)m->index, "name",
        m->name, "kernel_key", view_text(m->kernel_key));
}

/* What an emulator counted; NaN of any other row. */
static double
counted_of(const struct measure *m)
{
    return m->source == SOURCE_EMULATED ? row_instructions(m) : NAN;
}

static json_t *
view_numbers(const struct measure *m)
{
    return json_pack("{s:I,s:s,s:o,s:o,s:o,s:o,s:I,s:o,s:o}", "id",
        (json_int_t)m->id, "source", source_words[m->source], "median_ns",
        json_number_or_null(m->median_ns), "ci95_lo_ns",
        json_number_or_null(m->ci95_lo_ns), "ci95_hi_ns",
        json_number_or_null(m->ci95_hi_ns), "instructions",
        json_number_or_null(counted_of(m)), "n_epochs", (json_int_t)m->n_epochs,
        "grade", json_stringn(&m->grade, 1), "flags", flag_json(m->flags));
}

static enum status
add_item(const struct measure *m, void *ctx)
{
    struct side *s = ctx;
    const double count = counted_of(m);
    struct item *i;

    if (isnan(m->median_ns) && isnan(count))
        return ST_OK; /* hardware counters and energies: nothing to compare */
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct item *to = realloc(s->item, cap * sizeof(*to));

        if (to == NULL)
            return ST_NOMEM;
        s->item = to;
        s->cap = cap;
    }
    i = &s->item[s->n];
    *i = (struct item){ .id = m->id,
        .source = m->cached_from ? m->cached_from : m->id,
        .role = m->role,
        .counted = isnan(m->median_ns),
        .value = isnan(m->median_ns) ? count : m->median_ns,
        .lo = m->ci95_lo_ns,
        .hi = m->ci95_hi_ns,
        .place = view_place(m),
        .numbers = view_numbers(m) };
    s->n++;
    write_key(s, m, i->key);
    if (i->place == NULL || i->numbers == NULL ||
        (i->key[0] != '\0' && json_object_get(s->at, i->key) == NULL &&
            json_object_set_new(
                s->at, i->key, json_integer((json_int_t)s->n - 1)) < 0))
        return ST_NOMEM;
    return ST_OK;
}

static enum status
load(struct db *db, const struct profile *p, struct side *s, struct err *err)
{
    const struct measure_filter f = {
        .profile = p->id, .level = -1, .role = -1
    };
    enum status st;

    if ((s->at = json_object()) == NULL)
        return err_nomem(err);
    st = db_measure_list(db, &f, add_item, s, err);
    return st == ST_NOMEM ? err_nomem(err) : st;
}

static void
side_clear(struct side *s)
{
    for (size_t i = 0; i < s->n; i++) {
        json_decref(s->item[i].place);
        json_decref(s->item[i].numbers);
    }
    free(s->item);
    json_decref(s->at);
}

/* ---- pairs ---- */

/* Raw epochs, or none where none are kept. */
static enum status
epochs_of(
    struct db *db, int64_t id, double **epochs, size_t *n, struct err *err)
{
    enum status st = db_measure_epochs(db, id, epochs, n, NULL);

    if (st == ST_OK)
        return ST_OK;
    *epochs = NULL;
    *n = 0;
    return st == ST_NOT_FOUND
               ? ST_OK
               : err_set(err, st, NULL, "the epochs of row %lld cannot be read",
                     (long long)id);
}

static enum status
p_of(struct db *db, const struct item *a, const struct item *b, double *p,
    struct err *err)
{
    double *ea = NULL, *eb = NULL;
    size_t na, nb;
    enum status st;

    if ((st = epochs_of(db, a->id, &ea, &na, err)) == ST_OK &&
        (st = epochs_of(db, b->id, &eb, &nb, err)) == ST_OK)
        st = rank_test(ea, na, eb, nb, p, err);
    free(ea);
    free(eb);
    return st;
}

/* Is it further from one to the other than they are sure of? */
static bool
apart(const struct item *a, const struct item *b)
{
    return a->counted ? a->value != b->value : a->hi < b->lo || b->hi < a->lo;
}

/* Do the intervals overlap, are the counts equal?  Null where there are not
 * two. */
static json_t *
overlap(const struct item *a, const struct item *b)
{
    if (!a->counted && (isnan(a->lo) || isnan(b->lo)))
        return json_null();
    return json_boolean(!apart(a, b));
}

/* One row of the answer; `b` may be NULL, or `a` where only b has it. */
static enum status
add_pair(struct db *db, const struct item *a, const struct item *b,
    json_t *rows, struct err *err)
{
    const struct item *one = a ? a : b;
    bool both = a != NULL && b != NULL && a->counted == b->counted;
    double p = NAN;
    enum status st = both && !a->counted ? p_of(db, a, b, &p, err) : ST_OK;
    json_t *row;

    if (st != ST_OK)
        return st;
    row = json_pack("{s:o,s:o,s:o,s:o,s:o}", "a",
        a ? json_incref(a->numbers) : json_null(), "b",
        b ? json_incref(b->numbers) : json_null(), "ratio",
        json_number_or_null(both ? b->value / a->value : NAN), "overlap",
        both ? overlap(a, b) : json_null(), "p_value", json_number_or_null(p));
    row = view_merge(row, json_copy(one->place));
    return json_array_append_new(rows, row) == 0 ? ST_OK : err_nomem(err);
}

/* The partner in `s`, or NULL. */
static const struct item *
partner(const struct side *s, const struct item *i)
{
    const json_t *at = json_object_get(s->at, i->key);

    return at ? &s->item[json_integer_value(at)] : NULL;
}

static enum status
pair_up(struct db *db, const struct side *a, const struct side *b, json_t *rows,
    struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < a->n; i++) {
        const struct item *other = partner(b, &a->item[i]);

        st = add_pair(db, &a->item[i], other, rows, err);
    }
    /* Where kernels are matched, more rows of one kernel are no news. */
    for (size_t i = 0; st == ST_OK && i < b->n; i++)
        if (partner(a, &b->item[i]) == NULL)
            st = add_pair(db, NULL, &b->item[i], rows, err);
    return st;
}

/* ---- totals ---- */

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static enum status
add_up(const struct side *a, const struct side *b, struct diff_totals *t,
    struct err *err)
{
    double *ratio = calloc(a->n + 1, sizeof(*ratio));

    *t = (struct diff_totals){ .ratio = NAN, .sentinel = NAN, .counted = true };
    if (ratio == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < a->n; i++) {
        const struct item *x = &a->item[i], *y = partner(b, x);

        if (y == NULL || x->counted != y->counted)
            continue;
        t->counted &= x->counted;
        if (x->role == ROLE_SENTINEL) {
            if (apart(x, y) && isnan(t->sentinel))
                t->sentinel = y->value / x->value;
            continue; /* tells of the machine, not of the network */
        }
        ratio[t->compared++] = y->value / x->value;
        t->apart += apart(x, y);
        t->same += x->source == y->source;
    }
    qsort(ratio, t->compared, sizeof(*ratio), by_size);
    if (t->compared > 0)
        t->ratio = (ratio[(t->compared - 1) / 2] + ratio[t->compared / 2]) / 2;
    free(ratio);
    return ST_OK;
}

enum status
diff_rows(struct db *db, const struct profile *a, const struct profile *b,
    json_t **rows, struct diff_totals *totals, struct err *err)
{
    bool by_kernel = strcmp(a->model, b->model) != 0;
    struct side sa = { .by_kernel = by_kernel },
                sb = { .by_kernel = by_kernel };
    json_t *list = json_array();
    enum status st = list ? ST_OK : err_nomem(err);

    *rows = NULL;
    if (st == ST_OK && (st = load(db, a, &sa, err)) == ST_OK &&
        (st = load(db, b, &sb, err)) == ST_OK &&
        (st = pair_up(db, &sa, &sb, list, err)) == ST_OK)
        st = add_up(&sa, &sb, totals, err);
    side_clear(&sa);
    side_clear(&sb);
    if (st == ST_OK)
        *rows = list;
    else
        json_decref(list);
    return st;
}
