/* SPDX-License-Identifier: MIT */
/*
 * rapl.c -- energy of the processor package this thread runs on: the
 * running-average-power-limit counters, by whichever PAPI component offers
 * them.
 */
#include "probes/meters/papi_internal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The same registers under three names.  The kernel's perf interface counts
 * 2^-32 J and never wraps; the other two give nJ and uJ since the start and
 * see through one wrap of a 32-bit register, which at 1 kW takes a minute:
 * half of that is the longest window to trust.
 */
static const struct source {
    const char *event; /* with the package's or the core's number */
    bool by_core;
    double unit_nj;
    int64_t longest_ns;
} sources[] = {
    { "rapl::RAPL_ENERGY_PKG:cpu=%d", true, 1e9 / 4294967296.0, INT64_MAX },
    { "rapl:::PACKAGE_ENERGY:PACKAGE%d", false, 1, 30000000000 },
    { "powercap:::ENERGY_UJ:ZONE%d", false, 1000, 30000000000 },
};

/* Steps of 2^-14 J about every ms: the coarsest that vendors document. */
static const double QUANTUM_NJ = 1e9 / 16384;
static const int64_t UPDATE_NS = 1000000, WINDOW_NS = 500000000;

struct rapl {
    struct papi_set set;
    struct meter_facts facts;
};

static void
rapl_close(void *self)
{
    struct rapl *r = self;

    papi_set_clear(&r->set);
    free(r);
}

static int
package_of(int core)
{
    char path[80];
    int package = 0;
    FILE *f;

    snprintf(path, sizeof(path),
        "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", core);
    if ((f = fopen(path, "re")) == NULL)
        return 0;
    if (fscanf(f, "%d", &package) != 1 || package < 0)
        package = 0;
    fclose(f);
    return package;
}

static bool
try_source(struct rapl *r, const struct source *src, int core)
{
    char event[80];

    snprintf(event, sizeof(event), src->event,
        src->by_core ? core : package_of(core));
    if (!papi_set_add(&r->set, event) ||
        papi_set_run(&r->set, true, NULL) != ST_OK) {
        papi_set_clear(&r->set);
        return false;
    }
    r->facts = (struct meter_facts){
        .source = "rapl",
        .names = { "package" },
        .n = 1,
        .unit_nj = src->unit_nj,
        .quantum_nj = QUANTUM_NJ,
        .update_ns = UPDATE_NS,
        .window_ns = WINDOW_NS,
        .longest_ns = src->longest_ns,
    };
    return true;
}

static enum status
rapl_open(void **self, const char *root, struct err *err)
{
    int core = sched_getcpu();
    struct rapl *r;
    enum status st;

    (void)root;
    if ((st = papi_start_library(err)) != ST_OK)
        return st;
    if ((r = calloc(1, sizeof(*r))) == NULL)
        return err_nomem(err);
    r->set.id = PAPI_NULL;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (try_source(r, &sources[i], core > 0 ? core : 0)) {
            *self = r;
            return ST_OK;
        }
    rapl_close(r);
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "this machine offers no RAPL energy counter");
}

static const struct meter_facts *
rapl_facts(const void *self)
{
    return &((const struct rapl *)self)->facts;
}

/* Start again from zero. */
static enum status
rapl_select(void *self, size_t group, struct err *err)
{
    struct rapl *r = self;
    enum status st;

    if (group != 0)
        return err_set(err, ST_NOT_FOUND, NULL, "no meter group %zu", group);
    st = papi_set_run(&r->set, false, err);
    return st == ST_OK ? papi_set_run(&r->set, true, err) : st;
}

static enum status
rapl_read(void *self, uint64_t *values, struct err *err)
{
    return papi_set_read(&((struct rapl *)self)->set, values, err);
}

const struct meter meter_rapl = {
    .name = "rapl",
    .what = "package energy by PAPI",
    .open = rapl_open,
    .facts = rapl_facts,
    .select = rapl_select,
    .read = rapl_read,
    .close = rapl_close,
};
