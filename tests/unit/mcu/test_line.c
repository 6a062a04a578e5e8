/* SPDX-License-Identifier: MIT */
/*
 * The line to a board as a link: swept over a terminal whose every byte takes
 * a known time and energy, and counted where there is no time.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/flag.h"
#include "base/json.h"
#include "memory_board.h"
#include "probes/mcu/golden_image.h"
#include "probes/mcu/line.h"
#include "probes/mcu/rig.h"
#include "probes/mcu/serial.h"
#include "probes/meters/external.h"
#include "probes/transfer/link_energy.h"
#include "pty.h"
#include "unit/meters/teller.h"

enum { BYTE_NS = 40000, POOL = 64 << 10 };

static struct teller_load *load; /* shared with the board */

/* ---- the board ---- */

static void
nothing(void)
{
}

static uint64_t
a_tick(void)
{
    return 1;
}

static void
selftest(struct device_selftest *out)
{
    *out = (struct device_selftest){ true, true, 1 };
}

static void
hear(char byte)
{
    (void)byte;
    teller_work(load, BYTE_NS);
}

static void
say(size_t len)
{
    teller_work(load, BYTE_NS * (int64_t)len);
}

/* ---- a rig with the golden network ---- */

struct desk {
    struct golden_image golden;
    struct rig rig;
    struct board_line line;
};

