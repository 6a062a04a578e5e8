/* SPDX-License-Identifier: MIT */
#include "probes/meters/papi_lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/meters/papi_internal.h"
#include "probes/meters/said.h"

/*
 * What one count is, by the unit that PAPI tells or by the event's name where
 * it tells none.  Power is as NVML's manual has it: +-5 W for the whole card,
 * averaged over a second by newer cards, so work goes on for that long around
 * a window.  Energy moves in RAPL's coarsest steps, 2^-14 J, of which no bound
 * of the scale is known: 5 % is ours.
 */
#define POWER  "power period_us=100000 offset_w=5 window_ms=5000 latency_ms=1000"
#define ENERGY "energy period_us=10000"
static const double STEP_J = 1.0 / 16384, GAIN = 0.05;
static const struct scale {
    const char *unit, *prefix;
    const char *header;
    double of_one;     /* W or J */
    double quantum;    /* the least step believed */
    int64_t period_ns; /* as in the header */
} scales[] = {
    { "mW", NULL, POWER, 1e-3, 1e-3, 100000000 },
    { "uW", NULL, POWER, 1e-6, 1e-3, 100000000 },
    { "mJ", NULL, ENERGY, 1e-3, 1e-3, 10000000 },
    { "uJ", NULL, ENERGY, 1e-6, STEP_J, 10000000 },
    { "nJ", NULL, ENERGY, 1e-9, STEP_J, 10000000 },
    { "", "rapl::RAPL_ENERGY", ENERGY, 1.0 / 4294967296, STEP_J, 10000000 },
    { "", "powercap:::ENERGY_UJ", ENERGY, 1e-6, STEP_J, 10000000 },
};
enum { SCALES = sizeof(scales) / sizeof(scales[0]), LISTED = 160 };

/* The thread's. */
struct teller {
    const struct scale *scale;
    int fd;
    char event[256];
    char header[SAID_LINE];
};

static unsigned long
self_id(void)
{
    return (unsigned long)pthread_self();
}

/* PAPI's code, PAPI_OK if the event counts now. */
static int
begin(struct papi_set *s, const char *event)
{
    int rc;

    *s = (struct papi_set){ .id = PAPI_NULL, .n = 1 };
    if ((rc = PAPI_create_eventset(&s->id)) == PAPI_OK)
        rc = PAPI_add_named_event(s->id, event);
    if (rc == PAPI_OK)
        rc = PAPI_start(s->id);
    s->running = rc == PAPI_OK;
    return rc;
}

/* ---- the thread ---- */

