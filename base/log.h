/* SPDX-License-Identifier: MIT */
/*
 * log.h -- one line a message on standard error: time, level, program, text.
 * Control characters are escaped, so a hostile string cannot forge a line.
 * Any thread may log.
 */
#ifndef OFFRAMP_BASE_LOG_H
#define OFFRAMP_BASE_LOG_H

#include "base/status.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Call once from main.  `program` is borrowed for the whole run. */
void log_init(const char *program, enum log_level level);

/* "error", "warn", "info" or "debug"; ST_INVALID (code "cli.option"). */
enum status log_level_from(
    const char *name, enum log_level *out, struct err *err) MUST_CHECK;

void log_at(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
