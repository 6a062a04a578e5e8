/* SPDX-License-Identifier: MIT */
#include "search/data/limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The exit that a name, or an index as a number or in digits, stands for. */
static enum status
find_exit(const struct costs *c, const char *name, long long index, int *out,
    struct err *err)
{
    char *end = NULL;

    for (int e = 0; name != NULL && e < c->exits; e++)
        if (strcmp(c->exit[e].name, name) == 0) {
            *out = e;
            return ST_OK;
        }
    if (name != NULL) {
        index = strtoll(name, &end, 10);
        if (end == name || *end != '\0')
            return err_set(err, ST_INVALID, "search.exit",
                "there is no exit '%.64s'; the first is %s", name,
                c->exit[0].name);
    }
    if (index < 0 || index >= c->exits)
        return err_set(err, ST_INVALID, "search.exit",
            "there is no exit %lld: the exits are 0 to %d", index,
            c->exits - 1);
    *out = (int)index;
    return ST_OK;
}

static enum status
check_list(const json_t *list, const char *member, struct err *err)
{
    const json_t *v;
    size_t i;

    if (list != NULL &&
        (!json_is_array(list) || json_array_size(list) > COSTS_EXITS_MAX))
        return err_set(err, ST_INVALID, "search.exit",
            "%s must be an array of at most %d exits", member, COSTS_EXITS_MAX);
    json_array_foreach(list, i, v)
    {
        if (!json_is_string(v) && !json_is_integer(v))
            return err_set(err, ST_INVALID, "search.exit",
                "%s[%zu] must be an exit's name or index", member, i);
    }
    return ST_OK;
}

static enum status
check_share(const json_t *v, const char *exit, struct err *err)
{
    double x = json_is_number(v) ? json_number_value(v) : NAN;

    if (x >= 0 && x <= 1)
        return ST_OK;
    return err_set(err, ST_INVALID, "search.exit",
        "min_exit_accuracy%s%.64s must be a number within 0 and 1",
        *exit ? " of " : "", exit);
}

enum status
limits_check(const struct exit_limits *l, struct err *err)
{
    json_t *all = (json_t *)l->accuracy; /* jansson's loop wants it so */
    const char *name;
    json_t *v;
    enum status st;

    if ((st = check_list(l->keep, "keep", err)) != ST_OK ||
        (st = check_list(l->without, "without", err)) != ST_OK || all == NULL)
        return st;
    if (!json_is_object(all))
        return check_share(all, "", err);
    json_object_foreach(all, name, v)
    {
        if ((st = check_share(v, name, err)) != ST_OK)
            return st;
    }
    return ST_OK;
}

static enum status
add_bits(
    const json_t *list, const struct costs *c, uint64_t *bits, struct err *err)
{
    const json_t *v;
    size_t i;
    int e;

    json_array_foreach(list, i, v)
    {
        enum status st =
            find_exit(c, json_string_value(v), json_integer_value(v), &e, err);

        if (st != ST_OK)
            return st;
        *bits |= UINT64_C(1) << e;
    }
    return ST_OK;
}

static uint32_t
in_ppm(const json_t *share)
{
    return (uint32_t)llround(1e6 * json_number_value(share));
}

static enum status
set_accuracy(
    const json_t *given, const struct costs *c, uint32_t *ppm, struct err *err)
{
    json_t *all = (json_t *)given;
    const char *name;
    json_t *v;
    int e;

    for (e = 0; e < c->exits; e++)
        ppm[e] = json_is_object(all) || e == c->exits - 1 ? 0 : in_ppm(all);
    json_object_foreach(all, name, v)
    {
        enum status st = find_exit(c, name, 0, &e, err);

        if (st != ST_OK)
            return st;
        ppm[e] = in_ppm(v);
    }
    return ST_OK;
}

enum status
limits_apply(const struct exit_limits *l, const struct costs *c, uint32_t *ppm,
    struct solve_options *o, struct err *err)
{
    uint64_t last = UINT64_C(1) << (c->exits - 1);
    enum status st;

    if ((st = limits_check(l, err)) != ST_OK ||
        (st = add_bits(l->keep, c, &o->forced, err)) != ST_OK ||
        (st = add_bits(l->without, c, &o->forbidden, err)) != ST_OK)
        return st;
    if (o->forbidden & last)
        return err_set(err, ST_INVALID, "search.exit",
            "the last exit, %s, is always kept", c->exit[c->exits - 1].name);
    if (o->forced & o->forbidden)
        return err_set(err, ST_INVALID, "search.exit",
            "exit %s cannot be kept and dropped",
            c->exit[__builtin_ctzll(o->forced & o->forbidden)].name);
    o->forced &= ~last;
    if (l->accuracy == NULL)
        return ST_OK;
    o->min_right_ppm = ppm;
    return set_accuracy(l->accuracy, c, ppm, err);
}
