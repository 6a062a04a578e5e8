/* SPDX-License-Identifier: MIT */
/* label.h -- anybody's text as the value of an OpenMetrics label.  No state,
 * any thread. */
#ifndef OFFRAMP_SERVER_LABEL_H
#define OFFRAMP_SERVER_LABEL_H

#include "base/buf.h"

/* Append `s` without its quotes: what could end it is escaped, and other
 * control characters become spaces. */
enum status label_add(
    struct buf *out, const char *s, struct err *err) MUST_CHECK;

#endif
