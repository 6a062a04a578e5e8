/* SPDX-License-Identifier: MIT */
/* device_model.h -- what the owner of a device declares that its instructions
 * take: every declaration is kept as a version, and none ever changes. */
#ifndef OFFRAMP_DB_DEVICE_MODEL_H
#define OFFRAMP_DB_DEVICE_MODEL_H

#include "db/db.h"

struct device_model {
    char *device;
    int64_t version; /* from 1 */
    int64_t created_ms;
    char *document; /* only the layers above understand it */
};

void device_model_clear(struct device_model *m);

/* Add the next version; the device must be known. */
enum status db_device_model_add(struct db *db, const char *device,
    const char *document, int64_t now_ms, struct err *err) MUST_CHECK;

/* That version, or (0) the newest.  ST_NOT_FOUND "device.no_model". */
enum status db_device_model_get(struct db *db, const char *device,
    int64_t version, struct device_model *out, struct err *err) MUST_CHECK;

#endif
