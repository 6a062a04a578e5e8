/* SPDX-License-Identifier: MIT */
/* diff_cause.c -- in words, what most likely makes two profiles' numbers
 * differ (diff.h): a table of rules, the strongest cause first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/flag.h"
#include "server/diff.h"

/* A member of the environment that differs, and why that matters. */
struct rule {
    const char *name, *why;
};

/* Other hardware or software: the numbers are of different things. */
static const struct rule things[] = {
    { "cpu_model", "another processor" },
    { "soc", "another chip" },
    { "board_model", "another board" },
    { "runtime", "another runtime runs other code" },
    { "runtime_version", "releases of a runtime differ in their kernels" },
    { "threads", "work is shared among another number of threads" },
    { "cores_used", "other cores do the work" },
    { "dtype", "numbers of another type" },
    { "governor", "the governor decides how fast the clock runs" },
    { "fixed_khz", "another clock frequency" },
    { "turbo", "turbo raises the clock for short times only" },
    { "smt", "sibling threads share a core's units" },
    { "memory_mhz", "memory at another speed" },
    { "cache_sizes", "other data stays in cache" },
    { "affinity_mask", "cores of one chip need not be equal" },
    { "kernel", "another kernel schedules and maps memory differently" },
    { "microcode", "microcode changes what instructions cost" },
    { "firmware_digest", "other firmware" },
    { "kernels", "other kernels compute the layers" },
    { "emulator", "another emulator, or release of it" },
    { "counter_source", "something else counted" },
    { "flash_wait_states", "code is fetched at another speed" },
    { "mcu_cache_enabled", "with and without cache" },
    { "supply_mV", "another supply voltage" },
    { "harness_digest", "another build of the probe measured it" },
    { NULL, NULL },
};

/* The same thing in another moment. */
static const struct rule moments[] = {
    { "throttle_now", "a throttled processor runs slower" },
    { "freq_min_khz", "the clock ran at another speed" },
    { "freq_max_khz", "the clock ran at another speed" },
    { "loadavg", "other work ran beside the measurement" },
    { "ctx_switches_involuntary", "the measurement was interrupted" },
    { "temp_max_c", "a hotter chip lowers its clock" },
    { "temp_start_c", "it began at another temperature" },
    { "page_faults_major", "memory was read from disk" },
    { "free_mem_kb", "little free memory means less cache for files" },
    { "clock_cost_ns", "reading the clock costs more: another clock source?" },
    { "clock_res_ns", "the clock has other steps" },
    { NULL, NULL },
};

static enum status
say(json_t *list, struct buf *b, struct err *err)
{
    int rc = json_array_append_new(list, json_string(b->data ? b->data : ""));

    buf_clear(b);
    return rc == 0 ? ST_OK : err_nomem(err);
}

enum { SENTENCE_MAX = 4096 };

static const json_t *
find(const json_t *env, const char *name)
{
    const json_t *o;
    size_t i;

    json_array_foreach(env, i, o)
    {
        if (strcmp(json_string_value(json_object_get(o, "name")), name) == 0)
            return o;
    }
    return NULL;
}

static char *
value_text(const json_t *v)
{
    return json_is_string(v) ? strdup(json_string_value(v))
                             : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT |
                                                 JSON_REAL_PRECISION(6));
}

/* "governor is powersave in A and performance in B: the governor .." */
static enum status
say_rule(json_t *list, const json_t *found, const char *why, struct err *err)
{
    char *a = value_text(json_object_get(found, "a"));
    char *b = value_text(json_object_get(found, "b"));
    struct buf text;
    enum status st;

    buf_init(&text, SENTENCE_MAX);
    st = a && b
             ? buf_addf(&text, err, "%s is %.400s in A and %.400s in B: %s",
                   json_string_value(json_object_get(found, "name")), a, b, why)
             : err_nomem(err);
    if (st == ST_OK)
        st = say(list, &text, err);
    buf_clear(&text);
    free(a);
    free(b);
    return st;
}

