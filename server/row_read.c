/* SPDX-License-Identifier: MIT */
#include "server/row_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "server/row_field.h"

/* Longer than any run that a job's budget allows, in ns. */
static const double TIME_MAX_NS = 1e15;
static const double COUNT_MAX = 1e15;
enum { ROW_MEMBERS = 40, EPOCHS_MAX = 1 << 20, COUNTERS_MAX = 256 };

/* At which levels each role can be measured. */
#define AT(level) (1u << (level))
static const unsigned role_levels[] = {
    [ROLE_WHOLE] = AT(LEVEL_L0) | AT(LEVEL_L1) | AT(LEVEL_L4) | AT(LEVEL_L5),
    [ROLE_LAYER] = AT(LEVEL_L1) | AT(LEVEL_L2) | AT(LEVEL_L3) | AT(LEVEL_L4) |
                   AT(LEVEL_L5),
    [ROLE_SEGMENT] = AT(LEVEL_L4) | AT(LEVEL_L5) | AT(LEVEL_L6),
    [ROLE_HEAD] = AT(LEVEL_L4) | AT(LEVEL_L5) | AT(LEVEL_L6),
    [ROLE_PREFIX] = AT(LEVEL_L4) | AT(LEVEL_L5) | AT(LEVEL_L6),
    [ROLE_JOINT] = AT(LEVEL_L6),
    [ROLE_STAGE] = AT(LEVEL_L6),
    [ROLE_SENTINEL] = AT(LEVEL_L2),
    [ROLE_AA] = AT(LEVEL_L2),
    [ROLE_DISPATCH] = AT(LEVEL_L1),
};

static const char *const stop_reasons[] = { "ci_met", "max_rounds", "max_time",
    "cancelled", NULL };
static const char *const energy_methods[] = { "loop", "prefix_diff", "window",
    "modelled", NULL };

/* What the members of a row are read into before they mean something. */
struct raw {
    const char *level, *role, *name, *kernel_key, *source, *stop_reason, *grade;
    json_t *flags, *epochs, *energy, *counters;
};

static enum status
refuse(struct err *err, const char *path, const char *member, const char *why)
{
    return err_set(
        err, ST_UNPROCESSABLE, "result.row", "%s.%s %s", path, member, why);
}

static enum status
read_word(const char *path, const char *member, const char *const *words,
    const char *text, int *out, struct err *err)
{
    *out = word_find(words, text);
    return *out >= 0 ? ST_OK : refuse(err, path, member, "is no known word");
}

static enum status
read_members(const json_t *o, const char *path, struct raw *raw,
    struct measure *m, struct err *err)
{
    const struct json_field words[] = {
        { "level", JF_STR, true, &raw->level, 0, 8 },
        { "role", JF_STR, true, &raw->role, 0, 16 },
        { "index", JF_INT, true, &m->index, 0, 1e6 },
        { "name", JF_STR, true, &raw->name, 0, 1024 },
        { "kernel_key", JF_HASH, false, &raw->kernel_key, 0, 0 },
        { "source", JF_STR, true, &raw->source, 0, 16 },
        { "stop_reason", JF_STR, false, &raw->stop_reason, 0, 16 },
        { "flags", JF_ARR, true, &raw->flags, 0, 0 },
        { "grade", JF_STR, true, &raw->grade, 0, 1 },
        { "epochs_ns", JF_ARR, false, &raw->epochs, 0, 0 },
        { "energy", JF_OBJ, false, &raw->energy, 0, 0 },
        { "counters", JF_OBJ, false, &raw->counters, 0, 0 },
    };
    struct json_field all[ROW_MEMBERS];
    size_t n = sizeof(words) / sizeof(words[0]);

    memcpy(all, words, sizeof(words));
    for (const struct row_field *f = row_fields; f->name != NULL; f++) {
        all[n] = (struct json_field){ .name = f->name,
            .kind = f->kind == ROW_COUNT ? JF_INT : JF_REAL,
            .out = row_field_slot(m, f),
            .max = f->kind == ROW_COUNT ? COUNT_MAX : TIME_MAX_NS };
        if (f->kind == ROW_REAL) {
            all[n].min = -1; /* the only one is a correlation */
            all[n].max = 1;
        }
        n++;
    }
    /* Rows may grow: a newer probe has members that mean nothing here yet. */
    return json_pick(o, path, all, n, err);
}

