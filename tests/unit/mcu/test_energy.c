/* SPDX-License-Identifier: MIT */
/*
 * Energy of layers on a board at the other end of a terminal, under a meter
 * that knows the truth: the board says in shared memory when it works, the
 * meter tells the power of that, and every method's bound must cover it.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/flag.h"
#include "network.h"
#include "probes/firmware/device.h"
#include "probes/mcu/energy.h"
#include "probes/mcu/serial.h"
#include "probes/meters/external.h"
#include "pty.h"
#include "unit/meters/teller.h"

enum { RUNS = 256, PARTS = 3 };

static const int64_t IDLE_NS = 300000000;

/* What the board's process tells: its load, and every run. */
struct told {
    struct teller_load load;
    struct {
        uint64_t first, end, count, ns;
    } run[RUNS];
    _Atomic int n;
};

static struct told *told; /* shared */

/* ---- the board ---- */

static uint64_t asked[3]; /* FIRST, END, COUNT of the run to come */

static void
start(void)
{
    told->load.spell_ns = INT64_MAX;
    told->load.since_ns = clock_ns();
}

static uint64_t
stop(void)
{
    int64_t ns = clock_ns() - told->load.since_ns;
    int n = told->n % RUNS;

    told->load.since_ns = 0;
    told->load.busy_ns += ns;
    told->run[n].first = asked[0];
    told->run[n].end = asked[1];
    told->run[n].count = asked[2];
    told->run[n].ns = (uint64_t)ns;
    told->n++;
    return (uint64_t)ns;
}

static void
selftest(struct device_selftest *out)
{
    *out = (struct device_selftest){ true, true, 30 };
}

static void
reset(void)
{
}

static bool
mark(bool high)
{
    (void)high;
    teller_mark(&told->load);
    return true;
}

/* Look at what is asked, before the device does. */
static void
listen_in(char byte)
{
    static struct frame_reader reader;
    struct frame f;
    struct words w;
    const char *word;
    size_t len;

    if (!frame_push(&reader, byte, &f) || strncmp(f.text, "run ", 4) != 0)
        return;
    w.at = f.text;
    words_next(&w, &word, &len);
    for (int i = 0; i < 3; i++)
        words_hex(&w, UINT32_MAX, &asked[i]);
}

/* ---- the desk: board, meter, network ---- */

struct desk {
    struct pty pty;
    struct teller teller;
    struct meter_handle meter;
    struct network n;
    struct rig rig;
    struct parts parts;
    json_t *rows, *problems;
};

/* Two layers, and all of them. */
static void
make_parts(struct desk *d)
{
    const uint32_t n = network_head(&d->n)->n_layers;
    const struct {
        enum row_role role;
        uint32_t first, end;
    } wanted[PARTS] = { { ROLE_LAYER, 0, 1 }, { ROLE_LAYER, 1, 2 },
        { ROLE_WHOLE, 0, n } };

    d->parts = (struct parts){ .part = calloc(PARTS, sizeof(struct part)),
        .pass = calloc(PARTS, sizeof(struct pass)),
        .n = PARTS,
        .n_passes = PARTS };
    for (size_t i = 0; i < PARTS; i++) {
        d->parts.part[i] = (struct part){ .level = "L2",
            .role = wanted[i].role,
            .index = (int64_t)wanted[i].first,
            .name = wanted[i].role == ROLE_WHOLE ? "whole" : "layer" };
        d->parts.pass[i].steps = calloc(1, sizeof(struct step));
        d->parts.pass[i].n = 1;
        d->parts.pass[i].steps[0] =
            (struct step){ wanted[i].first, wanted[i].end, 1, i };
    }
}

