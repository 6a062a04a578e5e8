/* SPDX-License-Identifier: MIT */
/* device_model.h -- offramp devices model: print or declare what the
 * instructions of an emulated device take.  One thread. */
#ifndef OFFRAMP_CLI_DEVICE_MODEL_H
#define OFFRAMP_CLI_DEVICE_MODEL_H

#include "server/cli/client.h"

/* Figures as they were typed: "1.3", or "1.3,1.1,1.6" (middle, low, high);
 * and a file with a declaration, of which they change what they name.  NULL:
 * not given. */
struct model_wish {
    const char *clock, *cycles, *energy, *from, *file;
};

/* Without any of them the newest model is printed.  ST_INVALID names what makes
 * no sense; else what the server says. */
enum status device_model_run(struct client *c, const char *name,
    const struct model_wish *w, struct err *err) MUST_CHECK;

#endif
