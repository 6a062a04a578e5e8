/* SPDX-License-Identifier: MIT */
#include "server/auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "db/token.h"
#include "server/server.h"

static const struct {
    const char *word;
    unsigned scopes;
} scope_words[] = {
    { "read", SCOPE_READ },
    { "submit", SCOPE_SUBMIT | SCOPE_READ },
    { "admin", SCOPE_ADMIN | SCOPE_SUBMIT | SCOPE_READ | SCOPE_AGENT },
};

void
auth_token_make(char out[AUTH_TOKEN_TEXT])
{
    memcpy(out, "offramp_", 8);
    hash_random_hex(AUTH_TOKEN_BYTES, out + 8);
}

bool
auth_name_valid(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n < 64 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789._-") == n;
}

static enum status
read_scope(const char *word, struct identity *out, struct err *err)
{
    for (size_t i = 0; i < sizeof(scope_words) / sizeof(scope_words[0]); i++)
        if (strcmp(word, scope_words[i].word) == 0) {
            out->scopes |= scope_words[i].scopes;
            return ST_OK;
        }
    if (strncmp(word, "agent:", 6) == 0 && auth_name_valid(word + 6) &&
        out->agent[0] == '\0') {
        out->scopes |= SCOPE_AGENT;
        snprintf(out->agent, sizeof(out->agent), "%s", word + 6);
        return ST_OK;
    }
    return err_set(err, ST_INVALID, "auth.scope",
        "'%s' is no scope: read, submit, admin and one agent:NAME are", word);
}

enum status
auth_scopes_read(const char *text, struct identity *out, struct err *err)
{
    char copy[256], *rest = NULL;
    enum status st;

    if (strlen(text) >= sizeof(copy))
        return err_set(err, ST_INVALID, "auth.scope", "too many scopes");
    strcpy(copy, text);
    for (char *w = strtok_r(copy, ", ", &rest); w != NULL;
         w = strtok_r(NULL, ", ", &rest))
        if ((st = read_scope(w, out, err)) != ST_OK)
            return st;
    if (out->scopes == 0)
        return err_set(err, ST_INVALID, "auth.scope",
            "a token needs a scope: read, submit, admin or agent:NAME");
    return ST_OK;
}

/* "localhost", "127.x.y.z" or "[::1]", with or without a port. */
static bool
host_is_loopback(const char *host)
{
    size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    const char *port = host + n;

    if (n > strlen(host) || (port[0] != '\0' && port[0] != ':') ||
        strspn(port, ":0123456789") != strlen(port))
        return false;
    if ((n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
        (n == 5 && strncmp(host, "[::1]", 5) == 0))
        return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == n;
}

/* Without tokens anything that reaches the port is trusted, so a page from
 * elsewhere must not reach it: neither under a name of its own that resolves
 * to loopback (Host), nor by sending a form or a fetch here (Origin). */
static enum status
check_loopback(struct request *rq)
{
    const char *host = request_header(rq, "Host");
    const char *origin = request_header(rq, "Origin");

    if (host == NULL || !host_is_loopback(host))
        return err_set(&rq->err, ST_FORBIDDEN, "auth.host",
            "Host '%.80s' is not loopback: call http://127.0.0.1 or "
            "http://localhost, or start offrampd with --auth",
            host ? host : "");
    if (origin != NULL && (strncasecmp(origin, "http://", 7) != 0 ||
                              strcasecmp(origin + 7, host) != 0))
        return err_set(&rq->err, ST_FORBIDDEN, "auth.origin",
            "Origin '%.80s' is not this service: pages of other sites may "
            "not call it",
            origin);
    return ST_OK;
}

static enum status
check_stored(struct request *rq, const char *hash)
{
    struct token t = { 0 };
    struct err bad = { 0 };
    enum status st = db_token_use(rq->db, hash, rq->now_ms, &t, &bad);

    if (st == ST_NOT_FOUND)
        return err_set(&rq->err, ST_UNAUTHORIZED, "auth.token",
            "this token is not known here: offrampd token list shows those "
            "that are");
    if (st == ST_OK)
        st = auth_scopes_read(t.scopes, &rq->who, &bad);
    if (st == ST_OK)
        snprintf(rq->who.owner, sizeof(rq->who.owner), "%s", t.name);
    else
        err_set(&rq->err, st, bad.code, "%s", bad.text);
    token_clear(&t);
    return st;
}

static enum status
check_token(struct request *rq)
{
    const char *header = request_header(rq, "Authorization"), *local;
    char hash[HASH_HEX];

    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return err_set(&rq->err, ST_UNAUTHORIZED, NULL,
            "this call needs the header Authorization: Bearer TOKEN; "
            "offrampd token add makes one");
    header += 7 + strspn(header + 7, " ");
    hash_bytes(header, strlen(header), hash);
    if ((local = server_trusted(rq->server, hash)) == NULL)
        return check_stored(rq, hash);
    rq->who.scopes = SCOPE_AGENT;
    snprintf(rq->who.owner, sizeof(rq->who.owner), "%s", local);
    snprintf(rq->who.agent, sizeof(rq->who.agent), "%s", local);
    return ST_OK;
}

static enum status
check_scope(struct request *rq)
{
    static const char *const names[] = { "read", "submit", "agent:NAME" };
    char wanted[64] = "";

    if (rq->who.scopes & (rq->route->scopes | SCOPE_ADMIN))
        return ST_OK;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (rq->route->scopes & (1u << i))
            snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted),
                "%s%s", wanted[0] ? " or " : "", names[i]);
    return err_set(&rq->err, ST_FORBIDDEN, "auth.scope",
        "the token '%s' may not do this: it needs the scope %s", rq->who.owner,
        wanted[0] ? wanted : "admin");
}

enum status
auth_check(struct request *rq)
{
    const struct server_config *config = server_config(rq->server);
    enum status st;

    rq->who = (struct identity){ 0 };
    if (!config->auth) {
        rq->who.scopes = SCOPE_READ | SCOPE_SUBMIT | SCOPE_AGENT | SCOPE_ADMIN;
        return check_loopback(rq);
    }
    if (rq->route->scopes == SCOPE_ANYONE)
        return ST_OK;
    if ((st = check_token(rq)) != ST_OK)
        return st;
    return check_scope(rq);
}

enum status
auth_agent(struct request *rq, const char *agent)
{
    const size_t n = strlen(rq->who.agent);

    /* A host's boards are agents of their own: "NAME.BOARD". */
    if ((rq->who.scopes & SCOPE_ADMIN) || strcmp(rq->who.agent, agent) == 0 ||
        (n > 0 && strncmp(rq->who.agent, agent, n) == 0 && agent[n] == '.'))
        return ST_OK;
    return err_set(&rq->err, ST_FORBIDDEN, "auth.agent",
        "the token '%s' may not speak for the agent '%s': make one with "
        "offrampd token add --scope agent:%s",
        rq->who.owner, agent, agent);
}
