/* SPDX-License-Identifier: MIT */
/* A cost table is of one source, and its bytes are what the device holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/export/bytes.h"

/* Two exits: layers 0 and 2 are their segments, layer 1 the first's head. */
static json_t *
make_model(void)
{
    return json_pack("{s:{s:[{s:i,s:i,s:i},{s:i,s:i,s:i},{s:i,s:i,s:i}],"
                     "s:[{s:s,s:i}],s:[{s:s,s:i,s:s,s:{s:[i]},s:{s:[i]}},"
                     "{s:s,s:i,s:s,s:{s:[i]},s:n}]}}",
        "analysis", "layers", "bytes_in", 400, "bytes_out", 800, "weight_bytes",
        1000, "bytes_in", 800, "bytes_out", 40, "weight_bytes", 120, "bytes_in",
        800, "bytes_out", 40, "weight_bytes", 2000, "boundaries", "tensor", "t",
        "bytes", 800, "exits", "name", "exit0", "after_layer", 0, "tensor", "t",
        "segment", "layers", 0, "head", "layers", 1, "name", "final",
        "after_layer", 2, "tensor", "u", "segment", "layers", 2, "head");
}

/* The same three layers in int8. */
static json_t *
make_image(void)
{
    return json_pack(
        "{s:s,s:[{s:i,s:i,s:i,s:i},{s:i,s:i,s:i,s:i},{s:i,s:i,s:i,s:i}],"
        "s:[{s:b,s:i}],s:[n,n,n]}",
        "type", "int8", "layers", "layer", 0, "image_bytes", 390, "live_bytes",
        300, "out_bytes", 200, "layer", 1, "image_bytes", 130, "live_bytes",
        210, "out_bytes", 10, "layer", 2, "image_bytes", 640, "live_bytes", 211,
        "out_bytes", 10, "feeds", "input", 1, "bytes", 100, "lacks");
}

static void
assert_bytes(const json_t *o, const int want[4])
{
    static const char *const names[] = { "input_bytes", "segment_bytes",
        "head_bytes", "peak_bytes" };

    for (int i = 0; i < 4; i++) {
        const json_t *v = json_object_get(o, names[i]);

        if (want[i] < 0
                ? !json_is_null(v)
                : json_integer_value(v) != want[i] || !json_is_integer(v))
            fail_msg(
                "%s is %g, not %d", names[i], json_number_value(v), want[i]);
    }
}

static void
a_boards_bytes_are_those_of_its_image(void **state)
{
    static const int network[2][4] = { { 400, 1000, 120, 1200 },
        { 800, 2000, 0, 840 } };
    static const int board[2][4] = { { 100, 390, 130, 300 },
        { 200, 640, 0, 211 } };
    struct export_input in = { .model = make_model() };

    (void)state;
    for (int with = 0; with < 2; with++) {
        in.image = with ? make_image() : NULL;
        for (size_t e = 0; e < 2; e++) {
            json_t *o = export_exit_bytes(&in, e);

            assert_bytes(o, with ? board[e] : network[e]);
            json_decref(o);
        }
    }
    json_decref(in.model);
    json_decref(in.image);
}

static void
bytes_of_what_an_image_lacks_or_does_not_say_are_null(void **state)
{
    struct export_input in = { .model = make_model(), .image = make_image() };
    json_t *o;

    (void)state;
    json_array_set_new(json_object_get(in.image, "lacks"), 1,
        json_pack("{s:s}", "reason", "boards have no Tanh"));
    json_object_del(json_array_get(json_object_get(in.image, "layers"), 2),
        "image_bytes"); /* of an older worker */
    o = export_exit_bytes(&in, 0);
    assert_bytes(o, (const int[4]){ 100, 390, -1, -1 });
    json_decref(o);
    o = export_exit_bytes(&in, 1);
    assert_bytes(o, (const int[4]){ 200, -1, 0, -1 });
    json_decref(o);
    json_decref(in.model);
    json_decref(in.image);
}

static json_t *
make_row(const char *role, int index, const char *source)
{
    const bool counts = strcmp(source, "emulated") == 0;
    json_t *row = json_pack("{s:s,s:s,s:i,s:s,s:{s:f}}", "level", "L6", "role",
        role, "index", index, "source", source, "counters", "instructions",
        1000.0);

    json_object_set_new(
        row, "median_ns", counts ? json_null() : json_real(1000));
    return row;
}

static void
counts_and_times_are_never_in_one_table(void **state)
{
    static const struct {
        const char *source[3];
        const char *code; /* NULL: a table */
    } cases[] = {
        { { "measured", "measured", "measured" }, NULL },
        { { "emulated", "emulated", "emulated" }, NULL },
        { { "modelled", "modelled", "modelled" }, NULL },
        { { "measured", "emulated", "measured" }, "costs.mixed" },
        { { "emulated", "emulated", "measured" }, "costs.mixed" },
        { { "modelled", "emulated", "modelled" }, "costs.mixed" },
        { { "measured", "measured", "modelled" }, "costs.mixed" },
    };
    struct export_input in = { .model = make_model(),
        .profile = json_pack("{s:i,s:s}", "id", 1, "device", "m4"),
        .min_grade = "X" };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const *from = cases[i].source;
        struct err err = { 0 };
        json_t *doc = NULL;
        enum status st;

        in.rows = json_pack("[o,o,o]", make_row("segment", 0, from[0]),
            make_row("head", 0, from[1]), make_row("segment", 1, from[2]));
        st = export_costs_document(&in, &doc, &err);
        if (cases[i].code == NULL) {
            assert_int_equal(st, ST_OK);
            assert_string_equal(json_get_string(doc, "source", ""), from[0]);
        } else {
            assert_int_equal(st, ST_CONFLICT);
            assert_string_equal(err.code, cases[i].code);
            assert_null(doc);
        }
        json_decref(doc);
        json_decref(in.rows);
    }
    json_decref(in.profile);
    json_decref(in.model);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boards_bytes_are_those_of_its_image),
        cmocka_unit_test(bytes_of_what_an_image_lacks_or_does_not_say_are_null),
        cmocka_unit_test(counts_and_times_are_never_in_one_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
