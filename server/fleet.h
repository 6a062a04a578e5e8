/* SPDX-License-Identifier: MIT */
/*
 * fleet.h -- which devices does a person mean by a selector (selector.h)?
 *
 * A `struct fleet` is a copy of the devices at one moment; its caller ends it
 * with fleet_clear().
 */
#ifndef OFFRAMP_SERVER_FLEET_H
#define OFFRAMP_SERVER_FLEET_H

#include "base/json.h"
#include "db/device.h"

struct fleet_device {
    char *name, *agent, *env_fingerprint; /* owned */
    json_t *labels;                       /* owned */
    enum device_mode mode;
    enum device_health health;
    bool online;
};

struct fleet {
    struct fleet_device *device; /* owned, by name */
    size_t n, cap;
};

/* What a task can be given to: a machine that runs ONNX, or a small board
 * that runs images (label kind=mcu). */
enum fleet_kind { FLEET_HOSTS, FLEET_BOARDS };

enum status fleet_load(struct db *db, int64_t now_ms, struct fleet *out,
    struct err *err) MUST_CHECK;
void fleet_clear(struct fleet *f);

/*
 * The devices of a kind that match and may be given work, in `match` (room
 * for f->n; borrowed from `f`), *n of them.  An offline device counts: it may
 * come back while the task waits.  ST_INVALID: no selector; ST_CONFLICT
 * "job.unsatisfiable" names `path`, the selector, and what each device lacks.
 */
enum status fleet_match(const struct fleet *f, const char *path,
    const char *selector, enum fleet_kind kind,
    const struct fleet_device **match, size_t *n, struct err *err) MUST_CHECK;

#endif
