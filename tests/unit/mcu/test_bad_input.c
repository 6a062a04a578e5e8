/* SPDX-License-Identifier: MIT */
/* What goes wrong between a probe and a board, and under which name the result
 * tells of it: a recovery with its step, lines lost or repeated, or a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_board.h"
#include "network.h"
#include "probes/mcu/rig.h"
#include "probes/mcu/site.h"

enum { POOL = 64 << 10 };

struct trouble {
    const char *what;
    enum noisy_fault fault;
    double share;        /* of bytes damaged */
    int reboot_after;    /* requests */
    bool lost, repeated; /* lines, as the result tells */
    bool stale;
    const char *code, *step; /* of the one recovery; NULL: none */
};

static const struct trouble troubles[] = {
    { "noise", NOISY_NONE, 0.002, 0, true, true, false, NULL, NULL },
    { "truncated frames", NOISY_TRUNCATED, 0, 0, true, true, false, NULL,
        NULL },
    { "replayed frames", NOISY_REPLAYED, 0, 0, false, false, true, NULL, NULL },
    { "wrong CRC", NOISY_WRONG_CRC, 0, 0, true, true, false, NULL, NULL },
    { "a board that reboots", NOISY_NONE, 0, 9, false, false, false,
        "device.rebooted", "resync" },
    { "a board that hangs", NOISY_DEAF, 0, 0, false, true, false,
        "infra.board_silent", "restart" },
};

static void
check_trouble(const struct trouble *t, struct rig *r)
{
    json_t *told = rig_trouble(r);
    const json_t *list = json_object_get(told, "recoveries");
    const json_t *one = json_array_get(list, 0);

    if (json_array_size(list) != (t->code != NULL) ||
        (json_get_number(told, "line_lost") > 0) != t->lost ||
        (json_get_number(told, "line_repeats") > 0) != t->repeated ||
        (t->stale && !(json_get_number(told, "line_stale") > 0)))
        fail_msg("%s: %s", t->what, json_dumps(told, 0));
    if (t->code != NULL) {
        assert_string_equal(json_get_string(one, "code", ""), t->code);
        assert_string_equal(json_get_string(one, "step", ""), t->step);
    }
    json_decref(told);
}

/* rig_compare() sees to it that every layer's bytes are right. */
static void
every_trouble_is_survived_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        const struct trouble *t = &troubles[i];
        struct rng rng = { 101 };
        struct err err = { 0 };
        struct memory_board m;
        struct rig_check check;
        struct network n;
        struct board *b;
        struct rig rig;

        memory_board_init(&m, POOL, 0);
        network_make(&n, NN_I8, &rng);
        assert_int_equal(board_open(&b, &m.line.port, &err), ST_OK);
        assert_int_equal(rig_init(&rig, b, true, &err), ST_OK);
        assert_int_equal(rig_load(&rig, n.image, n.len, n.input, &err), ST_OK);
        b->client.tries = t->fault == NOISY_DEAF ? 2 : 20;
        m.line.fault = t->fault;
        m.line.share = t->share;
        m.reboot_after = t->reboot_after;
        for (int k = 0; k < 5; k++)
            if (rig_compare(&rig, &check, &err) != ST_OK)
                fail_msg("%s: %s: %s", t->what, err.code, err.text);
        check_trouble(t, &rig);
        assert_int_equal(m.restarts, t->fault == NOISY_DEAF);
        rig_clear(&rig);
        network_clear(&n);
        memory_board_clear(&m);
    }
}

/* ---- who a board is ---- */

static void
announce(const char *boards, enum status want, const char *code)
{
    struct err err = { 0 };
    json_t *out = NULL;

    assert_int_equal(setenv(SITE_ENV, boards, 1), 0);
    assert_int_equal(site_announce(&out, &err), want);
    if (want == ST_OK)
        assert_int_equal(json_object_size(out), 2);
    else
        assert_string_equal(err.code, code);
    json_decref(out);
    unsetenv(SITE_ENV);
}

static void
two_boards_with_one_id_are_refused(void **state)
{
    (void)state;
    announce("{\"a\":{\"serial\":\"/dev/none1\",\"id\":\"066CFF\"},"
             "\"b\":{\"serial\":\"/dev/none2\",\"id\":\"066CFF\"}}",
        ST_CONFLICT, "infra.duplicate_board");
    announce("{\"a\":{\"serial\":\"/dev/none1\",\"id\":\"066CFF\"},"
             "\"b\":{\"serial\":\"/dev/none2\",\"id\":\"066D00\"}}",
        ST_OK, NULL);
    announce("{\"a\":{\"qemu\":\"mps2-an1\"},\"b\":{\"qemu\":\"mps2-an386\"}}",
        ST_INVALID, "cli.option");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trouble_is_survived_and_named),
        cmocka_unit_test(two_boards_with_one_id_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
