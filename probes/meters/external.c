/* SPDX-License-Identifier: MIT */
#include "probes/meters/external.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/meters/source.h"
#include "probes/meters/tape.h"

enum { CHUNK = 4096, LOOK_MS = 100, HEADER_MS = 3000, NS_PER_MS = 1000000 };

/* A chunk that is full may have more behind it: 4 KiB in 4 ms. */
static const int64_t PAUSE_NS = 4 * NS_PER_MS, PATIENCE_NS = 1000000000;

/* Shortest windows: of samples, and of time. */
enum { WINDOW_SAMPLES = 200 };
static const int64_t WINDOW_NS = 1000000000;

struct external {
    struct meter_spec spec;
    struct said_meter meter;
    struct meter_facts facts;
    int fd;           /* of the thread while it runs */
    bool started;     /* a thread has to be joined */
    int64_t start_ns; /* of a recording */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct tape tape; /* under the lock, as is all below */
    bool stop, lost;
    struct err why; /* it is lost */
};

/* ---- the thread ---- */

/* A recording's line is due as long after its first one as it was then. */
static void
wait_until_due(struct external *x, const struct said *s)
{
    int64_t due_ns;
    bool stop = false;

    if (x->start_ns == 0)
        x->start_ns = clock_ns() - s->t_ns;
    due_ns = x->start_ns + s->t_ns;
    while (!stop && clock_ns() < due_ns) {
        int64_t left_ns = due_ns - clock_ns();

        clock_sleep_ns(
            left_ns > LOOK_MS * NS_PER_MS ? LOOK_MS * NS_PER_MS : left_ns);
        pthread_mutex_lock(&x->lock);
        stop = x->stop;
        pthread_mutex_unlock(&x->lock);
    }
}

static void
take_line(struct external *x, const char *line)
{
    struct said s = said_read(&x->meter, line);

    if (x->facts.replayed && (s.what == SAID_SAMPLE || s.what == SAID_MARK))
        wait_until_due(x, &s);
    pthread_mutex_lock(&x->lock);
    tape_add(&x->tape, &s, clock_ns());
    pthread_cond_broadcast(&x->news);
    pthread_mutex_unlock(&x->lock);
}

static bool
go_on(struct external *x, enum status st, const struct err *err)
{
    bool on;

    pthread_mutex_lock(&x->lock);
    if (st != ST_OK) {
        x->lost = true;
        x->why = *err;
        pthread_cond_broadcast(&x->news);
    }
    on = !x->stop && !x->lost;
    pthread_mutex_unlock(&x->lock);
    return on;
}

static void *
listen_to(void *arg)
{
    struct external *x = arg;
    struct source_lines lines = { .len = 0 };
    struct err err = { 0 };
    enum status st = ST_OK;
    char bytes[CHUNK];
    size_t n;

    while (go_on(x, st, &err)) {
        st = source_read(x->fd, bytes, sizeof(bytes), LOOK_MS, &n, &err);
        for (size_t i = 0; i < n; i++)
            if (source_line(&lines, bytes[i]))
                take_line(x, lines.line);
        if (n == sizeof(bytes))
            clock_sleep_ns(PAUSE_NS);
    }
    close(x->fd);
    return NULL;
}

static void
end_thread(struct external *x)
{
    if (!x->started)
        return;
    pthread_mutex_lock(&x->lock);
    x->stop = true;
    pthread_mutex_unlock(&x->lock);
    pthread_join(x->thread, NULL);
    x->started = x->stop = x->lost = false;
}

static enum status
start_thread(struct external *x, struct err *err)
{
    enum status st = source_open(&x->spec, &x->fd, err);

    if (st != ST_OK)
        return st;
    x->start_ns = 0;
    err_clear(&x->why);
    if (pthread_create(&x->thread, NULL, listen_to, x) != 0) {
        close(x->fd);
        return err_set(err, ST_UNAVAILABLE, "infra.no_meter",
            "no thread to listen to %s with", x->facts.source);
    }
    x->started = true;
    return ST_OK;
}

