/* SPDX-License-Identifier: MIT */
#include "probes/meters/said.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double TIME_MAX_US = 1e15, VALUE_MAX = 1e12;

/* ---- words and numbers ---- */

/* The next word of *at, copied; false at the end or where it is too long. */
static bool
next_word(const char **at, char *out, size_t cap)
{
    size_t n;

    *at += strspn(*at, " \t");
    n = strcspn(*at, " \t");
    if (n == 0 || n >= cap)
        return false;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n;
    return true;
}

/* A plain decimal number: no hex, no infinity. */
static bool
to_number(const char *text, double lo, double hi, double *out)
{
    char *end;

    if (text[0] == '\0' || text[strspn(text, "0123456789.+-eE")] != '\0')
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && *out >= lo && *out <= hi;
}

static bool
next_number(const char **at, double lo, double hi, double *out)
{
    char word[64];

    return next_word(at, word, sizeof(word)) && to_number(word, lo, hi, out);
}

static bool
at_end(const char *at)
{
    return at[strspn(at, " \t")] == '\0';
}

/* ---- the first line ---- */

static const char *const kinds[SAID_KINDS] = {
    [SAID_POWER] = "power", [SAID_IV] = "iv", [SAID_ENERGY] = "energy"
};

/* What may stand there, and what holds where it does not (NaN: it must). */
static const struct key {
    const char *name;
    size_t at;
    double lo, hi, otherwise;
} keys[] = {
#define KEY(name, lo, hi, otherwise)                                           \
    {                                                                          \
#name, offsetof(struct said_meter, name), lo, hi, otherwise            \
    }
    KEY(period_us, 1, 1e7, NAN),
    KEY(quantum, 0, 1e6, NAN),
    KEY(gain, 0, 1, NAN),
    KEY(offset_w, 0, 1e6, 0),
    KEY(range_j, 0, VALUE_MAX, 0),
    KEY(window_ms, 0, 1e6, 0),
    KEY(latency_ms, 0, 1e4, 50),
    KEY(drift_ppm, 0, 1e4, 100),
    KEY(marks, 0, 1, 0),
#undef KEY
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static double *
number_of(struct said_meter *m, const struct key *k)
{
    return (double *)((char *)m + k->at);
}

static enum status
bad(struct err *err, const char *word, const char *why)
{
    return err_set(err, ST_INVALID, "meter.header",
        "the meter's first line: '%.60s' %s (probes/meters/README.md)", word,
        why);
}

static enum status
read_kind(struct said_meter *m, const char *value, struct err *err)
{
    for (int k = 0; k < SAID_KINDS; k++)
        if (strcmp(value, kinds[k]) == 0) {
            m->kind = (enum said_kind)k;
            return ST_OK;
        }
    return bad(err, value, "is no kind: power, iv or energy");
}

static enum status
read_pair(struct said_meter *m, char *word, bool *kind, struct err *err)
{
    char *value = strchr(word, '=');

    if (value == NULL)
        return bad(err, word, "is not KEY=VALUE");
    *value++ = '\0';
    if (strcmp(word, "kind") == 0) {
        *kind = true;
        return read_kind(m, value, err);
    }
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(word, keys[i].name) == 0)
            return to_number(
                       value, keys[i].lo, keys[i].hi, number_of(m, &keys[i]))
                       ? ST_OK
                       : bad(err, word, "has no number that it can have");
    return ST_OK; /* of a later version */
}

enum status
said_meter_read(struct said_meter *m, const char *line, struct err *err)
{
    char word[SAID_LINE];
    enum status st = ST_OK;
    bool kind = false;

    *m = (struct said_meter){ 0 };
    for (size_t i = 0; i < KEYS; i++)
        *number_of(m, &keys[i]) = keys[i].otherwise;
    if (!next_word(&line, word, sizeof(word)) || strcmp(word, "meter") != 0)
        return bad(err, line, "does not begin with 'meter'");
    if (!next_word(&line, m->name, sizeof(m->name)) ||
        strchr(m->name, '=') != NULL)
        return bad(err, line, "has no name of at most 47 bytes");
    while (st == ST_OK && next_word(&line, word, sizeof(word)))
        st = read_pair(m, word, &kind, err);
    if (st == ST_OK && !kind)
        st = bad(err, "kind", "is missing");
    for (size_t i = 0; st == ST_OK && i < KEYS; i++)
        if (isnan(*number_of(m, &keys[i])))
            st = bad(err, keys[i].name, "is missing");
    return st;
}

/* ---- the others ---- */

static bool
read_sample(const struct said_meter *m, const char *at, struct said *s)
{
    double amps = 1;

    s->what = SAID_SAMPLE;
    if (!next_number(&at, -VALUE_MAX, VALUE_MAX, &s->value))
        return false;
    if (m->kind == SAID_IV && !next_number(&at, -1e6, 1e6, &amps))
        return false;
    s->value *= amps;
    return at_end(at);
}

static bool
read_mark(const char *at, struct said *s)
{
    double level;

    s->what = SAID_MARK;
    if (!next_number(&at, 0, 1, &level) || (level != 0 && level != 1))
        return false;
    s->high = level != 0;
    return at_end(at);
}

/* "s T ..", "m T ..": what happened at a time. */
static bool
read_event(
    const struct said_meter *m, char letter, const char *at, struct said *s)
{
    double t_us;

    if (!next_number(&at, 0, TIME_MAX_US, &t_us))
        return false;
    s->t_ns = (int64_t)llround(t_us * 1000);
    return letter == 's' ? read_sample(m, at, s) : read_mark(at, s);
}

static bool
read_drops(const char *at, struct said *s)
{
    double n;

    s->what = SAID_DROPS;
    if (!next_number(&at, 0, 1e9, &n))
        return false;
    s->drops = (uint64_t)n;
    return at_end(at);
}

struct said
said_read(const struct said_meter *m, const char *line)
{
    struct said s = { .what = SAID_NOTHING };
    const char *at = line;
    char word[8];
    bool good = true;

    if (at_end(line) || line[0] == '#')
        return s;
    if (!next_word(&at, word, sizeof(word)))
        good = false;
    else if (strcmp(word, "s") == 0 || strcmp(word, "m") == 0)
        good = read_event(m, word[0], at, &s);
    else if (strcmp(word, "d") == 0)
        good = read_drops(at, &s);
    else
        good = strcmp(word, "meter") == 0;
    return good ? s : (struct said){ .what = SAID_GARBAGE };
}
