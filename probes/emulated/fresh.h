/* SPDX-License-Identifier: MIT */
/*
 * fresh.h -- questions answered by processes to which nothing happened yet.
 *
 * fresh_start() leaves a copy of this process as it is then.  Each question
 * goes to a new copy of that one, so an answer hangs on the question and on
 * what was before fresh_start(), and on nothing that was asked or done since:
 * the same memory at the same addresses every time.
 *
 * Questions and answers are plain bytes of fixed sizes.  One thread, and no
 * other may run when fresh_start() is called.
 */
#ifndef OFFRAMP_EMULATED_FRESH_H
#define OFFRAMP_EMULATED_FRESH_H

#include <stddef.h>

#include "base/status.h"

enum { FRESH_BYTES_MAX = 8192 };

struct fresh_work {
    size_t question, answer; /* bytes; FRESH_BYTES_MAX at most */
    /* MAY: in the copy that is kept, before the first answer: what all of
     * them need. */
    void (*open)(void);
    /* In a new copy: fill `answer`, which is zero. */
    void (*run)(const void *question, void *answer);
};

struct fresh; /* opaque: see fresh.c */

/* `work` must live as long as the copy: static memory.  Ended with
 * fresh_stop(). */
enum status fresh_start(struct fresh **out, const struct fresh_work *work,
    struct err *err) MUST_CHECK;

/* ST_UNAVAILABLE, code "device.crashed": the copy did not live to answer; the
 * next question is answered all the same. */
enum status fresh_ask(struct fresh *f, const void *question, void *answer,
    struct err *err) MUST_CHECK;

/* NULL is ignored. */
void fresh_stop(struct fresh *f);

#endif
