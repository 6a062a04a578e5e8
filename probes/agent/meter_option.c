/* SPDX-License-Identifier: MIT */
#include "probes/agent/meter_option.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const char *const keys[] = { "tcp", "serial", "trace", "papi", "baud",
    "device" };

static const char *
find_key(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strlen(keys[i]) == len && strncmp(keys[i], text, len) == 0)
            return keys[i];
    return NULL;
}

/* Tasks run in folders of their own: a file needs its whole path. */
static json_t *
value_of(const char *key, const char *text, size_t len)
{
    char given[PATH_MAX], whole[PATH_MAX];

    if (strcmp(key, "trace") != 0 || len >= sizeof(given))
        return json_stringn(text, len);
    memcpy(given, text, len);
    given[len] = '\0';
    return json_string(realpath(given, whole) != NULL ? whole : given);
}

static enum status
add_pair(json_t *meter, const char *text, size_t len, struct err *err)
{
    const char *eq = memchr(text, '=', len);
    size_t n = eq != NULL ? (size_t)(eq - text) : len;
    const char *key = find_key(text, n);

    if (eq == NULL || key == NULL)
        return err_set(err, ST_INVALID, "cli.option",
            "--meter: '%.*s' is none of tcp=HOST:PORT, serial=PATH, "
            "trace=FILE, papi=EVENT, baud=N and device=BOARD",
            (int)len, text);
    return json_object_set_new(
               meter, key, value_of(key, eq + 1, len - n - 1)) == 0
               ? ST_OK
               : err_nomem(err);
}

static bool
has_board(const struct opt_list *boards, const char *name)
{
    for (size_t i = 0; i < boards->n; i++)
        if (strcspn(boards->item[i], ":") == strlen(name) &&
            strncmp(boards->item[i], name, strlen(name)) == 0)
            return true;
    return false;
}

/* A device has one meter at most, and a board must be one of ours. */
static enum status
check_device(const json_t *all, const struct opt_list *boards,
    const json_t *meter, struct err *err)
{
    const char *device = json_get_string(meter, "device", "");
    const char *name;
    json_t *other;

    if (device[0] != '\0' && !has_board(boards, device))
        return err_set(err, ST_INVALID, "cli.option",
            "--meter: device=%s is no --board of this agent (without device= "
            "a meter is the host's)",
            device);
    json_object_foreach((json_t *)all, name, other)
    {
        if (strcmp(json_get_string(other, "device", ""), device) == 0)
            return err_set(err, ST_INVALID, "cli.option",
                "--meter: %s is already a meter of %s", name,
                device[0] != '\0' ? device : "the host");
    }
    return ST_OK;
}

static enum status
add_meter(json_t *all, const char *text, const struct opt_list *boards,
    struct err *err)
{
    size_t len = strcspn(text, ":");
    const char *more = text[len] == ':' ? text + len + 1 : NULL;
    json_t *meter = json_object();
    enum status st = meter != NULL ? ST_OK : err_nomem(err);

    while (more != NULL && st == ST_OK) {
        size_t n = strcspn(more, ",");

        st = add_pair(meter, more, n, err);
        more = more[n] == ',' ? more + n + 1 : NULL;
    }
    if (st == ST_OK && (len == 0 || json_object_size(meter) == 0))
        st = err_set(err, ST_INVALID, "cli.option",
            "--meter '%s': say what it is called and where it is, such as "
            "shunt:tcp=127.0.0.1:7000",
            text);
    if (st == ST_OK)
        st = check_device(all, boards, meter, err);
    if (st == ST_OK && json_object_setn(all, text, len, meter) < 0)
        st = err_nomem(err);
    json_decref(meter);
    return st;
}

enum status
agent_meters(
    const struct opt_list *list, const struct opt_list *boards, struct err *err)
{
    json_t *all = json_object();
    enum status st = all != NULL ? ST_OK : err_nomem(err);
    char *text;

    for (size_t i = 0; st == ST_OK && i < list->n; i++)
        st = add_meter(all, list->item[i], boards, err);
    if (st == ST_OK && list->n > 0) {
        text = json_dumps(all, JSON_COMPACT);
        if (text == NULL || setenv("OFFRAMP_METERS", text, 1) < 0)
            st = err_nomem(err);
        free(text);
    }
    json_decref(all);
    return st;
}
