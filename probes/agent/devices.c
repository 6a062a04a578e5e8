/* SPDX-License-Identifier: MIT */
#include "probes/agent/devices.h"

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
