/* SPDX-License-Identifier: MIT */
/*
 * beat.h -- the heartbeat: a thread of its own with a connection of its own,
 * so that a long measurement never looks dead.
 *
 * It carries the progress of the lease at hand and brings back what the
 * server wants.  The functions below are called by the main thread only.
 */
#ifndef OFFRAMP_AGENT_BEAT_H
#define OFFRAMP_AGENT_BEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

struct beat;

enum status beat_start(struct beat **out, const char *server, const char *token,
    struct err *err) MUST_CHECK;
/* End the thread; NULL is ignored. */
void beat_stop(struct beat *b);

/* Beat for this session from now on, every `pace_s`; NULL: be silent. */
void beat_session(struct beat *b, const char *session, double pace_s);

/* Keep this lease alive; 0: none. */
void beat_lease(struct beat *b, int64_t lease);

/* What the child said of its progress: {phase, done, total, detail}, checked
 * here, ignored where it makes no sense. */
void beat_progress(struct beat *b, const json_t *progress);

/* Readable when there is news. */
int beat_fd(const struct beat *b);

struct beat_news {
    bool cancel; /* the lease at hand is to end */
    bool finish; /* it is to end with what it has */
    bool lost;   /* the server knows the session no more */
    bool drain;  /* lease nothing more for now */
};

/* What is the case; the fd is quiet until there is something new. */
struct beat_news beat_news(struct beat *b);

#endif
