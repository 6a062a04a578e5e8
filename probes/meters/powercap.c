/* SPDX-License-Identifier: MIT */
/*
 * powercap.c -- energy of the processor package this thread runs on, from the
 * kernel's powercap files (class/powercap/intel-rapl:N), for machines where
 * PAPI cannot reach the same registers.
 */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/meters/meter.h"
#include "probes/meters/sysnode.h"

/* Steps of 2^-14 J about every ms: the coarsest that vendors document. */
static const double QUANTUM_NJ = 1e9 / 16384;
static const int64_t UPDATE_NS = 1000000, WINDOW_NS = 500000000;
/* More than any package draws, where the kernel tells no limit. */
static const uint64_t MOST_UW = 1000000000;
enum { ZONES = 64 };

struct powercap {
    int fd;
    struct meter_facts facts;
};

/* The folder of the zone called "package-N" of the core in use. */
static bool
find_zone(const char *root, char dir[PATH_MAX])
{
    char core[PATH_MAX], want[32], name[32];
    int cpu = sched_getcpu();

    snprintf(core, sizeof(core), "%s/devices/system/cpu/cpu%d/topology", root,
        cpu > 0 ? cpu : 0);
    snprintf(want, sizeof(want), "package-%d",
        (int)sysnode_number(core, "physical_package_id", 0));
    for (int i = 0; i < ZONES; i++) {
        snprintf(dir, PATH_MAX, "%s/class/powercap/intel-rapl:%d", root, i);
        sysnode_text(dir, "name", name, sizeof(name));
        if (strcmp(name, want) == 0)
            return true;
    }
    return false;
}

/* Half the time in which the register wraps at the package's limit. */
static int64_t
longest_ns(const char *dir, uint64_t max_uj)
{
    uint64_t limit_uw = sysnode_number(dir, "constraint_0_max_power_uw", 0);

    if (limit_uw == 0)
        limit_uw = sysnode_number(dir, "constraint_0_power_limit_uw", MOST_UW);
    if (limit_uw == 0 || limit_uw > MOST_UW)
        limit_uw = MOST_UW;
    return (int64_t)((double)max_uj / (double)limit_uw / 2 * 1e9);
}

static void
powercap_close(void *self)
{
    struct powercap *p = self;

    close(p->fd);
    free(p);
}

static enum status
powercap_open(void **self, const char *root, struct err *err)
{
    char dir[PATH_MAX];
    struct powercap *p;
    uint64_t max_uj;
    enum status st;
    int fd;

    if (!find_zone(root, dir))
        return err_set(err, ST_NOT_FOUND, "device.no_meter",
            "%s/class/powercap has no zone of this processor's package", root);
    max_uj = sysnode_number(dir, "max_energy_range_uj", 0);
    if (max_uj == 0)
        return err_set(err, ST_NOT_FOUND, "device.meter_untrusted",
            "%s/max_energy_range_uj does not tell where the total wraps", dir);
    if ((st = sysnode_open(dir, "energy_uj", &fd, err)) != ST_OK)
        return st;
    if ((p = calloc(1, sizeof(*p))) == NULL) {
        close(fd);
        return err_nomem(err);
    }
    p->fd = fd;
    p->facts = (struct meter_facts){ .source = "powercap",
        .names = { "package" },
        .n = 1,
        .unit_nj = 1000,
        .range = max_uj + 1,
        .quantum_nj = QUANTUM_NJ,
        .update_ns = UPDATE_NS,
        .window_ns = WINDOW_NS,
        .longest_ns = longest_ns(dir, max_uj) };
    *self = p;
    return ST_OK;
}

static const struct meter_facts *
powercap_facts(const void *self)
{
    return &((const struct powercap *)self)->facts;
}

/* The total has run since the machine started: there is nothing to reset. */
static enum status
powercap_select(void *self, size_t group, struct err *err)
{
    (void)self;
    return group == 0
               ? ST_OK
               : err_set(err, ST_NOT_FOUND, NULL, "no meter group %zu", group);
}

static enum status
powercap_read(void *self, uint64_t *values, struct err *err)
{
    return sysnode_read(((struct powercap *)self)->fd, values, err);
}

const struct meter meter_powercap = {
    .name = "powercap",
    .what = "package energy from the kernel's powercap files",
    .open = powercap_open,
    .facts = powercap_facts,
    .select = powercap_select,
    .read = powercap_read,
    .close = powercap_close,
};
