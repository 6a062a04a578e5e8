/* SPDX-License-Identifier: MIT */
/*
 * papi.c -- counters of the core through PAPI: probed event by event, never
 * assumed, never multiplexed.
 *
 * Virtual machines were seen to offer six counters and to lose counts without
 * a word: with four in use, or for good after a floating-point event was.  So
 * groups are pairs (cycles and one more), only the pair in use is open, no
 * floating-point event is wanted, and a machine that cannot count the
 * instructions of a loop counts nothing for us.
 */
#include "probes/meters/papi_internal.h"

#include <stdlib.h>

/* Cycles are in every group: they tie the groups together. */
static const char cycles[] = "PAPI_TOT_CYC";
static const char instructions[] = "PAPI_TOT_INS";
static const char *const wanted[] = { "PAPI_L1_DCM", "PAPI_L2_DCM",
    "PAPI_L3_TCM", "PAPI_BR_MSP", "PAPI_TLB_DM" };
enum { WANTED = sizeof(wanted) / sizeof(wanted[0]), GROUPS = WANTED + 1 };
enum { PROOF_LOOPS = 1000000, PROOF_RUNS = 3 };

struct papi_counters {
    struct papi_set set; /* the selected group's: only one at a time exists */
    struct meter_facts facts[GROUPS];
    size_t n_groups, group;
};

enum status
papi_start_library(struct err *err)
{
    if (PAPI_is_initialized() != PAPI_NOT_INITED ||
        PAPI_library_init(PAPI_VER_CURRENT) == PAPI_VER_CURRENT)
        return ST_OK;
    return err_set(err, ST_NOT_FOUND, "device.no_meter", "PAPI does not start");
}

bool
papi_set_add(struct papi_set *s, const char *event)
{
    if (s->n == 0) {
        s->id = PAPI_NULL;
        if (PAPI_create_eventset(&s->id) != PAPI_OK)
            return false;
    }
    if (s->n == METER_CHANNELS || PAPI_add_named_event(s->id, event) != PAPI_OK)
        return false;
    s->n++;
    return true;
}

void
papi_set_clear(struct papi_set *s)
{
    long long values[METER_CHANNELS];

    if (s->running)
        PAPI_stop(s->id, values);
    if (s->id != PAPI_NULL) {
        PAPI_cleanup_eventset(s->id);
        PAPI_destroy_eventset(&s->id);
    }
    *s = (struct papi_set){ .id = PAPI_NULL };
}

enum status
papi_set_run(struct papi_set *s, bool run, struct err *err)
{
    long long values[METER_CHANNELS];
    int rc = run ? PAPI_start(s->id) : PAPI_stop(s->id, values);

    if (rc != PAPI_OK)
        return err_set(err, ST_NOT_FOUND, "device.no_meter",
            "PAPI cannot %s: %s", run ? "start" : "stop", PAPI_strerror(rc));
    s->running = run;
    return ST_OK;
}

enum status
papi_set_read(struct papi_set *s, uint64_t *out, struct err *err)
{
    long long values[METER_CHANNELS];
    int rc = PAPI_read(s->id, values);

    if (rc != PAPI_OK)
        return err_set(err, ST_IO, "device.meter", "PAPI cannot read: %s",
            PAPI_strerror(rc));
    for (size_t i = 0; i < s->n; i++)
        out[i] = (uint64_t)values[i];
    return ST_OK;
}

static void
counters_close(void *self)
{
    struct papi_counters *c = self;

    papi_set_clear(&c->set);
    free(c);
}

/* A loop of a million turns takes a fair number of cycles, and the same number
 * of instructions, one a turn at least, every time. */
static bool
prove(struct papi_set *s)
{
    uint64_t first = 0;

    for (int run = 0; run < PROOF_RUNS; run++) {
        uint64_t a[METER_CHANNELS], b[METER_CHANNELS], n;
        volatile int turns = 0;

        if (papi_set_read(s, a, NULL) != ST_OK)
            return false;
        while (turns < PROOF_LOOPS)
            turns++;
        if (papi_set_read(s, b, NULL) != ST_OK)
            return false;
        n = b[1] - a[1];
        if (run == 0)
            first = n;
        if (b[0] - a[0] < PROOF_LOOPS / 16 || n < PROOF_LOOPS ||
            n < first - first / 50 || n > first + first / 50)
            return false;
    }
    return true;
}

/* Make the set of cycles and `event`, and start it. */
static bool
start_pair(struct papi_set *s, const char *event)
{
    papi_set_clear(s);
    return papi_set_add(s, cycles) && papi_set_add(s, event) &&
           papi_set_run(s, true, NULL) == ST_OK;
}

static enum status
counters_select(void *self, size_t group, struct err *err)
{
    struct papi_counters *c = self;

    if (group >= c->n_groups)
        return err_set(err, ST_NOT_FOUND, NULL, "no counter group %zu", group);
    c->group = group;
    if (!start_pair(&c->set, c->facts[group].names[1]))
        return err_set(err, ST_IO, "device.meter", "PAPI no longer counts %s",
            c->facts[group].names[1]);
    return ST_OK;
}

static void
list_groups(struct papi_counters *c)
{
    for (size_t i = 0; i < GROUPS; i++) {
        const char *event = i == 0 ? instructions : wanted[i - 1];

        if (i == 0 || start_pair(&c->set, event))
            c->facts[c->n_groups++] = (struct meter_facts){
                .source = "papi",
                .names = { cycles, event },
                .n = 2,
            };
    }
}

static enum status
counters_open(void **self, const char *root, struct err *err)
{
    struct papi_counters *c;
    enum status st;

    (void)root;
    if ((st = papi_start_library(err)) != ST_OK)
        return st;
    if ((c = calloc(1, sizeof(*c))) == NULL)
        return err_nomem(err);
    c->set.id = PAPI_NULL;
    if (!start_pair(&c->set, instructions))
        st = err_set(err, ST_NOT_FOUND, "device.no_meter",
            "this machine offers no hardware counters");
    else if (!prove(&c->set))
        st = err_set(err, ST_NOT_FOUND, "device.meter_untrusted",
            "the hardware counters lose counts at the moment");
    else
        list_groups(c);
    if (st == ST_OK)
        st = counters_select(c, 0, err);
    if (st != ST_OK) {
        counters_close(c);
        return st;
    }
    *self = c;
    return ST_OK;
}

static const struct meter_facts *
counters_facts(const void *self)
{
    const struct papi_counters *c = self;

    return &c->facts[c->group];
}

static enum status
counters_read(void *self, uint64_t *values, struct err *err)
{
    struct papi_counters *c = self;

    return papi_set_read(&c->set, values, err);
}

const struct meter meter_papi = {
    .name = "papi",
    .what = "counters of the processor core",
    .open = counters_open,
    .facts = counters_facts,
    .select = counters_select,
    .read = counters_read,
    .close = counters_close,
};
