/* SPDX-License-Identifier: MIT */
#include "server/wait_reason.h"

#include <stdio.h>
#include <string.h>

#include "db/device.h"

struct looking {
    char text[400];
    size_t n;  /* devices seen */
    bool able; /* one of them may take it */
};

/* What keeps a device from all work; NULL: nothing. */
static const char *
hindrance(const struct device *d)
{
    if (d->mode == DEVICE_RETIRED)
        return "is retired (:activate)";
    if (d->mode == DEVICE_DRAINING)
        return "is draining (:activate)";
    if (d->health == DEVICE_BAD)
        return "is bad after failures of its infrastructure (:reset-health)";
    return d->online ? NULL : "is offline (start its offramp-probe)";
}

static enum status
look(const struct device *d, void *ctx)
{
    struct looking *l = ctx;
    const char *what = hindrance(d);
    size_t used = strlen(l->text);

    l->n++;
    if (what == NULL)
        l->able = true;
    else if (sizeof(l->text) - used > 160)
        snprintf(l->text + used, sizeof(l->text) - used, "%s%.64s %s",
            used ? "; " : "", d->name, what);
    return ST_OK;
}

enum status
wait_reason(struct db *db, const struct task *t, int64_t now_ms, json_t **out,
    struct err *err)
{
    struct looking l = { .n = 0 };
    enum status st = ST_OK;

    if (t->state == TASK_QUEUED)
        st = db_device_list_task(db, t->id, now_ms, look, &l, err);
    if (st != ST_OK)
        return st;
    *out = l.n > 0 && !l.able ? json_string(l.text) : json_null();
    return *out ? ST_OK : err_nomem(err);
}
