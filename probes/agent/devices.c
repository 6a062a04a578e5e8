/* SPDX-License-Identifier: MIT */
#include "probes/agent/devices.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* Set "KEY=VALUE" (`len` bytes) in `labels`; `option` is where it came from. */
static enum status
set_label(json_t *labels, const char *option, const char *text, size_t len,
    struct err *err)
{
    const char *eq = memchr(text, '=', len);
    json_t *value =
        eq ? json_stringn(eq + 1, len - (size_t)(eq + 1 - text)) : NULL;

    if (eq == NULL || eq == text || value == NULL) {
        json_decref(value);
        return err_set(err, ST_INVALID, "cli.option",
            "%s: '%.*s' is not KEY=VALUE", option, (int)len, text);
    }
    if (json_object_setn_new(labels, text, (size_t)(eq - text), value) < 0)
        return err_nomem(err);
    return ST_OK;
}

enum status
agent_labels(const struct opt_list *list, json_t **out, struct err *err)
{
    enum status st = ST_OK;

    if ((*out = json_object()) == NULL)
        return err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < list->n; i++)
        st = set_label(
            *out, "--label", list->item[i], strlen(list->item[i]), err);
    return st;
}

/* What all devices of this agent have, unless they say otherwise. */
static json_t *
common_labels(const json_t *labels)
{
    struct utsname u;
    json_t *o =
        json_pack("{s:s}", "arch", uname(&u) == 0 ? u.machine : "unknown");

    if (o != NULL && json_object_update(o, (json_t *)labels) == 0)
        return o;
    json_decref(o);
    return NULL;
}

static bool
is_there(const json_t *devices, const char *name, size_t len)
{
    const json_t *v;
    size_t i;

    json_array_foreach(devices, i, v)
    {
        const char *other = json_string_value(json_object_get(v, "name"));

        if (strlen(other) == len && strncmp(other, name, len) == 0)
            return true;
    }
    return false;
}

static enum status
add_device(
    json_t *devices, const char *text, const json_t *common, struct err *err)
{
    size_t len = strcspn(text, ":");
    const char *more = text[len] == ':' ? text + len + 1 : NULL;
    json_t *labels;
    enum status st = ST_OK;

    if (is_there(devices, text, len))
        return err_set(err, ST_INVALID, "cli.option",
            "--device: '%.*s' is there twice", (int)len, text);
    if ((labels = json_copy((json_t *)common)) == NULL)
        return err_nomem(err);
    while (more != NULL && st == ST_OK) {
        size_t n = strcspn(more, ",");

        st = set_label(labels, "--device", more, n, err);
        more = more[n] == ',' ? more + n + 1 : NULL;
    }
    if (json_array_append_new(devices, json_pack("{s:s%, s:o}", "name", text,
                                           len, "labels", labels)) < 0 &&
        st == ST_OK)
        st = err_nomem(err);
    return st;
}

enum status
agent_devices(const struct opt_list *list, const json_t *labels, json_t **out,
    struct err *err)
{
    json_t *common = common_labels(labels);
    enum status st;

    *out = json_array();
    st = common && *out ? ST_OK : err_nomem(err);
    for (size_t i = 0; st == ST_OK && i < list->n; i++)
        st = add_device(*out, list->item[i], common, err);
    json_decref(common);
    return st;
}

/* What says how a board is reached, and is no label. */
static bool
is_place(const char *text)
{
    static const char *const keys[] = { "qemu=", "serial=", "baud=", "id=" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strncmp(text, keys[i], strlen(keys[i])) == 0)
            return true;
    return false;
}

static enum status
add_board(
    json_t *devices, const char *text, const json_t *labels, struct err *err)
{
    size_t len = strcspn(text, ":");
    const char *more = text[len] == ':' ? text + len + 1 : NULL;
    json_t *own = json_copy((json_t *)labels), *place = json_object();
    enum status st = own && place ? ST_OK : err_nomem(err);

    if (is_there(devices, text, len))
        st = err_set(err, ST_INVALID, "cli.option",
            "--board: '%.*s' is there twice", (int)len, text);
    while (more != NULL && st == ST_OK) {
        size_t n = strcspn(more, ",");

        st = set_label(is_place(more) ? place : own, "--board", more, n, err);
        more = more[n] == ',' ? more + n + 1 : NULL;
    }
    if (st == ST_OK && json_object_size(place) == 0)
        st = err_set(err, ST_INVALID, "cli.option",
            "--board %.*s: say where it is, such as %.*s:qemu=mps2-an386",
            (int)len, text, (int)len, text);
    if (json_array_append_new(
            devices, json_pack("{s:s%, s:o, s:o}", "name", text, len, "labels",
                         own, "board", place)) < 0 &&
        st == ST_OK)
        st = err_nomem(err);
    return st;
}

/* {"NAME":{"qemu":..}, ..} for the tasks. */
static enum status
tell_tasks(const json_t *devices, struct err *err)
{
    json_t *all = json_object();
    const json_t *d;
    enum status st;
    char *text;
    size_t i;

    json_array_foreach(devices, i, d)
    {
        json_t *board = json_object_get(d, "board");

        if (board != NULL)
            json_object_set(
                all, json_string_value(json_object_get(d, "name")), board);
    }
    text = json_dumps(all, JSON_COMPACT);
    st = text != NULL && setenv("OFFRAMP_BOARDS", text, 1) == 0
             ? ST_OK
             : err_nomem(err);
    free(text);
    json_decref(all);
    return st;
}

/* One board cannot be two devices: each would measure the other's runs. */
static enum status
check_apart(const json_t *devices, const char *member, struct err *err)
{
    json_t *seen = json_object();
    enum status st = seen ? ST_OK : err_nomem(err);
    const json_t *d;
    size_t i;

    json_array_foreach(devices, i, d)
    {
        const char *what =
            json_get_string(json_object_get(d, "board"), member, NULL);

        if (st != ST_OK || what == NULL)
            continue;
        if (json_object_get(seen, what) != NULL)
            st = err_set(err, ST_INVALID, "infra.duplicate_board",
                "--board %s and %s have the same %s=%s: one board cannot be "
                "two devices",
                json_get_string(seen, what, ""), json_get_string(d, "name", ""),
                member, what);
        else if (json_object_set(seen, what, json_object_get(d, "name")) < 0)
            st = err_nomem(err);
    }
    json_decref(seen);
    return st;
}

enum status
agent_boards(const struct opt_list *list, const json_t *labels, json_t *devices,
    struct err *err)
{
    enum status st = ST_OK;

    if (list->n == 0)
        return ST_OK;
    for (size_t i = 0; st == ST_OK && i < list->n; i++)
        st = add_board(devices, list->item[i], labels, err);
    if (st == ST_OK && (st = check_apart(devices, "serial", err)) == ST_OK)
        st = check_apart(devices, "id", err);
    return st == ST_OK ? tell_tasks(devices, err) : st;
}
