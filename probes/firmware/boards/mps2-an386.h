/* SPDX-License-Identifier: MIT */
/* mps2-an386.h -- Arm's an386 image for its MPS board: Cortex-M4. */
#define BOARD_NAME     "mps2-an386"
#define BOARD_CORE     "cortex-m4"
#define BOARD_HZ       25000000
#define BOARD_UART     0x40004000
#define BOARD_UART_IRQ 0
#define BOARD_MARK     0x40028000 /* LEDs; the first one */
#define BOARD_MARK_BIT 1u
