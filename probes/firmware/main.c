/* SPDX-License-Identifier: MIT */
/* The firmware: say hello, then answer what comes over the line. */
#include "probes/firmware/board.h"
#include "probes/firmware/device.h"
#include "probes/firmware/hardware.h"

extern uint8_t fw_pool[], fw_pool_end[];

static const struct ticker *ticker; /* chosen once */
static bool reset_wanted;

static void
start(void)
{
    uart_listen(false);
    ticker->start(false);
}

static uint64_t
stop(void)
{
    uint64_t ticks = ticker->now();

    uart_listen(true);
    return ticks;
}

static void
selftest(struct device_selftest *out)
{
    ticker_test(ticker, out);
}

static void
want_reset(void)
{
    reset_wanted = true;
}

int
main(void)
{
    struct device_board board = {
        .name = BOARD_NAME,
        .core = BOARD_CORE,
        .clock_hz = BOARD_HZ,
        .kernels = nn_kernels_built(),
        .pool = fw_pool,
        .pool_bytes = (size_t)(fw_pool_end - fw_pool),
        .start = start,
        .stop = stop,
        .selftest = selftest,
        .reset = want_reset,
        .mark = mark_set,
    };
    static struct device device;
    char hello[FRAME_LINE];
    const char *line = hello;

    ticker = ticker_choose(&ticker_dwt, &ticker_systick);
    board.counter_bits = ticker->bits;
    board.dwt = ticker == &ticker_dwt;
    device_init(&device, &board);
    uart_start();
    uart_write(hello, device_hello(&device, hello));
    while (!reset_wanted) {
        size_t n = responder_push(&device.responder, uart_read(), &line);

        uart_write(line, n);
    }
    fw_reboot();
}
