/* SPDX-License-Identifier: MIT */
/* mps2-an500.h -- Arm's an500 image for its MPS board: Cortex-M7. */
#define BOARD_NAME     "mps2-an500"
#define BOARD_CORE     "cortex-m7"
#define BOARD_HZ       25000000
#define BOARD_UART     0x40004000
#define BOARD_UART_IRQ 0
#define BOARD_MARK     0x40028000 /* LEDs; the first one */
#define BOARD_MARK_BIT 1u