/* False once nobody reads. */
static bool
say(int fd, const char *line)
{
    size_t len = strlen(line);

    while (len > 0) {
        ssize_t n = send(fd, line, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return false;
        line += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool
say_sample(const struct teller *t, struct papi_set *set)
{
    char line[96];
    uint64_t value;

    if (papi_set_read(set, &value, NULL) != ST_OK)
        return false;
    snprintf(line, sizeof(line), "s %.3f %.9f\n", (double)clock_ns() / 1e3,
        (double)value * t->scale->of_one);
    return say(t->fd, line);
}

static void *
tell(void *arg)
{
    struct teller *t = arg;
    struct papi_set set;

    if (begin(&set, t->event) == PAPI_OK && say(t->fd, t->header))
        while (say_sample(t, &set))
            clock_sleep_ns(t->scale->period_ns);
    papi_set_clear(&set);
    PAPI_unregister_thread();
    close(t->fd);
    free(t);
    return NULL;
}

/* ---- what there is ---- */

static void
list(char out[LISTED], const char *name)
{
    size_t len = strlen(out);

    snprintf(out + len, LISTED - len, "%s%s", len > 0 ? ", " : "", name);
}

/* The component of an event (nvml of nvml:::..); -1: `there` lists those that
 * there are. */
static int
find_component(const char *event, char there[LISTED])
{
    size_t len = strcspn(event, ":");
    int n = PAPI_num_components();

    for (int i = 0; i < n; i++) {
        const char *name = PAPI_get_component_info(i)->short_name;

        if (strlen(name) == len && strncmp(name, event, len) == 0)
            return i;
        list(there, name);
    }
    return -1;
}

static void
list_events(int component, char there[LISTED])
{
    int code = PAPI_NATIVE_MASK, how = PAPI_ENUM_FIRST;
    char name[PAPI_MAX_STR_LEN];

    while (strlen(there) < LISTED - 1 &&
           PAPI_enum_cmp_event(&code, how, component) == PAPI_OK) {
        if (PAPI_event_code_to_name(code, name) == PAPI_OK)
            list(there, name);
        how = PAPI_ENUM_EVENTS;
    }
}

/* PAPI does not know the event: its component is missing, or is switched off,
 * or has others. */
static enum status
no_event(const char *event, struct err *err)
{
    char there[LISTED] = "";
    int at = find_component(event, there);
    const PAPI_component_info_t *c;

    if (at < 0)
        return err_set(err, ST_NOT_FOUND, "device.no_meter",
            "PAPI has no component %.*s (there are %s): is its library built "
            "with it?",
            (int)strcspn(event, ":"), event, there);
    c = PAPI_get_component_info(at);
    if (c->disabled != PAPI_OK)
        return err_set(err, ST_NOT_FOUND,
            c->disabled == PAPI_EPERM ? "device.meter_denied"
                                      : "device.no_meter",
            "PAPI's component %s does not work here: %s", c->short_name,
            c->disabled_reason);
    list_events(at, there);
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "PAPI's component %s has no event %s (there are %s)", c->short_name,
        event, there[0] != '\0' ? there : "none");
}

static enum status
find_scale(const char *event, const struct scale **out, struct err *err)
{
    PAPI_event_info_t info = { 0 };
    int code;

    if (PAPI_event_name_to_code(event, &code) != PAPI_OK ||
        PAPI_get_event_info(code, &info) != PAPI_OK)
        return no_event(event, err);
    for (*out = scales; *out < scales + SCALES; (*out)++) {
        const char *prefix = (*out)->prefix != NULL ? (*out)->prefix : "";

        if (info.data_type != PAPI_DATATYPE_FP64 &&
            strcmp(info.units, (*out)->unit) == 0 &&
            strncmp(event, prefix, strlen(prefix)) == 0)
            return ST_OK;
    }
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "PAPI's event %s tells neither power nor energy in whole numbers "
        "(unit '%s'; mW, uW, mJ, uJ and nJ are known)",
        event, info.units);
}

/* ---- open ---- */

/* May this user, and does it count? */
static enum status
try_event(const char *event, struct err *err)
{
    struct papi_set set;
    int rc = begin(&set, event);
    bool denied = rc == PAPI_EPERM;

    papi_set_clear(&set);
    if (rc == PAPI_OK)
        return ST_OK;
    return err_set(err, ST_NOT_FOUND,
        denied ? "device.meter_denied" : "device.no_meter",
        "PAPI's event %s %s: %s", event,
        denied ? "is not for this user" : "does not count", PAPI_strerror(rc));
}

static enum status
start(struct teller *t, int *fd, struct err *err)
{
    pthread_attr_t alone;
    pthread_t thread;
    int ends[2], rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        free(t);
        return err_set(err, ST_UNAVAILABLE, "infra.no_meter",
            "no socket for the meter: %s", strerror(errno));
    }
    t->fd = ends[1];
    pthread_attr_init(&alone);
    pthread_attr_setdetachstate(&alone, PTHREAD_CREATE_DETACHED);
    rc = pthread_create(&thread, &alone, tell, t);
    pthread_attr_destroy(&alone);
    if (rc == 0) {
        *fd = ends[0];
        return ST_OK;
    }
    close(ends[0]);
    close(ends[1]);
    free(t);
    return err_set(err, ST_UNAVAILABLE, "infra.no_meter",
        "no thread for the meter: %s", strerror(rc));
}

enum status
papi_lines_open(const char *name, const char *event, int *fd, struct err *err)
{
    const struct scale *scale;
    struct teller *t;
    enum status st = papi_start_library(err);

    if (st != ST_OK)
        return st;
    if (PAPI_thread_init(self_id) != PAPI_OK)
        return err_set(err, ST_NOT_FOUND, "device.no_meter",
            "this PAPI cannot be used by several threads");
    if ((st = find_scale(event, &scale, err)) != ST_OK ||
        (st = try_event(event, err)) != ST_OK)
        return st;
    if ((t = calloc(1, sizeof(*t))) == NULL)
        return err_nomem(err);
    t->scale = scale;
    snprintf(t->event, sizeof(t->event), "%s", event);
    snprintf(t->header, sizeof(t->header),
        "meter %s quantum=%.9g gain=%g kind=%s\n", name, scale->quantum, GAIN,
        scale->header);
    return start(t, fd, err);
}
