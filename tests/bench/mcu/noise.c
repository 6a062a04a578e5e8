/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "probes/mcu/board.h"
#include "unit/mcu/memory_board.h"
#include "unit/mcu/network.h"

enum { RUNS = 10000, POOL = 64 << 10, TRIES = 200 };

/* What became of the runs. */
struct tally {
    int right, wrong, reported;
};

static void
count(struct tally *t, enum status st, uint32_t got, uint32_t want)
{
    if (st != ST_OK)
        t->reported++;
    else if (got == want)
        t->right++;
    else
        t->wrong++;
}

bool
noise_report(void)
{
    struct tally t = { 0 };
    struct rng rng = { 61 };
    uint32_t want[NN_LAYERS_MAX];
    struct memory_board m;
    struct network n;
    struct board *b;
    struct err err = { 0 };

    memory_board_init(&m, POOL, 0);
    network_make(&n, NN_I8, &rng);
    if (board_open(&b, &m.line.port, &err) != ST_OK)
        return false;
    for (uint32_t i = 0; i < network_head(&n)->n_layers; i++)
        want[i] = network_crc(&n, i);
    m.line.share = 0.01;
    b->client.tries = TRIES;
    if (board_load(b, n.image, n.len, &err) != ST_OK)
        return false;
    for (uint32_t i = 0; i < RUNS; i++) {
        uint32_t layer = i % network_head(&n)->n_layers;
        struct board_run run = { 0 };
        enum status st = ST_OK;

        err_clear(&err);
        if (layer == 0)
            st = board_input(b, n.input, network_head(&n)->in_bytes, &err);
        if (st == ST_OK)
            st = board_run(b, layer, layer + 1, 1, 0, &run, &err);
        count(&t, st, run.crc, want[layer]);
    }
    printf("%d layer runs, %.2f %% of %llu bytes damaged: %d right, %d wrong, "
           "%d reported as failed; %llu requests were sent again\n",
        RUNS, 100.0 * (double)m.line.damaged / (double)m.line.bytes,
        (unsigned long long)m.line.bytes, t.right, t.wrong, t.reported,
        (unsigned long long)b->client.repeats);
    network_clear(&n);
    board_close(b);
    memory_board_clear(&m);
    return t.wrong == 0;
}