/* Percentiles must not cross, and an interval must not be upside down. */
static enum status
check_order(const char *path, const struct measure *m, struct err *err)
{
    const struct {
        const char *name;
        double v;
    } up[] = {
        { "min_ns", m->min_ns },
        { "p10_ns", m->p10_ns },
        { "p25_ns", m->p25_ns },
        { "median_ns", m->median_ns },
        { "p75_ns", m->p75_ns },
        { "p90_ns", m->p90_ns },
        { "p99_ns", m->p99_ns },
        { "max_ns", m->max_ns },
    };
    double last = 0;

    if (m->min_ns == 0 || m->first_ns == 0)
        return refuse(err, path, m->min_ns == 0 ? "min_ns" : "first_ns",
            "is 0: nothing takes no time (missing is null)");
    for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
        if (up[i].v < last)
            return refuse(
                err, path, up[i].name, "is less than a lower percentile");
        if (!isnan(up[i].v))
            last = up[i].v;
    }
    if (isnan(m->ci95_lo_ns) != isnan(m->ci95_hi_ns) ||
        m->ci95_lo_ns > m->ci95_hi_ns)
        return refuse(
            err, path, "ci95_lo_ns", "and ci95_hi_ns are no interval");
    if (m->median_ns < m->ci95_lo_ns || m->median_ns > m->ci95_hi_ns)
        return refuse(err, path, "median_ns", "is outside of its own interval");
    if (!isnan(m->median_ns) && m->median_ns == 0)
        return refuse(err, path, "median_ns",
            "is 0: nothing takes no time (missing is null)");
    return ST_OK;
}

static enum status
check_source(const char *path, const struct measure *m, struct err *err)
{
    for (const struct row_field *f = row_fields; f->name != NULL; f++)
        if (m->source == SOURCE_EMULATED && f->kind == ROW_TIME &&
            !isnan(row_field_real(m, f)))
            return refuse(err, path, f->name,
                "must be null: an emulator gives counts, never time");
    return ST_OK;
}

static enum status
read_energy(
    const json_t *o, const char *path, struct measure *m, struct err *err)
{
    const char *method = NULL, *sensor = NULL;
    char where[96];
    const struct json_field fields[] = {
        { "gross_nj", JF_REAL, true, &m->energy_gross_nj, 0, 1e18 },
        { "idle_nj", JF_REAL, false, &m->energy_idle_nj, 0, 1e18 },
        { "net_nj", JF_REAL, false, &m->energy_net_nj, -1e18, 1e18 },
        { "err_nj", JF_REAL, false, &m->energy_err_nj, 0, 1e18 },
        { "method", JF_STR, true, &method, 0, 16 },
        { "sensor", JF_STR, true, &sensor, 0, 128 },
    };
    enum status st;
    int word;

    if (o == NULL)
        return ST_OK;
    snprintf(where, sizeof(where), "%s.energy", path);
    if ((st = JSON_READ(o, where, fields, err)) != ST_OK ||
        (st = read_word(where, "method", energy_methods, method, &word, err)) !=
            ST_OK)
        return st;
    if (strcmp(method, "modelled") == 0 && m->source != SOURCE_MODELLED)
        return refuse(err, path, "energy.method",
            "is modelled, so source must be modelled too");
    m->energy_method = (char *)method;
    m->energy_sensor = (char *)sensor;
    return ST_OK;
}

static enum status
read_counters(
    const json_t *o, const char *path, struct measure *m, struct err *err)
{
    const char *event;
    json_t *v;

    if (json_object_size(o) == 0)
        return ST_OK;
    if (json_object_size(o) > COUNTERS_MAX)
        return refuse(err, path, "counters", "has too many members");
    m->counters = calloc(json_object_size(o), sizeof(m->counters[0]));
    if (m->counters == NULL)
        return err_nomem(err);
    json_object_foreach((json_t *)o, event, v)
    {
        if (!json_is_number(v) && !json_is_null(v))
            return refuse(err, path, "counters", "must hold numbers or null");
        if (json_is_null(v))
            continue; /* missing: it gets no row in the store */
        m->counters[m->n_counters++] = (struct counter){ .event = (char *)event,
            .value = json_number_value(v) };
    }
    return ST_OK;
}

