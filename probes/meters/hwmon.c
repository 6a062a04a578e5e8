/* SPDX-License-Identifier: MIT */
/*
 * hwmon.c -- energy of a board from a sensor that tells power (INA219 and its
 * like on the supply rail, class/hwmon/hwmonN): a thread of its own reads it
 * 400 times a second and sums by the trapezoid rule.
 *
 * The thread and the reader share the sum under a lock.
 */
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/meters/meter.h"
#include "probes/meters/sysnode.h"
#include "probes/meters/trapezoid.h"

/* Drivers whose sensors sit in a supply rail; others that tell power belong to
 * batteries, fans and disks. */
static const char *const drivers[] = { "ina", "ltc29", "ltc4151", "pac19",
    "adm1275", "max34417" };
enum { DRIVERS = sizeof(drivers) / sizeof(drivers[0]), SENSORS = 64 };

static const int64_t PERIOD_NS = 2500000, GUARD_NS = 500000;
/* Sixteen conversions of 1.1 ms of voltage and of current: the INA226's
 * setting in the kernel, where a driver does not tell its own. */
static const uint64_t UPDATE_MS = 35;
/* Half of the INA226's step of 25 mW with its usual shunt of 10 mOhm, and the
 * tolerance of that shunt. */
static const double OFFSET_W = 0.0125, GAIN_ERROR = 0.01;
static const int64_t WINDOW_NS = 1000000000;
enum { WINDOW_UPDATES = 100 };

struct hwmon {
    int power, volt, curr; /* -1: not used; power, or the two others */
    struct meter_facts facts;
    pthread_t thread;
    pthread_mutex_t lock;
    struct trapezoid sum; /* under the lock */
    bool stop;            /* under the lock */
};

/* Power is told in uW, voltage in mV, current in mA. */
static double
watts_now(const struct hwmon *h)
{
    uint64_t a, b;

    if (h->power >= 0)
        return sysnode_read(h->power, &a, NULL) == ST_OK ? (double)a / 1e6
                                                         : NAN;
    if (sysnode_read(h->volt, &a, NULL) != ST_OK ||
        sysnode_read(h->curr, &b, NULL) != ST_OK)
        return NAN;
    return (double)a * (double)b / 1e6;
}

static void *
keep_sampling(void *arg)
{
    struct hwmon *h = arg;
    bool stop = false;

    while (!stop) {
        pthread_mutex_lock(&h->lock);
        trapezoid_add(&h->sum, clock_ns(), watts_now(h));
        stop = h->stop;
        pthread_mutex_unlock(&h->lock);
        clock_sleep_ns(PERIOD_NS);
    }
    return NULL;
}

static bool
known(const char *name)
{
    for (int i = 0; i < DRIVERS; i++)
        if (strncmp(name, drivers[i], strlen(drivers[i])) == 0)
            return true;
    return false;
}

/* The attributes to sample.  ST_NOT_FOUND says why not. */
static enum status
open_sensor(struct hwmon *h, const char *dir, struct err *err)
{
    enum status st = sysnode_open(dir, "power1_input", &h->power, err);

    if (st == ST_OK || strcmp(err->code, "device.meter_denied") == 0)
        return st;
    err_clear(err);
    if ((st = sysnode_open(dir, "in1_input", &h->volt, err)) == ST_OK)
        st = sysnode_open(dir, "curr1_input", &h->curr, err);
    return st;
}

static enum status
find_sensor(
    struct hwmon *h, const char *root, char dir[PATH_MAX], struct err *err)
{
    for (int i = 0; i < SENSORS; i++) {
        char name[32];

        snprintf(dir, PATH_MAX, "%s/class/hwmon/hwmon%d", root, i);
        sysnode_text(dir, "name", name, sizeof(name));
        if (known(name))
            return open_sensor(h, dir, err);
    }
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "%s/class/hwmon has no power sensor of a kind known here (INA219 and "
        "its like)",
        root);
}

static void
close_files(struct hwmon *h)
{
    const int fds[] = { h->power, h->volt, h->curr };

    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void
describe(struct hwmon *h, const char *dir)
{
    int64_t update_ns =
        (int64_t)sysnode_number(dir, "update_interval", UPDATE_MS) * 1000000;

    if (update_ns < PERIOD_NS)
        update_ns = PERIOD_NS;
    h->facts = (struct meter_facts){ .source = "hwmon",
        .names = { "board" },
        .n = 1,
        .unit_nj = 1,
        .update_ns = update_ns,
        .window_ns = WINDOW_UPDATES * update_ns,
        .longest_ns = INT64_MAX,
        .guard_ns = GUARD_NS,
        .offset_w = OFFSET_W,
        .gain_error = GAIN_ERROR };
    if (h->facts.window_ns < WINDOW_NS)
        h->facts.window_ns = WINDOW_NS;
}

static enum status
hwmon_open(void **self, const char *root, struct err *err)
{
    struct hwmon *h = calloc(1, sizeof(*h));
    struct err why = { 0 };
    char dir[PATH_MAX];
    enum status st;

    if (h == NULL)
        return err_nomem(err);
    h->power = h->volt = h->curr = -1;
    pthread_mutex_init(&h->lock, NULL);
    trapezoid_start(&h->sum, PERIOD_NS);
    if ((st = find_sensor(h, root, dir, &why)) == ST_OK) {
        describe(h, dir);
        if (pthread_create(&h->thread, NULL, keep_sampling, h) == 0) {
            *self = h;
            return ST_OK;
        }
        st = err_set(&why, ST_NOT_FOUND, "device.no_meter",
            "no thread to sample %s with", dir);
    }
    close_files(h);
    pthread_mutex_destroy(&h->lock);
    free(h);
    return err_set(err, st, why.code, "%s", why.text);
}

static void
hwmon_close(void *self)
{
    struct hwmon *h = self;

    pthread_mutex_lock(&h->lock);
    h->stop = true;
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->thread, NULL);
    close_files(h);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static const struct meter_facts *
hwmon_facts(const void *self)
{
    return &((const struct hwmon *)self)->facts;
}

static enum status
hwmon_select(void *self, size_t group, struct err *err)
{
    (void)self;
    return group == 0
               ? ST_OK
               : err_set(err, ST_NOT_FOUND, NULL, "no meter group %zu", group);
}

/* The sum up to this moment: a sample is taken at once. */
static enum status
hwmon_read(void *self, uint64_t *values, struct err *err)
{
    struct hwmon *h = self;

    (void)err;
    pthread_mutex_lock(&h->lock);
    trapezoid_add(&h->sum, clock_ns(), watts_now(h));
    values[0] = (uint64_t)h->sum.total_nj;
    pthread_mutex_unlock(&h->lock);
    return ST_OK;
}

static void
hwmon_samples(void *self, uint64_t *taken, uint64_t *dropped)
{
    struct hwmon *h = self;

    pthread_mutex_lock(&h->lock);
    *taken = h->sum.taken;
    *dropped = h->sum.dropped;
    pthread_mutex_unlock(&h->lock);
}

const struct meter meter_hwmon = {
    .name = "hwmon",
    .what = "board energy from a power sensor such as the INA219",
    .open = hwmon_open,
    .facts = hwmon_facts,
    .select = hwmon_select,
    .read = hwmon_read,
    .samples = hwmon_samples,
    .close = hwmon_close,
};
