/* SPDX-License-Identifier: MIT */
/* A board with a network on it: what is compared, what is measured, and what
 * becomes of a board that fails meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "memory_board.h"
#include "network.h"
#include "probes/mcu/emulator.h"
#include "probes/mcu/golden_image.h"
#include "probes/mcu/measure.h"
#include "probes/mcu/site.h"

enum { POOL = 64 << 10 };

/* A rig on a board in memory, with a random network of every int8 kernel. */
struct bench {
    struct memory_board m;
    struct network n;
    struct rig rig;
};

static void
bench_open(struct bench *x, size_t pool, double share)
{
    struct rng rng = { 71 };
    struct err err = { 0 };
    struct board *b;

    memory_board_init(&x->m, pool, 0);
    network_make(&x->n, NN_I8, &rng);
    if (board_open(&b, &x->m.line.port, &err) != ST_OK ||
        rig_init(&x->rig, b, true, &err) != ST_OK)
        fail_msg("%s", err.text);
    b->client.tries = 50;
    x->m.line.share = share;
}

static void
bench_close(struct bench *x)
{
    rig_clear(&x->rig);
    network_clear(&x->n);
    memory_board_clear(&x->m);
}

static enum status
load(struct bench *x, struct err *err)
{
    return rig_load(&x->rig, x->n.image, x->n.len, x->n.input, err);
}

static const char *
recovery(const struct bench *x, const char *member)
{
    return json_get_string(
        json_array_get(x->rig.recoveries, 0), member, "none");
}