/* ---- waiting ---- */

/* Why nothing comes; under the lock. */
static enum status
why_silent(const struct external *x, struct err *err)
{
    if (x->tape.sum.backwards > 0)
        return err_set(err, ST_INVALID, "measure.meter_negative",
            "%s: its time or its total went back", x->facts.source);
    if (x->lost)
        return err_set(err, ST_INVALID, "measure.meter_lost", "%s: %s",
            x->facts.source, x->why.text);
    if (x->tape.sum.dropped > 0)
        return err_set(err, ST_INVALID, "measure.meter_drops",
            "%s: %u lines were lost or made no sense, and no sample came",
            x->facts.source, x->tape.sum.dropped);
    return err_set(err, ST_INVALID, "measure.meter_stuck",
        "%s: no sample came for %.1f s", x->facts.source,
        (double)PATIENCE_NS / 1e9);
}

/* Wait for samples up to that moment (two of them at least); with the lock. */
static enum status
await(struct external *x, int64_t host_ns, struct err *err)
{
    int64_t end_ns = clock_ns() + PATIENCE_NS + x->facts.update_ns;
    const struct timespec end = { .tv_sec = end_ns / 1000000000,
        .tv_nsec = end_ns % 1000000000 };
    int rc = 0;

    while (rc == 0 && !x->lost && !tape_covers(&x->tape, host_ns))
        rc = pthread_cond_timedwait(&x->news, &x->lock, &end);
    return tape_covers(&x->tape, host_ns) ? ST_OK : why_silent(x, err);
}

/* ---- the meter ---- */

static const struct meter_facts *
external_facts(const void *self)
{
    return &((const struct external *)self)->facts;
}

/* A new window; a meter that was lost may be there again, but a recording
 * does not begin anew. */
static enum status
external_select(void *self, size_t group, struct err *err)
{
    struct external *x = self;
    struct err why = { 0 };
    enum status st = ST_OK;
    bool lost;

    if (group != 0)
        return err_set(err, ST_NOT_FOUND, NULL, "no meter group %zu", group);
    pthread_mutex_lock(&x->lock);
    lost = x->lost && !x->facts.replayed;
    tape_reset(&x->tape);
    pthread_mutex_unlock(&x->lock);
    if (lost)
        end_thread(x);
    if (!x->started && (st = start_thread(x, &why)) != ST_OK)
        return err_set(err, ST_INVALID, "measure.meter_lost", "%s: %s",
            x->facts.source, why.text);
    pthread_mutex_lock(&x->lock);
    st = await(x, 0, err);
    pthread_mutex_unlock(&x->lock);
    return st;
}

typedef enum status look_fn(const struct tape *t, int64_t from_ns,
    int64_t to_ns, struct meter_window *out, struct err *err);

/* What is said up to `wait_ns` of our clock is wanted. */
static enum status
look(struct external *x, look_fn *fn, int64_t from_ns, int64_t to_ns,
    int64_t wait_ns, struct meter_window *out, struct err *err)
{
    enum status st;

    pthread_mutex_lock(&x->lock);
    if ((st = await(x, wait_ns, err)) == ST_OK)
        st = fn(&x->tape, from_ns, to_ns, out, err);
    pthread_mutex_unlock(&x->lock);
    return st;
}

static enum status
external_between(void *self, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err)
{
    return look(self, tape_between, from_ns, to_ns, to_ns, out, err);
}

static enum status
external_marked(void *self, int64_t from_ns, int64_t to_ns,
    struct meter_window *out, struct err *err)
{
    struct external *x = self;

    /* Its clock seems to be behind ours by what its lines take; an edge at the
     * end must not be missed for that. */
    return look(
        x, tape_marked, from_ns, to_ns, to_ns + x->facts.guard_ns, out, err);
}

