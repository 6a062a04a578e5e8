/* SPDX-License-Identifier: MIT */
/* no_papi.c -- the PAPI meters of a build without PAPI: absent. */
#include "probes/meters/meter.h"
#include "probes/meters/papi_lines.h"

static enum status
absent_open(void **self, const char *root, struct err *err)
{
    (void)self;
    (void)root;
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "this program was built without PAPI (libpapi-dev)");
}

const struct meter meter_papi = { .name = "papi",
    .what = "counters of the processor core",
    .open = absent_open };
const struct meter meter_rapl = {
    .name = "rapl", .what = "package energy by PAPI", .open = absent_open
};

enum status
papi_lines_open(const char *name, const char *event, int *fd, struct err *err)
{
    (void)name;
    (void)event;
    (void)fd;
    return absent_open(NULL, NULL, err);
}
