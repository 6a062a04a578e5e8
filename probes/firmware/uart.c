/* SPDX-License-Identifier: MIT */
/* Arm CMSDK UART: 8 data bits, no parity, 115,200 baud. */
#include "probes/firmware/board.h"
#include "probes/firmware/hardware.h"

enum { BAUD = 115200, RING = 512 };

/* STATE: 1 transmit full, 2 receive full.  CONTROL: 1 transmit, 2 receive,
 * 8 the interrupt of receiving. */
#define DATA     (BOARD_UART + 0x00)
#define STATE    (BOARD_UART + 0x04)
#define CONTROL  (BOARD_UART + 0x08)
#define CLEAR    (BOARD_UART + 0x0c)
#define DIVIDER  (BOARD_UART + 0x10)
#define NVIC_SET 0xe000e100
#define NVIC_CLR 0xe000e180

static volatile char ring[RING];
static volatile uint32_t head, tail; /* written by the interrupt; by main */

void
uart_received(void)
{
    REG(CLEAR) = 2;
    while (REG(STATE) & 2) {
        char c = (char)REG(DATA);

        if (head - tail < RING) { /* else it is lost, and sent again */
            ring[head % RING] = c;
            head++;
        }
    }
}

void
uart_listen(bool on)
{
    uint32_t base = on ? NVIC_SET : NVIC_CLR;

    for (uint32_t irq = BOARD_UART_IRQ; irq < BOARD_UART_IRQ + 2; irq++)
        REG(base + irq / 32 * 4) = 1u << irq % 32;
    __asm__ volatile("dsb\n isb");
}

void
uart_start(void)
{
    REG(DIVIDER) = BOARD_HZ / BAUD;
    REG(CONTROL) = 1 | 2 | 8;
    uart_listen(true);
}

void
uart_write(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        while (REG(STATE) & 1)
            ;
        REG(DATA) = (uint8_t)data[i];
    }
}

char
uart_read(void)
{
    char c;

    /* With interrupts masked, one that comes still ends the sleep; so none
     * can slip in between the look and the sleep. */
    __asm__ volatile("cpsid i");
    while (head == tail) {
        __asm__ volatile("wfi");
        __asm__ volatile("cpsie i\n isb\n cpsid i");
    }
    __asm__ volatile("cpsie i");
    c = ring[tail % RING];
    tail++;
    return c;
}
