/* SPDX-License-Identifier: MIT */
/* mps2-an505.h -- Arm's an505 image for its MPS board: Cortex-M33. */
#define BOARD_NAME     "mps2-an505"
#define BOARD_CORE     "cortex-m33"
#define BOARD_HZ       20000000
#define BOARD_UART     0x50200000
#define BOARD_UART_IRQ 32
#define BOARD_MARK     0x50302000 /* LEDs; the first one */
#define BOARD_MARK_BIT 1u
