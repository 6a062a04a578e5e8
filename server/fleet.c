/* SPDX-License-Identifier: MIT */
#include "server/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "server/view.h"

static enum status
add(const struct device *d, void *ctx)
{
    struct fleet *f = ctx;
    struct fleet_device *to;

    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;

        if ((to = realloc(f->device, cap * sizeof(*to))) == NULL)
            return ST_NOMEM;
        f->device = to;
        f->cap = cap;
    }
    to = &f->device[f->n++];
    *to = (struct fleet_device){ .name = strdup(d->name),
        .env_fingerprint = strdup(d->env_fingerprint ? d->env_fingerprint : ""),
        .labels = view_document(d->labels),
        .mode = d->mode,
        .health = d->health,
        .online = d->online };
    return to->name && to->env_fingerprint && to->labels ? ST_OK : ST_NOMEM;
}

enum status
fleet_load(struct db *db, int64_t now_ms, struct fleet *out, struct err *err)
{
    enum status st;

    memset(out, 0, sizeof(*out));
    if ((st = db_device_list(db, now_ms, add, out, err)) == ST_OK)
        return ST_OK;
    fleet_clear(out);
    return st == ST_NOMEM ? err_nomem(err) : st;
}

void
fleet_clear(struct fleet *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->device[i].name);
        free(f->device[i].env_fingerprint);
        json_decref(f->device[i].labels);
    }
    free(f->device);
    memset(f, 0, sizeof(*f));
}

/* Does the device have the label "key=value" (`len` bytes)? */
static bool
has_label(const struct fleet_device *d, const char *text, size_t len)
{
    const char *eq = memchr(text, '=', len), *value, *key;
    size_t key_len = (size_t)(eq - text);
    json_t *v;

    json_object_foreach(d->labels, key, v)
    {
        value = json_string_value(v);
        if (value != NULL && strlen(key) == key_len &&
            strncmp(key, text, key_len) == 0 &&
            strlen(value) == len - key_len - 1 &&
            strncmp(value, eq + 1, strlen(value)) == 0)
            return true;
    }
    return false;
}

static bool
is_meant(const struct fleet_device *d, const char *selector)
{
    if (strchr(selector, '=') == NULL)
        return strcmp(d->name, selector) == 0;
    for (const char *p = selector; *p != '\0';) {
        size_t len = strcspn(p, ",");

        if (!has_label(d, p, len))
            return false;
        p += len + (p[len] == ',');
    }
    return true;
}

static bool
is_usable(const struct fleet_device *d)
{
    return d->mode == DEVICE_ACTIVE && d->health != DEVICE_BAD;
}

/* Every part of a list of labels is "key=value", both not empty. */
static enum status
check_selector(const char *path, const char *selector, struct err *err)
{
    const char *p = selector;

    if (*p == '\0')
        return err_set(err, ST_INVALID, "request.field",
            "%s is empty: give a device's name or key=value,key=value", path);
    if (strchr(selector, '=') == NULL)
        return ST_OK;
    for (;;) {
        size_t len = strcspn(p, ",");
        const char *eq = memchr(p, '=', len);

        if (eq == NULL || eq == p || eq == p + len - 1)
            return err_set(err, ST_INVALID, "request.field",
                "%s: '%.*s' is not key=value", path, (int)len, p);
        if (p[len] == '\0')
            return ST_OK;
        p += len + 1;
    }
}

/* "localhost (active, offline), .." as far as it fits. */
static void
describe(const struct fleet *f, char *text, size_t cap)
{
    size_t used = 0;

    for (size_t i = 0; i < f->n; i++) {
        const struct fleet_device *d = &f->device[i];
        int n = snprintf(text + used, cap - used, "%s%s (%s, %s%s)",
            i ? ", " : "", d->name, device_mode_words[d->mode],
            d->online ? "online" : "offline",
            d->health == DEVICE_BAD ? ", bad" : "");

        if (n < 0 || (size_t)n >= cap - used) {
            snprintf(text + used, cap - used, ", ..");
            return;
        }
        used += (size_t)n;
    }
}

static enum status
unsatisfiable(const struct fleet *f, const char *path, const char *selector,
    size_t unusable, struct err *err)
{
    char there[320] = "";

    if (f->n == 0)
        return err_set(err, ST_CONFLICT, "job.unsatisfiable",
            "%s '%.80s': no device has registered yet; start offramp-probe on "
            "a board",
            path, selector);
    describe(f, there, sizeof(there));
    return err_set(err, ST_CONFLICT, "job.unsatisfiable",
        "%s '%.80s': %s; there are: %s", path, selector,
        unusable ? "draining, retired or bad (POST /v1/devices/{name}:activate "
                   "or :reset-health)"
                 : "no such device",
        there);
}

enum status
fleet_match(const struct fleet *f, const char *path, const char *selector,
    const struct fleet_device **match, size_t *n, struct err *err)
{
    size_t unusable = 0;
    enum status st;

    *n = 0;
    if ((st = check_selector(path, selector, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < f->n; i++) {
        if (!is_meant(&f->device[i], selector))
            continue;
        if (is_usable(&f->device[i]))
            match[(*n)++] = &f->device[i];
        else
            unusable++;
    }
    return *n > 0 ? ST_OK : unsatisfiable(f, path, selector, unusable, err);
}