static enum status
read_epochs(
    const json_t *a, const char *path, struct row_in *out, struct err *err)
{
    size_t n = json_array_size(a);

    if (n == 0)
        return ST_OK;
    if (n > EPOCHS_MAX)
        return refuse(err, path, "epochs_ns", "has too many epochs");
    if ((out->epochs_ns = calloc(n, sizeof(double))) == NULL)
        return err_nomem(err);
    out->n_epochs = n;
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_array_get(a, i);
        double x = json_is_number(v) ? json_number_value(v) : -1;

        if (!(x >= 0 && x <= TIME_MAX_NS))
            return refuse(err, path, "epochs_ns", "must hold times in ns");
        out->epochs_ns[i] = x;
    }
    return ST_OK;
}

double
row_ci_rel(const struct measure *m)
{
    return (m->ci95_hi_ns - m->ci95_lo_ns) / (2 * m->median_ns);
}

char
row_grade(char claimed, int64_t flags, double ci_rel, bool needs_interval)
{
    char allowed = flag_grade(flags, needs_interval ? ci_rel : 0);

    return claimed > allowed ? claimed : allowed; /* 'A' < 'B' < 'C' < 'X' */
}

/* The words become what they mean. */
static enum status
read_meaning(
    const struct raw *raw, const char *path, struct measure *m, struct err *err)
{
    int level, role, source, reason;
    enum status st;

    if ((st = read_word(path, "level", level_words, raw->level, &level, err)) !=
            ST_OK ||
        (st = read_word(path, "role", role_words, raw->role, &role, err)) !=
            ST_OK ||
        (st = read_word(
             path, "source", source_words, raw->source, &source, err)) != ST_OK)
        return st;
    if (raw->stop_reason != NULL &&
        (st = read_word(path, "stop_reason", stop_reasons, raw->stop_reason,
             &reason, err)) != ST_OK)
        return st;
    if (!(role_levels[role] & AT(level)))
        return refuse(err, path, "role", "is not measured at this level");
    if (raw->grade[0] == '\0' || strchr("ABCX", raw->grade[0]) == NULL)
        return refuse(err, path, "grade", "must be A, B, C or X");
    m->level = (enum level)level;
    m->role = (enum role)role;
    m->source = (enum source)source;
    m->name = (char *)raw->name;
    m->kernel_key = (char *)raw->kernel_key;
    m->stop_reason = (char *)raw->stop_reason;
    return flag_from_json(raw->flags, &m->flags, err);
}

/* Every number starts as not measured. */
static void
forget_numbers(struct measure *m)
{
    for (const struct row_field *f = row_fields; f->name != NULL; f++)
        if (f->kind != ROW_COUNT)
            *(double *)row_field_slot(m, f) = NAN;
    m->energy_gross_nj = m->energy_idle_nj = NAN;
    m->energy_net_nj = m->energy_err_nj = NAN;
}

enum status
row_read(const json_t *o, const char *path, struct row_in *out, struct err *err)
{
    struct measure *m = &out->m;
    struct raw raw = { 0 };
    enum status st;
    bool timed;

    memset(out, 0, sizeof(*out));
    forget_numbers(m);
    if ((st = read_members(o, path, &raw, m, err)) != ST_OK ||
        (st = read_meaning(&raw, path, m, err)) != ST_OK ||
        (st = check_order(path, m, err)) != ST_OK ||
        (st = check_source(path, m, err)) != ST_OK ||
        (st = read_energy(raw.energy, path, m, err)) != ST_OK ||
        (st = read_counters(raw.counters, path, m, err)) != ST_OK ||
        (st = read_epochs(raw.epochs, path, out, err)) != ST_OK)
        return st;
    /* L4 and L5 rows carry counts and energies, which have no interval. */
    timed = m->level != LEVEL_L4 && m->level != LEVEL_L5 &&
            m->source != SOURCE_EMULATED && !(m->flags & FLAG(unsupported));
    m->grade = row_grade(raw.grade[0], m->flags, row_ci_rel(m), timed);
    return ST_OK;
}

double
row_instructions(const struct measure *m)
{
    for (size_t i = 0; i < m->n_counters; i++)
        if (strcmp(m->counters[i].event, "instructions") == 0)
            return m->counters[i].value;
    return NAN;
}

void
row_in_clear(struct row_in *r)
{
    free(r->m.counters); /* their text is borrowed */
    free(r->epochs_ns);
    memset(r, 0, sizeof(*r));
}
