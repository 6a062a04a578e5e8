/* SPDX-License-Identifier: MIT */
/* From reset to main: vectors, memory, floating point, faults. */
#include <string.h>

#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

/* From the linker script; only the addresses mean anything. */
extern uint8_t fw_data[], fw_data_end[], fw_data_load[];
extern uint8_t fw_bss[], fw_bss_end[], fw_stack[];

enum { SYSTEM_VECTORS = 16, IRQS = BOARD_UART_IRQ + 2 };

#define CPACR 0xe000ed88 /* coprocessor access */
#define VTOR  0xe000ed08
#define AIRCR 0xe000ed0c

void fw_reset(void);
int main(void);

void
fw_reboot(void)
{
    REG(AIRCR) = 0x05fa0004; /* the key, SYSRESETREQ */
    for (;;)
        ;
}

/* A fault or an interrupt that nobody asked for: start anew, which the probe
 * notices. */
static void
unexpected(void)
{
    fw_reboot();
}

typedef void vector_fn(void);

/* The first one is the stack's top. */
static const struct {
    uint8_t *stack;
    vector_fn *reset, *system[SYSTEM_VECTORS - 2], *irq[IRQS];
} vectors __attribute__((section(".vectors"), used)) = {
    .stack = fw_stack,
    .reset = fw_reset,
    .system = { [0 ... SYSTEM_VECTORS - 4] = unexpected,
        [SYSTEM_VECTORS - 3] = ticks_wrapped },
    .irq = { [BOARD_UART_IRQ] = uart_received,
        [BOARD_UART_IRQ + 1] = uart_received },
};

void
fw_reset(void)
{
    REG(VTOR) = (uint32_t)(uintptr_t)&vectors;
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    REG(CPACR) |= 0xfu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    memcpy(fw_data, fw_data_load, (size_t)(fw_data_end - fw_data));
    memset(fw_bss, 0, (size_t)(fw_bss_end - fw_bss));
    main();
}
