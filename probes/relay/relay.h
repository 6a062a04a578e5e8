/* SPDX-License-Identifier: MIT */
/*
 * relay.h -- tensors handed from one probe to another: one end serves (it runs
 * the rest of a network from there), the other asks, sample by sample, one
 * round trip each.
 *
 * The ends meet over a door of ../transfer/tcp.h, whose secret the server
 * hands from one to the other.  Both name what they are about to do (`what`, a
 * digest say), so that ends of two plans never talk past each other.  A peer
 * may itself ask another: its answer then tells of both (`hop`).
 *
 * Times are differences of one clock each: those of an answer are the asker's,
 * those of a hop its own.  Every frame has a limit and every wait ends.  Each
 * end belongs to one thread.
 */
#ifndef OFFRAMP_RELAY_RELAY_H
#define OFFRAMP_RELAY_RELAY_H

#include "probes/transfer/tcp.h"

enum {
    RELAY_BYTES_MAX = 64 << 20, /* of a sample's tensors */
    RELAY_VALUES_MAX = 1 << 16, /* of an answer */
    RELAY_HOPS_MAX = 8,         /* processors behind an asker */
    RELAY_WHAT_MAX = 64,        /* characters */
    RELAY_ANSWER_MS = 30000,    /* a usual wait for an answer */
};

/* What one processor behind the asker spent on a sample. */
struct relay_hop {
    double within_ns; /* from its tensors to its answer, those behind it
                       * included; NaN where the processor has no clock */
    double asked_ns;  /* of that, waiting for the one behind it; NaN: nobody
                       * was asked */
    double counts;    /* instructions; NaN where none are counted */
};

struct relay_answer {
    int64_t stage; /* where the sample left: an index that both ends know */
    int64_t class;
    double score;
    const float *values; /* borrowed until the next run: what the exit said */
    size_t n;
    struct relay_hop hop[RELAY_HOPS_MAX]; /* the one asked comes first */
    size_t hops;
    int64_t sent_ns, answered_ns; /* clock_ns() of the asker: before the first
                                   * byte, after the last */
};

/* ---- the end that serves ---- */

struct relay_service {
    const char *what; /* RELAY_WHAT_MAX characters at most */
    size_t bytes_in;  /* of a sample's tensors, one after the other */
    bool timeless;    /* an emulator: hops of it have no time */
    /* Fills stage, class, score, values, and of hop[0] the counts; what a
     * peer of its own answered goes behind that (relay_behind). */
    enum status (*run)(
        void *ctx, const void *in, struct relay_answer *out, struct err *err);
    /* MAY: in place of run(), for samples of any size up to bytes_in. */
    enum status (*run_sized)(void *ctx, const void *in, size_t bytes,
        struct relay_answer *out, struct err *err);
    void (*tick)(void *ctx, int64_t served); /* MAY: after every sample */
    void *ctx;
};

/*
 * Let an asker in, within `wait_ms`, and serve it until it says that it is
 * done.  A visitor who names another `what` or size is told so and sent away.
 * ST_TIMEOUT: "link.nobody_came", or "relay.asker_silent" (nothing for
 * `wait_ms`); ST_UNAVAILABLE "relay.asker_lost": it broke off; what run()
 * fails with, which the asker is told.  *served counts in every case.
 */
enum status relay_serve(struct tcp_door *d, const struct relay_service *s,
    int wait_ms, int64_t *served, struct err *err) MUST_CHECK;

/* Put the hops of a peer's answer, and the time it took, behind hop[0] of
 * `out`. */
void relay_behind(struct relay_answer *out, const struct relay_answer *peer);

/* ---- the end that asks ---- */

struct relay_peer {
    const char *name; /* for messages */
    const char *host, *secret;
    int port;
    const char *what;
    size_t bytes_in;
    int answer_ms; /* the longest wait for one answer */
};

struct relay_line; /* opaque: a connection */

/* ST_UNAVAILABLE: as tcp_dial(), or "relay.mismatch": the peer does something
 * else.  The texts name the peer.  The caller ends *out with relay_close(). */
enum status relay_open(struct relay_line **out, const struct relay_peer *peer,
    struct err *err) MUST_CHECK;

/*
 * Hand over one sample's tensors and wait for the answer.  ST_UNAVAILABLE
 * "relay.peer_lost" (the peer broke off), ST_TIMEOUT "relay.peer_slow" (no
 * answer in time), ST_CORRUPT "relay.frame"; a failure of the peer keeps its
 * code and status.  After a failure the line can only be closed.
 */
enum status relay_run(struct relay_line *l, const void *in,
    struct relay_answer *out, struct err *err) MUST_CHECK;

/* The same for a peer that takes samples of any size up to bytes_in. */
enum status relay_run_sized(struct relay_line *l, const void *in, size_t bytes,
    struct relay_answer *out, struct err *err) MUST_CHECK;

/* Where the peer runs. */
enum tcp_place relay_place(const struct relay_line *l);

/* Say that it is done, and close.  NULL is ignored. */
void relay_close(struct relay_line *l);

#endif
