/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *log_program = "offramp";
static enum log_level log_threshold = LOG_INFO;

static const char *const names[] = { "error", "warn", "info", "debug" };

void
log_init(const char *program, enum log_level level)
{
    log_program = program;
    log_threshold = level;
}

enum status
log_level_from(const char *name, enum log_level *out, struct err *err)
{
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum log_level)i;
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "cli.option",
        "--log-level: error, warn, info or debug, not '%s'", name);
}

void
log_at(enum log_level level, const char *fmt, ...)
{
    char text[900], line[1024], now[CLOCK_TEXT];
    va_list ap;
    int n;

    if (level > log_threshold)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    clock_utc_text(clock_utc_ms(), now);
    n = snprintf(line, sizeof(line), "%s %s %s: %s\n", now, names[level],
        log_program, text);
    /* One write a line: lines of several threads do not mix. */
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere left to complain */
}