static void
desk_open(struct desk *d, struct port *port, bool emulated)
{
    struct err err = { 0 };
    struct board *b;

    *d = (struct desk){ .line = { .board = NULL } };
    if (golden_image_make(&d->golden, &err) != ST_OK ||
        board_open(&b, port, &err) != ST_OK ||
        rig_init(&d->rig, b, emulated, &err) != ST_OK ||
        rig_load(&d->rig, d->golden.image, d->golden.len, d->golden.input,
            &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    board_line_begin(&d->line, b, d->golden.image);
}

static void
desk_close(struct desk *d)
{
    board_line_end(&d->line);
    rig_clear(&d->rig);
    golden_image_clear(&d->golden);
}

/* ---- tests ---- */

static void
desk_over_a_terminal(struct desk *d, struct pty *p)
{
    const struct device_board board = { .name = "pty",
        .core = "host",
        .clock_hz = 1000000000,
        .counter_bits = 64,
        .kernels = nn_kernels_built(),
        .start = nothing,
        .stop = a_tick,
        .selftest = selftest,
        .reset = nothing };
    struct port *port;

    *load = (struct teller_load){ .idle_w = 0.1, .busy_w = 0.5 };
    pty_start(p, &board, hear, say);
    assert_int_equal(serial_open(&port, p->path, SERIAL_BAUD, NULL), ST_OK);
    desk_open(d, port, false);
}

/* Bytes on the line for each byte of a message, of large ones. */
static double
line_bytes_per_byte(struct desk *d, bool forward)
{
    const struct exchange x = board_line_exchange(&d->line);
    uint64_t before = d->line.on_line;
    int64_t ns;

    assert_int_equal(
        x.run(x.ctx, forward ? 1024 : 1, forward ? 1 : 1024, &ns, NULL), ST_OK);
    return (double)(d->line.on_line - before) / 1024;
}

static void
a_line_is_swept_to_a_base_and_a_time_per_byte(void **state)
{
    const struct sweep_policy policy = { .ci_rel = 0.05,
        .max_rounds = 16,
        .budget_ns = 4000000000,
        .max_bytes = 256,
        .seed = 7 };
    struct exchange x;
    struct err err = { 0 };
    struct sweep s;
    struct desk d;
    struct pty p;

    (void)state;
    desk_over_a_terminal(&d, &p);
    x = board_line_exchange(&d.line);
    assert_string_equal(x.transport, "serial");
    if (sweep_run(&x, &policy, &s, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_true(s.n >= 3);
    for (int w = 0; w < SWEEP_WAYS; w++) {
        const struct line_interval *f = &s.way[w].fit;
        double least = BYTE_NS * 2; /* two hex digits a byte, at least */
        double most = BYTE_NS * 2 * line_bytes_per_byte(&d, w == SWEEP_SEND);

        assert_true(f->slope.value > least && f->base.value > 0);
        /* A busy machine makes it longer, and never shorter. */
        assert_true(f->slope.value < 4 * most);
        assert_true(f->line.residual_rel >= 0 &&
                    f->line.worst_rel >= f->line.residual_rel);
    }
    desk_close(&d);
    pty_end(&p);
}

static void
a_byte_has_its_energy_within_the_bound(void **state)
{
    struct meter_handle meter;
    struct teller t;
    struct err err = { 0 };
    struct desk d;
    struct pty p;
    struct exchange x;
    json_t *out = NULL;
    int64_t flags = 0;
    static const char *const ways[] = { "send", "receive" };

    (void)state;
    desk_over_a_terminal(&d, &p);
    teller_start(&t, load, TELLER_GOOD, false, false);
    teller_name(&t, "m4");
    if (meter_external_open(&meter, "m4", &err) != ST_OK)
        fail_msg("%s", err.text);
    x = board_line_exchange(&d.line);
    if (link_energy(&x,
            &(struct link_energy_plan){ .meter = &meter,
                .device = "m4",
                .bytes = 256,
                .idle_ns = 300000000,
                .host = &host_real },
            &out, &flags, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_non_null(out);
    assert_string_equal(json_get_string(out, "sensor", ""), "teller");
    for (int w = 0; w < SWEEP_WAYS; w++) {
        const json_t *e = json_object_get(out, ways[w]);
        /* The same frames again, counted. */
        uint64_t before = d.line.on_line;
        double truth, net = json_get_number(e, "net_nj");
        int64_t ns;

        assert_int_equal(
            x.run(x.ctx, w == 0 ? 256 : 1, w == 0 ? 1 : 256, &ns, NULL), ST_OK);
        truth =
            load->busy_w * BYTE_NS * (double)(d.line.on_line - before) / 256;
        if (!(fabs(net - truth) <= json_get_number(e, "err_nj") + truth / 50))
            fail_msg("%s: %.0f nJ a byte, not %.0f +- %.0f", ways[w], net,
                truth, json_get_number(e, "err_nj"));
    }
    json_decref(out);
    meter_close(&meter);
    teller_stop(&t);
    desk_close(&d);
    pty_end(&p);
}

static void
a_line_without_time_tells_what_goes_over_it(void **state)
{
    struct memory_board m;
    struct desk d;
    struct err err = { 0 };

    (void)state;
    memory_board_init(&m, POOL, 0);
    desk_open(&d, &m.line.port, true);
    for (int forward = 0; forward < 2; forward++) {
        json_t *way, *again, *sizes, *e;
        double last = 0;
        size_t i;

        if (board_line_count(&d.line, forward, 4096, &way, &err) != ST_OK ||
            board_line_count(&d.line, forward, 4096, &again, &err) != ST_OK)
            fail_msg("%s", err.text);
        assert_true(json_equal(way, again));
        assert_true(json_is_null(json_object_get(way, "base_ns")));
        assert_true(json_is_null(json_object_get(way, "byte_ns")));
        sizes = json_object_get(way, "exchanges");
        assert_int_equal(json_array_size(sizes), 6);
        json_array_foreach(sizes, i, e)
        {
            double bytes = json_get_number(e, "bytes");
            double line = json_get_number(e, "line_bytes");

            assert_true(json_is_null(json_object_get(e, "median_ns")));
            assert_true(line > last && line > 2 * bytes);
            last = line;
        }
        json_decref(way);
        json_decref(again);
    }
    desk_close(&d);
    memory_board_clear(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_swept_to_a_base_and_a_time_per_byte),
        cmocka_unit_test(a_byte_has_its_energy_within_the_bound),
        cmocka_unit_test(a_line_without_time_tells_what_goes_over_it),
    };

    signal(SIGPIPE, SIG_IGN);
    load = mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (load == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
