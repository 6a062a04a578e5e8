/* SPDX-License-Identifier: MIT */
/*
 * device.h -- boards and emulators, as their agents presented them.
 *
 * Sessions write names, labels and environment (agent.h); the queue writes
 * health: two infrastructure failures in a row make a good device `suspect`
 * (it gets a task only where no better device can).  A finished task makes it
 * good again; an infrastructure failure of a task that had not failed there
 * before makes it `bad`, and it gets nothing until a person resets its health.
 * A person sets the mode.
 */
#ifndef OFFRAMP_DB_DEVICE_H
#define OFFRAMP_DB_DEVICE_H

#include "db/db.h"
#include "db/word.h"

struct device {
    char *name;
    char *agent, *session; /* who presented it last */
    char *labels, *env;    /* documents */
    char *env_fingerprint; /* hex: equal ones may share measurements */
    enum device_mode mode;
    enum device_health health;
    int64_t infra_failures; /* in a row */
    int64_t last_seen_ms;
    bool online; /* its session is live and not silent */
    bool busy;   /* a lease is active on it */
};

void device_clear(struct device *d);

/* ST_NOT_FOUND "device.not_found". */
enum status db_device_get(struct db *db, const char *name, int64_t now_ms,
    struct device *out, struct err *err) MUST_CHECK;

/* All, by name. */
typedef enum status device_fn(const struct device *d, void *ctx);
enum status db_device_list(struct db *db, int64_t now_ms, device_fn *fn,
    void *ctx, struct err *err) MUST_CHECK;

/* Those that may do a task, by name. */
enum status db_device_list_task(struct db *db, int64_t task, int64_t now_ms,
    device_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND. */
enum status db_device_set_mode(struct db *db, const char *name,
    enum device_mode mode, struct err *err) MUST_CHECK;

/* Set the health and forget earlier failures.  ST_NOT_FOUND. */
enum status db_device_set_health(struct db *db, const char *name,
    enum device_health health, struct err *err) MUST_CHECK;

#endif
