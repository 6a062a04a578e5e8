/* SPDX-License-Identifier: MIT */
/* metrics.h -- the service's state as OpenMetrics text.  Any thread. */
#ifndef OFFRAMP_SERVER_METRICS_H
#define OFFRAMP_SERVER_METRICS_H

#include "base/buf.h"
#include "db/db.h"

struct server;

#define METRICS_TYPE                                                           \
    "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* On ST_OK the caller ends *out with buf_clear() or buf_take(). */
enum status metrics_text(struct server *s, struct db *db, int64_t now_ms,
    struct buf *out, struct err *err) MUST_CHECK;

#endif
