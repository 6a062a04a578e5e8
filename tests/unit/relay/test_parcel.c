/* SPDX-License-Identifier: MIT */
/* Tensors that cross as int8 come back as the same float32, bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probes/nn/real.h"
#include "probes/relay/parcel.h"

enum { VALUES = 256, OTHERS = 3 };

static void
what_a_board_made_in_int8_crosses_as_bytes_and_loses_nothing(void **state)
{
    static const struct {
        double scale;
        int64_t zero;
    } boards[] = { { 0.0235, -128 }, { 1e-6, 127 }, { 3.7, 0 } };

    (void)state;
    for (size_t b = 0; b < sizeof(boards) / sizeof(boards[0]); b++) {
        const struct stretch_tensors list = {
            .item = { { "coded", VALUES * sizeof(float), 0, boards[b].scale,
                          boards[b].zero },
                { "plain", OTHERS * sizeof(float), VALUES * sizeof(float), 0,
                    0 } },
            .n = 2,
            .bytes = (VALUES + OTHERS) * sizeof(float),
        };
        float want[VALUES + OTHERS], got[VALUES + OTHERS] = { 0 };
        uint8_t parcel[VALUES + OTHERS * sizeof(float)];

        for (int i = 0; i < VALUES; i++)
            want[i] =
                nn_to_real((int8_t)(i - 128), boards[b].scale, boards[b].zero);
        for (int i = 0; i < OTHERS; i++)
            want[VALUES + i] = 0.1F * (float)i;
        assert_true(parcel_is_coded(&list));
        assert_int_equal(parcel_bytes(&list), sizeof(parcel));
        parcel_pack(&list, want, parcel);
        parcel_unpack(&list, parcel, got);
        assert_memory_equal(want, got, sizeof(want));
    }
}

static void
float32_crosses_as_it_is(void **state)
{
    const struct stretch_tensors list = {
        .item = { { "plain", OTHERS * sizeof(float), 0, 0, 0 } },
        .n = 1,
        .bytes = OTHERS * sizeof(float),
    };

    (void)state;
    assert_false(parcel_is_coded(&list));
    assert_int_equal(parcel_bytes(&list), list.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_a_board_made_in_int8_crosses_as_bytes_and_loses_nothing),
        cmocka_unit_test(float32_crosses_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
