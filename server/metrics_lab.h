/* SPDX-License-Identifier: MIT */
/* metrics_lab.h -- of the lab as OpenMetrics: how long jobs wait, how far the
 * golden kernels are off, how well tables add up.  Any thread with its own
 * connection to the store. */
#ifndef OFFRAMP_SERVER_METRICS_LAB_H
#define OFFRAMP_SERVER_METRICS_LAB_H

#include "base/buf.h"
#include "db/db.h"

enum status metrics_lab(
    struct db *db, int64_t now_ms, struct buf *out, struct err *err) MUST_CHECK;

#endif