static void
desk_open(struct desk *d, enum teller_fault fault, bool has_pin)
{
    struct rng rng = { 91 };
    struct err err = { 0 };
    const struct device_board board = { .name = "pty",
        .core = "host",
        .clock_hz = 1000000000,
        .counter_bits = 64,
        .kernels = nn_kernels_built(),
        .start = start,
        .stop = stop,
        .selftest = selftest,
        .reset = reset,
        .mark = has_pin ? mark : NULL };
    struct port *port;
    struct board *b;

    *d = (struct desk){ .rows = json_array(), .problems = json_array() };
    *told = (struct told){ .load = { .idle_w = 0.1, .busy_w = 0.4 } };
    pty_start(&d->pty, &board, listen_in, NULL);
    teller_start(&d->teller, &told->load, fault, false, false);
    teller_name(&d->teller, "m4");
    network_make(&d->n, NN_I8, &rng);
    make_parts(d);
    if (serial_open(&port, d->pty.path, SERIAL_BAUD, &err) != ST_OK ||
        board_open(&b, port, &err) != ST_OK ||
        rig_init(&d->rig, b, false, &err) != ST_OK ||
        rig_load(&d->rig, d->n.image, d->n.len, d->n.input, &err) != ST_OK ||
        meter_external_open(&d->meter, "m4", &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
}

static void
desk_close(struct desk *d)
{
    meter_close(&d->meter);
    rig_clear(&d->rig);
    teller_stop(&d->teller);
    pty_end(&d->pty);
    network_clear(&d->n);
    parts_clear(&d->parts);
    json_decref(d->rows);
    json_decref(d->problems);
}

static void
measure(struct desk *d, enum energy_method method)
{
    const struct policy policy = { .ci_rel = 0.1, .energy_method = method };
    const struct measure_limits limits = { .policy = &policy, .seed = 1 };
    const struct board_energy e = { .rig = &d->rig,
        .meter = &d->meter,
        .parts = &d->parts,
        .limits = &limits,
        .idle_ns = IDLE_NS,
        .problems = d->problems };
    struct err err = { 0 };

    if (board_energy_rows(&e, d->rows, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_int_equal(json_array_size(d->rows), PARTS);
}

/* What one execution of these layers took above idle, by the board itself, in
 * its longest run; 0 for none. */
static double
truth(uint64_t first, uint64_t end)
{
    uint64_t count = 0;
    double nj = 0;

    for (int i = 0; i < told->n && i < RUNS; i++)
        if (told->run[i].first == first && told->run[i].end == end &&
            told->run[i].count > count) {
            count = told->run[i].count;
            nj = told->load.busy_w * (double)told->run[i].ns / (double)count;
        }
    return nj;
}

static void
a_bound_covers(const json_t *row, double want, const char *method)
{
    const json_t *e = json_object_get(row, "energy");
    double net = json_get_number(e, "net_nj");
    double bound = json_get_number(e, "err_nj");
    char *text = json_dumps(row, JSON_COMPACT);

    if (!(fabs(net - want) <= bound))
        fail_msg("%s: %.1f nJ, not %.1f +- %.1f: %s", method, net, want, bound,
            text);
    assert_string_equal(json_get_string(e, "method", ""), method);
    assert_string_equal(json_get_string(e, "sensor", ""), "teller");
    assert_true(json_get_number(e, "gross_nj") > net);
    free(text);
}

static void
the_bound_of_every_method_covers_the_truth(void **state)
{
    static const struct {
        enum energy_method method;
        const char *name;
        bool pin;
    } rows[] = {
        { ENERGY_LOOP, "loop", false },
        { ENERGY_WINDOW, "window", true },
        { ENERGY_PREFIX_DIFF, "prefix_diff", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool diff = rows[i].method == ENERGY_PREFIX_DIFF;
        struct desk d;

        desk_open(&d, TELLER_GOOD, rows[i].pin);
        measure(&d, rows[i].method);
        if (json_array_size(d.problems) > 0)
            fail_msg("%s: %s", rows[i].name,
                json_get_string(json_array_get(d.problems, 0), "why", "?"));
        a_bound_covers(json_array_get(d.rows, 0), truth(0, 1), rows[i].name);
        a_bound_covers(json_array_get(d.rows, 1),
            diff ? truth(0, 2) - truth(0, 1) : truth(1, 2), rows[i].name);
        a_bound_covers(json_array_get(d.rows, 2),
            truth(0, network_head(&d.n)->n_layers), rows[i].name);
        desk_close(&d);
    }
}

static void
energy_that_cannot_be_trusted_is_none_and_says_why(void **state)
{
    static const struct {
        enum teller_fault fault;
        bool pin;
        enum energy_method method;
        const char *flag, *code;
    } rows[] = {
        { TELLER_GOOD, false, ENERGY_WINDOW, "meter_clock",
            "measure.meter_clock" },
        { TELLER_FAST, true, ENERGY_WINDOW, "meter_clock",
            "measure.meter_clock" },
        { TELLER_UNPLUGS, true, ENERGY_LOOP, "meter_lost",
            "measure.meter_lost" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const json_t *row, *problem;
        char *text;
        struct desk d;

        desk_open(&d, rows[i].fault, rows[i].pin);
        told->load.trouble = true;
        measure(&d, rows[i].method);
        row = json_array_get(d.rows, 1);
        problem = json_array_get(d.problems, 0);
        text = json_dumps(d.problems, JSON_COMPACT);
        assert_true(json_is_null(json_object_get(row, "energy")));
        if (strcmp(json_get_string(problem, "code", ""), rows[i].code) != 0)
            fail_msg("fault %d: %s", (int)rows[i].fault, text);
        assert_non_null(strstr(text, "teller"));
        free(text);
        text = json_dumps(json_object_get(row, "flags"), 0);
        assert_non_null(strstr(text, rows[i].flag));
        assert_string_equal(json_get_string(row, "grade", ""), "X");
        free(text);
        desk_close(&d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_of_every_method_covers_the_truth),
        cmocka_unit_test(energy_that_cannot_be_trusted_is_none_and_says_why),
    };

    signal(SIGPIPE, SIG_IGN);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
