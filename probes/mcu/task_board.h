/* SPDX-License-Identifier: MIT */
/* task_board.h -- the tasks `profile`, `golden` and `link` of a
 * microcontroller board (../README.md). */
#ifndef OFFRAMP_MCU_TASK_BOARD_H
#define OFFRAMP_MCU_TASK_BOARD_H

#include <stdbool.h>

#include "probes/agent/task.h"

/* Is the task's device a board of this host?  Then these do it. */
bool task_is_for_board(const struct task *t);

enum status task_board_profile(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;
enum status task_board_golden(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

/* The board's own line, role `line` (task_line.c). */
enum status task_board_link(
    struct task *t, json_t **result, struct err *err) MUST_CHECK;

#endif
