/* SPDX-License-Identifier: MIT */
/* The firmware: say hello, then answer what comes over the line. */
#include "probes/firmware/board.h"
#include "probes/firmware/device.h"
#include "probes/firmware/hardware.h"

extern uint8_t fw_pool[], fw_pool_end[];

static bool reset_wanted;

static void
start(void)
{
    uart_listen(false);
    ticks_start(TICKS_PERIOD);
}

static uint64_t
stop(void)
{
    uint64_t ticks = ticks_now();

    uart_listen(true);
    return ticks;
}

static void
want_reset(void)
{
    reset_wanted = true;
}

int
main(void)
{
    const struct device_board board = {
        .name = BOARD_NAME,
        .core = BOARD_CORE,
        .clock_hz = BOARD_HZ,
        .counter_bits = TICKS_BITS,
#ifdef __ARM_FEATURE_DSP
        .dsp = true,
#endif
        .pool = fw_pool,
        .pool_bytes = (size_t)(fw_pool_end - fw_pool),
        .start = start,
        .stop = stop,
        .selftest = ticks_selftest,
        .reset = want_reset,
    };
    static struct device device;
    char hello[FRAME_LINE];
    const char *line = hello;

    device_init(&device, &board);
    uart_start();
    ticks_start(TICKS_PERIOD);
    uart_write(hello, device_hello(&device, hello));
    while (!reset_wanted) {
        size_t n = responder_push(&device.responder, uart_read(), &line);

        uart_write(line, n);
    }
    fw_reboot();
}