static void
every_layer_is_compared_on_a_noisy_line(void **state)
{
    struct rig_check check;
    struct err err = { 0 };
    struct bench x;

    (void)state;
    bench_open(&x, POOL, 0.002);
    if (load(&x, &err) != ST_OK || rig_compare(&x.rig, &check, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(check.outputs, network_head(&x.n)->n_layers);
    assert_true(x.m.line.damaged > 0);
    bench_close(&x);
}

static void
a_layer_with_other_bytes_is_named(void **state)
{
    struct rig_check check;
    struct err err = { 0 };
    struct bench x;
    uint8_t *weights;

    (void)state;
    bench_open(&x, POOL, 0);
    assert_int_equal(load(&x, &err), ST_OK);
    weights =
        (uint8_t *)x.m.board.pool + nn_image_layers(x.m.board.pool)[1].weights;
    for (int i = 0; i < 16; i++)
        weights[i] ^= 0x55;
    assert_int_equal(rig_compare(&x.rig, &check, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.wrong_output");
    assert_non_null(strstr(err.text, "layer 1 (depthwise)"));
    bench_close(&x);
}

static void
a_network_too_large_says_what_it_needs_and_what_there_is(void **state)
{
    struct err err = { 0 };
    struct bench x;
    char words[80];

    (void)state;
    bench_open(&x, 1024, 0);
    assert_int_equal(load(&x, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "model.too_large");
    snprintf(words, sizeof(words), "(%zu of weights, %u of activations)",
        x.n.len, network_head(&x.n)->arena_bytes);
    assert_non_null(strstr(err.text, words));
    assert_non_null(strstr(err.text, "memory has 1024"));
    bench_close(&x);
}

static void
a_board_that_loses_its_power_is_loaded_again_and_told_of(void **state)
{
    struct rig_check check;
    struct err err = { 0 };
    struct bench x;

    (void)state;
    bench_open(&x, POOL, 0);
    assert_int_equal(load(&x, &err), ST_OK);
    x.m.reboot_after = 8;
    if (rig_compare(&x.rig, &check, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(json_array_size(x.rig.recoveries), 1);
    assert_string_equal(recovery(&x, "step"), "resync");
    assert_string_equal(recovery(&x, "code"), "device.rebooted");
    bench_close(&x);
}

static void
a_board_that_stays_silent_is_lost(void **state)
{
    struct rig_check check;
    struct err err = { 0 };
    struct bench x;

    (void)state;
    bench_open(&x, POOL, 0);
    assert_int_equal(load(&x, &err), ST_OK);
    x.rig.board->client.tries = 2;
    x.m.line.share = 1;
    assert_int_equal(rig_compare(&x.rig, &check, &err), ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.board_lost");
    bench_close(&x);
}

/* The golden kernels, counted on a board whose runs take `growth` more each
 * time. */
static enum status
count_golden(uint64_t growth, struct parts *p, json_t **row, struct err *err)
{
    const struct policy policy = { .ci_rel = 0.01, .job_budget_s = 60 };
    const struct measure_limits limits = { .policy = &policy, .seed = 1 };
    struct golden_image g;
    struct bench x;
    enum status st;

    bench_open(&x, POOL, 0);
    x.m.growth = growth;
    assert_int_equal(golden_image_make(&g, err), ST_OK);
    assert_int_equal(golden_image_parts(p, 3, err), ST_OK);
    assert_int_equal(rig_load(&x.rig, g.image, g.len, g.input, err), ST_OK);
    st = measure_parts(&x.rig, p, &limits, err);
    *row = NULL;
    if (st == ST_OK)
        st = measure_row(&x.rig, &p->part[0], &limits, 0, row, NULL, err);
    golden_image_clear(&g);
    bench_close(&x);
    return st;
}

static void
an_emulated_row_has_counts_and_no_time(void **state)
{
    struct err err = { 0 };
    struct parts p;
    json_t *row;

    (void)state;
    if (count_golden(0, &p, &row, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_string_equal(json_get_string(row, "source", ""), "emulated");
    assert_string_equal(json_get_string(row, "name", ""), "golden.compute");
    assert_string_equal(json_get_string(row, "grade", ""), "A");
    assert_true(json_is_null(json_object_get(row, "median_ns")));
    assert_int_equal(json_get_number(row, "n_epochs"), 3);
    /* 1000 ticks of a clock of 1 kHz are a second of a ns an instruction. */
    assert_true(json_get_number(
                    json_object_get(row, "counters"), "instructions") == 1e9);
    json_decref(row);
    parts_clear(&p);
}

static void
counts_that_differ_between_rounds_are_refused(void **state)
{
    struct err err = { 0 };
    struct parts p;
    json_t *row;

    (void)state;
    assert_int_equal(count_golden(1, &p, &row, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "device.counts_differ");
    assert_non_null(strstr(err.text, "golden.compute"));
    parts_clear(&p);
}

/* What a program that prints `words` is taken for. */
static void
version_says(const char *words, enum status want, const char *code)
{
    char path[] = "/tmp/offramp-qemu-XXXXXX", text[128], version[64];
    struct err err = { 0 };
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    snprintf(text, sizeof(text), "#!/bin/sh\necho '%s'\n", words);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    assert_int_equal(
        emulator_version(path, version, sizeof(version), &err), want);
    if (want == ST_OK)
        assert_string_equal(version, code);
    else
        assert_string_equal(err.code, code);
    unlink(path);
}

static void
an_emulator_that_is_missing_or_old_is_named(void **state)
{
    char version[64];
    struct err err = { 0 };

    (void)state;
    version_says("QEMU emulator version 7.2.22 (Debian)", ST_OK, "7.2.22");
    version_says("QEMU emulator version 10.0.2", ST_OK, "10.0.2");
    version_says(
        "QEMU emulator version 6.2.0", ST_UNAVAILABLE, "infra.old_emulator");
    version_says("hello", ST_UNAVAILABLE, "infra.old_emulator");
    assert_int_equal(
        emulator_version("/nowhere/qemu", version, sizeof(version), &err),
        ST_UNAVAILABLE);
    assert_string_equal(err.code, "infra.no_emulator");
}

static void
the_environment_tells_the_clock_and_the_kernels(void **state)
{
    static const struct {
        uint64_t kernels;
        bool dwt;
        const char *clock, *set;
    } cases[] = {
        { 1 << NN_PLAIN, false, "systick", "plain" },
        { 1 << NN_PLAIN | 1 << NN_DSP, true, "dwt", "dsp" },
        { 1 << NN_PLAIN | 1 << NN_CMSIS, true, "dwt", "cmsis-nn" },
    };
    const struct site_board site = { .path = "/dev/null", .id = "desk-1" };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct board b = { .name = "b",
            .core = "c",
            .kernels = cases[i].kernels,
            .dwt = cases[i].dwt };
        char fingerprint[HASH_HEX];
        struct err err = { 0 };
        json_t *env;

        if (site_stable(&site, &b, "int8", &env, fingerprint, &err) != ST_OK)
            fail_msg("%s", err.text);
        assert_string_equal(
            json_get_string(env, "counter_source", ""), cases[i].clock);
        assert_string_equal(json_get_string(env, "kernels", ""), cases[i].set);
        json_decref(env);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_is_compared_on_a_noisy_line),
        cmocka_unit_test(a_layer_with_other_bytes_is_named),
        cmocka_unit_test(
            a_network_too_large_says_what_it_needs_and_what_there_is),
        cmocka_unit_test(
            a_board_that_loses_its_power_is_loaded_again_and_told_of),
        cmocka_unit_test(a_board_that_stays_silent_is_lost),
        cmocka_unit_test(an_emulated_row_has_counts_and_no_time),
        cmocka_unit_test(counts_that_differ_between_rounds_are_refused),
        cmocka_unit_test(an_emulator_that_is_missing_or_old_is_named),
        cmocka_unit_test(the_environment_tells_the_clock_and_the_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
