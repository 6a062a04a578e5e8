/* SPDX-License-Identifier: MIT */
/* mps3-an547.h -- Arm's an547 image for its MPS board: Cortex-M55. */
#define BOARD_NAME     "mps3-an547"
#define BOARD_CORE     "cortex-m55"
#define BOARD_HZ       32000000
#define BOARD_UART     0x59303000
#define BOARD_UART_IRQ 33
#define BOARD_MARK     0x59302000 /* LEDs; the first one */
#define BOARD_MARK_BIT 1u
