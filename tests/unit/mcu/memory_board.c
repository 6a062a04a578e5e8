/* SPDX-License-Identifier: MIT */
#include "memory_board.h"

#include <stdlib.h>

/* A board has no context either: one at a time. */
static struct memory_board *current;

static void
start(void)
{
}

static uint64_t
stop(void)
{
    return 1000 + current->growth * current->runs++;
}

static void
selftest(struct device_selftest *out)
{
    *out = (struct device_selftest){ !current->clock_stuck, true, 1 };
}

static void
reset(void)
{
    current->wants_reset = true;
}

void
memory_board_reboot(struct memory_board *m)
{
    char hello[FRAME_LINE];

    device_init(&m->device, &m->board);
    m->line.board = &m->device.responder;
    noisy_say(&m->line, hello, device_hello(&m->device, hello));
}

/* The line of a noisy board, which also does what `reset` asked for. */
static const struct port_ops *noisy_ops;

static enum status
board_write(struct port *p, const void *data, size_t len, struct err *err)
{
    enum status st = noisy_ops->write(p, data, len, err);

    if (current->reboot_after > 0 && --current->reboot_after == 0)
        memory_board_reboot(current);
    if (current->wants_reset) {
        current->wants_reset = false;
        current->clock_stuck = current->clock_stuck && !current->heals;
        memory_board_reboot(current);
    }
    return st;
}

static enum status
board_restart(struct port *p, struct err *err)
{
    (void)p;
    (void)err;
    current->line.fault = NOISY_NONE;
    current->restarts++;
    memory_board_reboot(current);
    return ST_OK;
}

void
memory_board_init(struct memory_board *m, size_t pool, double share)
{
    static struct port_ops ops;

    *m = (struct memory_board){ .board = { .name = "memory",
                                    .core = "host",
                                    .clock_hz = 1000,
                                    .counter_bits = 64,
                                    .kernels = nn_kernels_built(),
                                    .pool = calloc(1, pool),
                                    .pool_bytes = pool,
                                    .start = start,
                                    .stop = stop,
                                    .selftest = selftest,
                                    .reset = reset } };
    if (m->board.pool == NULL)
        abort();
    current = m;
    noisy_init(&m->line, &m->device.responder, share);
    noisy_ops = m->line.port.ops;
    ops = *noisy_ops;
    ops.write = board_write;
    ops.restart = board_restart;
    m->line.port.ops = &ops;
    memory_board_reboot(m);
}

void
memory_board_clear(struct memory_board *m)
{
    noisy_clear(&m->line);
    free(m->board.pool);
    current = NULL;
}
