/* SPDX-License-Identifier: MIT */
#include "db/device_model.h"

#include <stddef.h>

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_TEXT, struct device_model, device),
    COL(COL_INT, struct device_model, version),
    COL(COL_INT, struct device_model, created_ms),
    COL(COL_TEXT, struct device_model, document),
};
static const struct shape shape = SHAPE(struct device_model, cols);

void
device_model_clear(struct device_model *m)
{
    shape_clear(&shape, m);
}

static const char sql_add[] =
    "INSERT INTO device_model (device, version, document, created_ms)"
    " SELECT ?1, coalesce(max(version), 0) + 1, ?2, ?3 FROM device_model"
    " WHERE device = ?1";

enum status
db_device_model_add(struct db *db, const char *device, const char *document,
    int64_t now_ms, struct err *err)
{
    return db_run(db, sql_add,
        ARGS(A_TEXT(device), A_TEXT(document), A_INT(now_ms)), NULL, err);
}

static const char sql_get[] =
    "SELECT device, version, created_ms, document FROM device_model"
    " WHERE device = ?1 AND (?2 = 0 OR version = ?2)"
    " ORDER BY version DESC LIMIT 1";

enum status
db_device_model_get(struct db *db, const char *device, int64_t version,
    struct device_model *out, struct err *err)
{
    enum status st = db_row(
        db, sql_get, ARGS(A_TEXT(device), A_INT(version)), &shape, out, err);

    if (st != ST_NOT_FOUND)
        return st;
    if (version > 0)
        return err_set(err, st, "device.no_model",
            "%.64s has no model of version %lld", device, (long long)version);
    return err_set(err, st, "device.no_model",
        "no model of %.64s is declared: say what its instructions take with "
        "PUT /v1/devices/%.64s/model (offramp devices model %.64s --clock ..)",
        device, device, device);
}
