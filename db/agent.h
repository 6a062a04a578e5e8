/* SPDX-License-Identifier: MIT */
/*
 * agent.h -- agents and their sessions.
 *
 * An agent has at most one live session.  Opening one voids the agent's old
 * one: its leases end (as infrastructure failures: the agent died with them)
 * and its devices move to the new session.  A session that has been silent
 * for its time is offline but may come back, unless another agent has taken
 * one of its devices meanwhile, which voids it.
 */
#ifndef OFFRAMP_DB_AGENT_H
#define OFFRAMP_DB_AGENT_H

#include "db/db.h"
#include "db/word.h"

#define KIND_BIT(kind) (1u << (kind))

struct session {
    char *id; /* random hex */
    char *agent;
    int64_t epoch; /* counts the agent's sessions, from 1 */
    enum session_state state;
    int64_t kinds; /* set of KIND_BIT(): tasks it runs */
    char *version; /* the agent program's */
    char *labels;  /* document */
    int64_t created_ms, last_seen_ms;
    int64_t expires_ms; /* offline from then on */
};

void session_clear(struct session *s);

/* A device as an agent presents it. */
struct device_offer {
    const char *name, *labels, *env, *env_fingerprint;
};

struct session_offer {
    const char *agent, *version, *labels;
    unsigned kinds;
    const struct device_offer *devices;
    size_t n_devices;
    int64_t ttl_ms; /* silent for so long: offline */
    int64_t now_ms;
};

/* Open a session.  ST_CONFLICT "agent.device_taken": another live agent has
 * that device. */
enum status db_session_open(struct db *db, const struct session_offer *offer,
    struct session *out, struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "session.not_found".  A void or closed session is found too:
 * see its state. */
enum status db_session_get(struct db *db, const char *id, struct session *out,
    struct err *err) MUST_CHECK;

/* The agent spoke: online for `ttl_ms` more.  ST_NOT_FOUND; ST_GONE
 * "session.void" where it has ended.  Leasing and extending do this too. */
enum status db_session_touch(struct db *db, const char *id, int64_t ttl_ms,
    int64_t now_ms, struct err *err) MUST_CHECK;

/* A clean end: its leases return to the queue, attempts not counted.  Closing
 * twice is fine.  ST_NOT_FOUND. */
enum status db_session_close(
    struct db *db, const char *id, int64_t now_ms, struct err *err) MUST_CHECK;

/* Every agent that ever came, with its newest session, by name. */
typedef enum status session_fn(const struct session *s, void *ctx);
enum status db_agent_list(
    struct db *db, session_fn *fn, void *ctx, struct err *err) MUST_CHECK;

#endif
