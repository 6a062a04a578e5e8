/* SPDX-License-Identifier: MIT */
/*
 * Boards on a serial line: the firmware's commands run in a process at the
 * other end of a pseudo terminal, and are measured as a real board is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "network.h"
#include "probes/firmware/device.h"
#include "probes/mcu/golden_image.h"
#include "probes/mcu/measure.h"
#include "probes/mcu/serial.h"

enum { POOL = 64 << 10 };

/* ---- the board: a child with the other end of the line ---- */

static int64_t started_ns;

static void
start(void)
{
    started_ns = clock_ns();
}

static uint64_t
stop(void)
{
    return (uint64_t)(clock_ns() - started_ns);
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

static void
say(int fd, const char *line, size_t len)
{
    if (write(fd, line, len) != (ssize_t)len)
        _exit(2);
}

static _Noreturn void
be_a_board(int fd)
{
    static uint64_t pool[POOL / 8];
    const struct device_board board = { .name = "pty",
        .core = "host",
        .clock_hz = 1000000000,
        .counter_bits = 64,
        .kernels = nn_kernels_built(),
        .pool = pool,
        .pool_bytes = POOL,
        .start = start,
        .stop = stop,
        .selftest = selftest,
        .reset = reset };
    char hello[FRAME_LINE], byte;
    struct device d;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    device_init(&d, &board);
    say(fd, hello, device_hello(&d, hello));
    while (read(fd, &byte, 1) == 1) {
        const char *line;
        size_t n = responder_push(&d.responder, byte, &line);

        if (n > 0)
            say(fd, line, n);
    }
    _exit(0);
}

struct line {
    char path[64];
    int master, slave; /* ours of the slave: the line lives while it is open */
    pid_t board;
};

static void
line_open(struct line *l)
{
    struct termios t;

    l->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(l->master >= 0);
    assert_int_equal(grantpt(l->master), 0);
    assert_int_equal(unlockpt(l->master), 0);
    assert_int_equal(ptsname_r(l->master, l->path, sizeof(l->path)), 0);
    l->slave = open(l->path, O_RDWR | O_NOCTTY);
    assert_true(l->slave >= 0);
    assert_int_equal(tcgetattr(l->slave, &t), 0);
    cfmakeraw(&t); /* or the hello would come back as an echo */
    assert_int_equal(tcsetattr(l->slave, TCSANOW, &t), 0);
    l->board = fork();
    assert_true(l->board >= 0);
    if (l->board == 0)
        be_a_board(l->master);
}

static void
line_close(struct line *l)
{
    kill(l->board, SIGKILL);
    waitpid(l->board, NULL, 0);
    close(l->master);
    close(l->slave);
}

static struct board *
open_board(const struct line *l)
{
    struct err err = { 0 };
    struct port *port;
    struct board *b;

    if (serial_open(&port, l->path, SERIAL_BAUD, &err) != ST_OK ||
        board_open(&b, port, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return b;
}

/* ---- tests ---- */

static void
layers_run_over_a_terminal(void **state)
{
    struct rng rng = { 81 };
    struct err err = { 0 };
    struct rig_check check;
    struct network n;
    struct line l;
    struct rig rig;

    (void)state;
    line_open(&l);
    network_make(&n, NN_I8, &rng);
    assert_int_equal(rig_init(&rig, open_board(&l), false, &err), ST_OK);
    if (rig_load(&rig, n.image, n.len, n.input, &err) != ST_OK ||
        rig_compare(&rig, &check, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_int_equal(check.outputs, network_head(&n)->n_layers);
    rig_clear(&rig);
    network_clear(&n);
    line_close(&l);
}

static void
a_real_boards_rows_are_measured_times(void **state)
{
    const struct policy policy = {
        .ci_rel = 0.5, .max_rounds = 11, .job_budget_s = 5
    };
    const struct measure_limits limits = { .policy = &policy, .seed = 1 };
    struct golden_image g;
    struct err err = { 0 };
    struct parts p;
    struct line l;
    struct rig rig;
    json_t *row;

    (void)state;
    line_open(&l);
    assert_int_equal(golden_image_make(&g, &err), ST_OK);
    assert_int_equal(golden_image_parts(&p, 11, &err), ST_OK);
    assert_int_equal(rig_init(&rig, open_board(&l), false, &err), ST_OK);
    assert_int_equal(rig_load(&rig, g.image, g.len, g.input, &err), ST_OK);
    if (measure_parts(&rig, &p, &limits, &err) != ST_OK ||
        measure_row(&rig, &p.part[0], &limits, 0, &row, NULL, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    assert_string_equal(json_get_string(row, "source", ""), "measured");
    assert_true(json_get_number(row, "median_ns") > 0);
    assert_true(json_get_number(row, "ci95_lo_ns") <=
                json_get_number(row, "median_ns"));
    assert_int_equal(json_get_number(row, "n_epochs"), 11);
    assert_true(
        json_get_number(json_object_get(row, "counters"), "cycles") > 0);
    json_decref(row);
    parts_clear(&p);
    golden_image_clear(&g);
    rig_clear(&rig);
    line_close(&l);
}

static void
a_board_that_is_unplugged_and_a_line_that_is_none_are_named(void **state)
{
    struct err err = { 0 };
    struct port *port;
    struct board_run run;
    struct board *b;
    struct line l;

    (void)state;
    line_open(&l);
    b = open_board(&l);
    assert_int_equal(b->port->ops->restart(b->port, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_reset_line");
    kill(l.board, SIGKILL);
    waitpid(l.board, NULL, 0);
    close(l.master);
    l.master = -1;
    err_clear(&err);
    assert_int_equal(board_run(b, 0, 1, 1, 100, &run, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.serial");
    board_close(b);
    close(l.slave);

    err_clear(&err);
    assert_int_equal(
        serial_open(&port, "/dev/none", SERIAL_BAUD, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_serial");
    err_clear(&err);
    assert_int_equal(
        serial_open(&port, "/dev/null", SERIAL_BAUD, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_serial");
    err_clear(&err);
    assert_int_equal(serial_open(&port, "/dev/null", 1234, &err), ST_INVALID);
    assert_string_equal(err.code, "cli.option");
}

/* ---- identity, in a tree laid out as the kernel's is ---- */

static void
put(const char *root, const char *path, const char *text)
{
    char at[300];

    snprintf(at, sizeof(at), "%s/%s", root, path);
    assert_int_equal(file_write(at, text, strlen(text), NULL), ST_OK);
}

static void
make_dir(const char *root, const char *path)
{
    char at[300];

    snprintf(at, sizeof(at), "%s/%s", root, path);
    assert_int_equal(file_mkdirs(at, NULL), ST_OK);
}

static void
link_device(const char *root, const char *tty, const char *device)
{
    char at[300], to[300];

    snprintf(at, sizeof(at), "%s/class/tty/%s", root, tty);
    assert_int_equal(file_mkdirs(at, NULL), ST_OK);
    snprintf(at, sizeof(at), "%s/class/tty/%s/device", root, tty);
    snprintf(to, sizeof(to), "%s/%s", root, device);
    assert_int_equal(symlink(to, at), 0);
    snprintf(at, sizeof(at), "%s/%s", root, tty); /* stands for /dev */
    assert_int_equal(file_write(at, "", 0, NULL), ST_OK);
}

static void
a_board_is_known_by_its_usb_serial_number_and_not_its_hubs(void **state)
{
    char root[] = "/tmp/offramp-sys-XXXXXX", path[64], id[SERIAL_ID];
    struct err err = { 0 };

    (void)state;
    assert_non_null(mkdtemp(root));
    make_dir(root, "usb1/1-1/1-1:1.0");
    make_dir(root, "usb1/1-2/1-2:1.0/ttyUSB0");
    put(root, "usb1/serial", "0000:00:14.0\n");
    put(root, "usb1/idVendor", "1d6b\n");
    put(root, "usb1/1-1/idVendor", "0483\n");
    put(root, "usb1/1-1/serial", "066CFF5051\n");
    put(root, "usb1/1-2/idVendor", "1a86\n");
    link_device(root, "ttyACM0", "usb1/1-1/1-1:1.0");
    link_device(root, "ttyUSB0", "usb1/1-2/1-2:1.0/ttyUSB0");

    snprintf(path, sizeof(path), "%s/ttyACM0", root);
    assert_int_equal(serial_identity(path, root, id, &err), ST_OK);
    assert_string_equal(id, "066CFF5051");
    snprintf(path, sizeof(path), "%s/ttyUSB0", root);
    assert_int_equal(serial_identity(path, root, id, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "infra.no_identity");
    assert_int_equal(file_rmtree(root, NULL), ST_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_run_over_a_terminal),
        cmocka_unit_test(a_real_boards_rows_are_measured_times),
        cmocka_unit_test(
            a_board_that_is_unplugged_and_a_line_that_is_none_are_named),
        cmocka_unit_test(
            a_board_is_known_by_its_usb_serial_number_and_not_its_hubs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
