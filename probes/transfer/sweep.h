/* SPDX-License-Identifier: MIT */
/*
 * sweep.h -- a link measured: messages of rising size there and back, in
 * random interleaved rounds, and a line through their times in each
 * direction.
 *
 * The clocks of two machines are not compared.  What is timed is an exchange,
 * by the side that asks: `forward` bytes go there, then `back` bytes come.
 * With one byte back, what grows with `forward` is the way there; the base of
 * one way is half of what an exchange costs beyond its bytes.
 *
 * A `struct exchange` is the seam to what carries the bytes (tcp.h; a serial
 * line).  One thread; times come from the exchange, so tests need no clock.
 */
#ifndef OFFRAMP_TRANSFER_SWEEP_H
#define OFFRAMP_TRANSFER_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/measure/stats.h"
#include "probes/transfer/line.h"

enum { SWEEP_SIZES_MAX = 13, SWEEP_ROUNDS_MAX = 183 };

struct exchange {
    const char *transport; /* "tcp", "serial" */
    size_t max_bytes;      /* the largest message it carries */
    int64_t work_ns;       /* each end works so long before its message, which
                            * is in no time but in the budget */
    /* Send `forward` bytes (at least 1) and take `back` bytes (at least 1);
     * *ns is the time from the first to the last. */
    enum status (*run)(
        void *ctx, size_t forward, size_t back, int64_t *ns, struct err *err);
    void *ctx;
};

struct sweep_policy {
    double ci_rel;     /* 0.03: half-width over median, of every size */
    size_t max_rounds; /* SWEEP_ROUNDS_MAX at most */
    int64_t budget_ns; /* of exchanging */
    size_t max_bytes;  /* of a message */
    uint64_t seed;
    void (*tick)(void *ctx, size_t rounds); /* MAY: after every round */
    void *tick_ctx;
};

enum { SWEEP_SEND, SWEEP_RECEIVE, SWEEP_WAYS };

/* One direction. */
struct sweep_way {
    struct stats at[SWEEP_SIZES_MAX]; /* of exchanges, in ns */
    struct line_interval fit;         /* of exchanges: base is there and back */
};

struct sweep {
    size_t bytes[SWEEP_SIZES_MAX], n; /* sizes that were measured */
    size_t rounds;
    const char *stop_reason; /* "ci_met", "max_rounds" or "max_time" */
    struct sweep_way way[SWEEP_WAYS];
    int64_t flags;
    double ci_rel; /* the widest of the fits' intervals */
};

/* ST_INVALID "link.slow": not even three sizes fit into the budget once; or
 * what the exchange fails with. */
enum status sweep_run(const struct exchange *x, const struct sweep_policy *p,
    struct sweep *out, struct err *err) MUST_CHECK;

#endif
