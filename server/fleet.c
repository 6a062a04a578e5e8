/* SPDX-License-Identifier: MIT */
#include "server/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "server/selector.h"
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
        .agent = strdup(d->agent ? d->agent : ""),
        .env_fingerprint = strdup(d->env_fingerprint ? d->env_fingerprint : ""),
        .labels = view_document(d->labels),
        .mode = d->mode,
        .health = d->health,
        .online = d->online };
    return to->name && to->agent && to->env_fingerprint && to->labels
               ? ST_OK
               : ST_NOMEM;
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
        free(f->device[i].agent);
        free(f->device[i].env_fingerprint);
        json_decref(f->device[i].labels);
    }
    free(f->device);
    memset(f, 0, sizeof(*f));
}

/* Why it may be given no work, and what to do; NULL: it may. */
static const char *
out_of_service(const struct fleet_device *d)
{
    if (d->mode != DEVICE_ACTIVE)
        return d->mode == DEVICE_DRAINING
                   ? "is draining (POST /v1/devices/{name}:activate)"
                   : "is retired (POST /v1/devices/{name}:activate)";
    return d->health == DEVICE_BAD
               ? "is bad (POST /v1/devices/{name}:reset-health)"
               : NULL;
}

static const struct fleet_device *
find(const struct fleet *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->device[i].name, name) == 0)
            return &f->device[i];
    return NULL;
}

/* Why it is nothing for this kind of task; NULL: it is. */
static const char *
out_of_kind(const struct fleet_device *d, enum fleet_kind kind)
{
    const bool board =
        strcmp(json_get_string(d->labels, "kind", ""), "mcu") == 0;

    if (board == (kind == FLEET_BOARDS))
        return NULL;
    return board ? "is a microcontroller board, which runs images: jobs with "
                   "quantise measure it, plans of such profiles run there"
                 : "is no microcontroller board (kind=mcu), which an image is "
                   "for: leave quantise out";
}

/* A text that grows as far as there is room; what does not fit is "..". */
struct telling {
    char text[400];
    size_t used;
    bool full;
};

static void
tell(struct telling *t, const char *name, const char *what)
{
    size_t room = sizeof(t->text) - t->used;
    int n;

    if (t->full)
        return;
    n = snprintf(
        t->text + t->used, room, "%s%s %s", t->used ? "; " : "", name, what);
    t->full = n < 0 || (size_t)n >= room - sizeof("; ..");
    if (t->full)
        snprintf(t->text + t->used, room, "; ..");
    else
        t->used += (size_t)n;
}

/* Is it what the selector means?  If it is not, or may be given no work, the
 * reason is told. */
static bool
is_chosen(const struct fleet_device *d, const char *selector,
    enum fleet_kind kind, const struct fleet_device *named, struct telling *why)
{
    char lacks[160] = "has another name";
    const char *out = out_of_kind(d, kind);

    if (named != NULL ? named != d
                      : !selector_match(selector, d->name, d->labels, lacks,
                            sizeof(lacks))) {
        if (named == NULL)
            tell(why, d->name, lacks);
        return false;
    }
    if (out == NULL)
        out = out_of_service(d);
    if (out != NULL)
        tell(why, d->name, out);
    return out == NULL;
}

static enum status
unsatisfiable(const struct fleet *f, const char *path, const char *selector,
    const struct telling *why, struct err *err)
{
    if (f->n == 0)
        return err_set(err, ST_CONFLICT, "job.unsatisfiable",
            "%s '%.80s': no device has registered yet; start offramp-probe on "
            "a board",
            path, selector);
    return err_set(err, ST_CONFLICT, "job.unsatisfiable",
        "%s '%.80s': no device will do%s: %s", path, selector,
        strpbrk(selector, "=,!") ? "" : " (is the name right?)", why->text);
}

enum status
fleet_match(const struct fleet *f, const char *path, const char *selector,
    enum fleet_kind kind, const struct fleet_device **match, size_t *n,
    struct err *err)
{
    const struct fleet_device *named = find(f, selector);
    struct telling why = { .used = 0 };
    enum status st;

    *n = 0;
    if ((st = selector_check(path, selector, err)) != ST_OK)
        return st;
    for (size_t i = 0; i < f->n; i++)
        if (is_chosen(&f->device[i], selector, kind, named, &why))
            match[(*n)++] = &f->device[i];
    return *n > 0 ? ST_OK : unsatisfiable(f, path, selector, &why, err);
}