static enum status
say_rules(
    const struct rule *rules, const json_t *env, json_t *list, struct err *err)
{
    enum status st = ST_OK;

    for (const struct rule *r = rules; st == ST_OK && r->name != NULL; r++) {
        const json_t *found = find(env, r->name);

        if (found != NULL)
            st = say_rule(list, found, r->why, err);
    }
    return st;
}

/* Flags that lower a grade; a note (no energy sensor) moves no time. */
static enum status
say_flags(json_t *list, char side, int64_t flags, struct err *err)
{
    enum status st = ST_OK;

    for (int i = 0; st == ST_OK && i < FLAG_COUNT; i++) {
        struct buf text;

        if (!(flags >> i & 1) || flag_weight(i) == FLAG_NOTE)
            continue;
        buf_init(&text, SENTENCE_MAX);
        if ((st = buf_addf(&text, err, "only %c is flagged %s: %s", side,
                 flag_name(i), flag_text(i))) == ST_OK)
            st = say(list, &text, err);
    }
    return st;
}

/* What there is to explain. */
static enum status
say_totals(json_t *list, const struct diff_totals *t, struct err *err)
{
    struct buf text;
    enum status st;

    buf_init(&text, SENTENCE_MAX);
    if (t->compared == 0)
        st = buf_addstr(&text,
            "nothing can be compared: no row has a time, or a count, on both "
            "sides",
            err);
    else if (t->apart == 0)
        st = buf_addf(&text, err, "the profiles agree: of %zu rows the %s",
            t->compared,
            t->counted ? "counts are all equal" : "intervals all overlap");
    else
        st = buf_addf(&text, err,
            "%zu of %zu rows differ %s; B / A is %.3f in the middle", t->apart,
            t->compared,
            t->counted ? "in their counts" : "beyond both intervals", t->ratio);
    if (st == ST_OK && t->same > 0)
        st = buf_addf(&text, err,
            "; %zu rows are one measurement, copied from the cache", t->same);
    return st == ST_OK ? say(list, &text, err) : st;
}

/* The golden kernel is the same code everywhere. */
static enum status
say_sentinel(json_t *list, const struct diff_totals *t, struct err *err)
{
    static const double limit = 0.02;
    struct buf text;
    enum status st;

    if (!(fabs(t->sentinel - 1) > limit))
        return ST_OK;
    buf_init(&text, SENTENCE_MAX);
    if (t->counted)
        st = buf_addf(&text, err,
            "the golden kernel took %.3f times the instructions in B: other "
            "code ran, or another core, whatever the network",
            t->sentinel);
    else
        st = buf_addf(&text, err,
            "the golden kernel took %.3f times as long in B: the machine "
            "itself was %s, whatever the network",
            t->sentinel, t->sentinel > 1 ? "slower" : "faster");
    return st == ST_OK ? say(list, &text, err) : st;
}

static enum status
say_unexplained(
    json_t *list, size_t before, const struct diff_totals *t, struct err *err)
{
    if (t->apart == 0 || json_array_size(list) > before)
        return ST_OK;
    return json_array_append_new(list,
               json_string("no recorded condition explains it: measure both "
                           "again in one job, or look at their epochs")) == 0
               ? ST_OK
               : err_nomem(err);
}

enum status
diff_summary(const json_t *env, int64_t only_a, int64_t only_b,
    const struct diff_totals *totals, json_t **out, struct err *err)
{
    json_t *list = json_array();
    enum status st = list ? say_totals(list, totals, err) : err_nomem(err);

    if (st == ST_OK && (st = say_rules(things, env, list, err)) == ST_OK &&
        (st = say_sentinel(list, totals, err)) == ST_OK &&
        (st = say_rules(moments, env, list, err)) == ST_OK &&
        (st = say_flags(list, 'A', only_a, err)) == ST_OK &&
        (st = say_flags(list, 'B', only_b, err)) == ST_OK)
        st = say_unexplained(list, 1, totals, err);
    *out = list;
    if (st == ST_OK)
        return ST_OK;
    json_decref(list);
    *out = NULL;
    return st;
}
