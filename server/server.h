/* SPDX-License-Identifier: MIT */
/*
 * server.h -- what the parts of one running offrampd share: its settings, the
 * pool of connections to the store, the bell, the counters.
 *
 * All functions may be called from any thread.  Opening one needs no socket,
 * so handlers are tested with it (listening is mhd.h).
 */
#ifndef OFFRAMP_SERVER_SERVER_H
#define OFFRAMP_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "db/db.h"

struct server; /* opaque: see server.c */
struct waits;  /* wait.h */

struct server_config {
    const char *db_path; /* borrowed for the server's life, as all text here */
    bool auth;           /* ask for tokens */
    int64_t max_blob_bytes;
    int64_t lease_ttl_ms; /* a lease lives so long without a heartbeat */
    int64_t heartbeat_ms; /* what agents are told */
    int64_t poll_ms;      /* longest long poll */
    int64_t head_ms;      /* for a new connection's first request to be there */
    double audit_rate;    /* of cached rows, measured again all the same */
};

/* Settings as protocol.md 4 gives them, for `db_path`. */
struct server_config server_defaults(const char *db_path);

/* Open the store (and migrate it).  On ST_OK the caller ends *out with
 * server_close(), after whatever uses it has ended. */
enum status server_open(struct server **out, const struct server_config *config,
    struct err *err) MUST_CHECK;
void server_close(struct server *s);

const struct server_config *server_config(const struct server *s);

/* Borrow a connection to the store; give it back from the same thread. */
enum status server_db_take(
    struct server *s, struct db **out, struct err *err) MUST_CHECK;
void server_db_give(struct server *s, struct db *db);

/* Milliseconds since 1970, for requests and deadlines.  Where the system's
 * clock is set, this goes on as before until server_follow_clock() is called.
 */
int64_t server_now_ms(const struct server *s);

/* Follow the system's clock, which says `utc_ms`.  A step of SERVER_STEP_MS or
 * more, either way, moves all that is due by the clock first.  *step_ms is 0
 * where there was none.  Call every second, from one thread. */
enum { SERVER_STEP_MS = 2000 };
enum status server_follow_clock(struct server *s, struct db *db, int64_t utc_ms,
    int64_t *step_ms, struct err *err) MUST_CHECK;

/* Something was committed that a long poll may be waiting for: wake all, or
 * but those who ask for work.  New work: work_announce() of work_call.h. */
void server_ring(struct server *s);
void server_ring_watchers(struct server *s);
struct waits *server_waits(struct server *s);

/* Trust this token (its SHA-256) as the agent `agent`'s, for as long as the
 * server lives: the workers it starts itself need none that is stored.  Call
 * before listening; at most SERVER_TRUSTED times. */
enum { SERVER_TRUSTED = 16 };
void server_trust(struct server *s, const char *agent, const char *sha256);

/* The agent whose token that is, or NULL. */
const char *server_trusted(const struct server *s, const char *sha256);

/* Count an answer for /metrics, by its status; read what was counted. */
enum { SERVER_CLASSES = 6 }; /* [2]: 200 to 299, and so on */
void server_count(struct server *s, int status);
void server_counts(struct server *s, int64_t out[SERVER_CLASSES]);

#endif