static void
external_close(void *self)
{
    struct external *x = self;

    end_thread(x);
    tape_clear(&x->tape);
    pthread_cond_destroy(&x->news);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

/* ---- open ---- */

/* Wait for its first line. */
static enum status
read_header(struct external *x, int fd, struct err *err)
{
    int64_t end_ns = clock_ns() + (int64_t)HEADER_MS * NS_PER_MS;
    struct source_lines lines = { .len = 0 };
    char bytes[CHUNK];
    size_t n;

    while (clock_ns() < end_ns) {
        enum status st =
            source_read(fd, bytes, sizeof(bytes), LOOK_MS, &n, err);

        if (st != ST_OK)
            return st;
        for (size_t i = 0; i < n; i++)
            if (source_line(&lines, bytes[i]) &&
                strncmp(lines.line, "meter", 5) == 0)
                return said_meter_read(&x->meter, lines.line, err);
    }
    return err_set(err, ST_UNAVAILABLE, "device.no_meter",
        "the meter %s did not say what it is within %d s", x->spec.name,
        HEADER_MS / 1000);
}

static int64_t
window_of(const struct said_meter *m)
{
    int64_t samples = (int64_t)(WINDOW_SAMPLES * m->period_us * 1e3);

    if (m->window_ms > 0)
        return (int64_t)(m->window_ms * 1e6);
    return samples > WINDOW_NS ? samples : WINDOW_NS;
}

static void
describe(struct external *x)
{
    const struct said_meter *m = &x->meter;
    bool total = m->kind == SAID_ENERGY;

    x->facts = (struct meter_facts){ .source = x->meter.name,
        .names = { "external" },
        .n = 1,
        .unit_nj = 1,
        .quantum_nj = total ? m->quantum * 1e9 : 0,
        .update_ns = (int64_t)(m->period_us * 1000),
        .window_ns = window_of(m),
        .longest_ns = (int64_t)(TAPE_POINTS * m->period_us * 1000 / 2),
        .guard_ns = (int64_t)(m->latency_ms * 1e6),
        .offset_w = m->offset_w + (total ? 0 : m->quantum / 2),
        .gain_error = m->gain + m->drift_ppm / 1e6,
        .marks = m->marks != 0,
        .replayed = x->spec.trace[0] != '\0' };
}

static void
start_lock(struct external *x)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&x->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&x->lock, NULL);
}

/* What it is; whatever fails means that there is no meter to use. */
static enum status
look_at(struct external *x, const char *device, struct err *err)
{
    enum status st = meter_spec_find(device, &x->spec, err);
    int fd = -1;

    if (st == ST_OK && (st = source_open(&x->spec, &fd, err)) == ST_OK)
        st = read_header(x, fd, err);
    if (fd >= 0)
        close(fd);
    if (st == ST_OK)
        st = tape_init(&x->tape, &x->meter, err);
    if (st == ST_OK)
        describe(x);
    return st;
}

static enum status
open_for(void **self, const char *device, struct err *err)
{
    struct external *x = calloc(1, sizeof(*x));
    struct err why = { 0 };
    enum status st;

    if (x == NULL)
        return err_nomem(err);
    start_lock(x);
    if ((st = look_at(x, device, &why)) == ST_OK) {
        *self = x;
        return ST_OK;
    }
    external_close(x);
    return err_set(
        err, st == ST_NOMEM ? st : ST_NOT_FOUND, why.code, "%s", why.text);
}

static enum status
external_open(void **self, const char *root, struct err *err)
{
    (void)root;
    return open_for(self, NULL, err);
}

enum status
meter_external_open(
    struct meter_handle *out, const char *device, struct err *err)
{
    *out = (struct meter_handle){ .ops = &meter_external };
    return open_for(&out->self, device, err);
}

const struct meter meter_external = {
    .name = "external",
    .what = "energy by a meter outside of the machine (--meter)",
    .open = external_open,
    .facts = external_facts,
    .select = external_select,
    .between = external_between,
    .marked = external_marked,
    .close = external_close,
};
