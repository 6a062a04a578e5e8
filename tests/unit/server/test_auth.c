/* SPDX-License-Identifier: MIT */
/* Who may call: loopback rules, tokens, scopes. */
#include "unit/server/call.h"

#include <stdio.h>

#include "base/hash.h"
#include "db/token.h"
#include "server/auth.h"

static const char *
code_of(const struct answer *a)
{
    return json_string_value(json_object_get(a->json, "code"));
}

static void
loopback_insists_on_its_own_name(void **state)
{
    static const struct {
        const char *host, *origin;
        int status;
        const char *code;
    } cases[] = {
        { "127.0.0.1:8080", NULL, 200, NULL },
        { "localhost", NULL, 200, NULL },
        { "LocalHost:1", NULL, 200, NULL },
        { "[::1]:8080", NULL, 200, NULL },
        { "127.8.9.1", NULL, 200, NULL },
        { "evil.example", NULL, 403, "auth.host" },
        { "localhost.evil.example", NULL, 403, "auth.host" },
        { "127.0.0.1.evil.example", NULL, 403, "auth.host" },
        { "127.0.0.1:80@evil.example", NULL, 403, "auth.host" },
        { "10.0.0.1", NULL, 403, "auth.host" },
        { "[::2]", NULL, 403, "auth.host" },
        { "[::1", NULL, 403, "auth.host" },
        { "[::1]x", NULL, 403, "auth.host" },
        { "", NULL, 403, "auth.host" },
        { "localhost:8080", "http://localhost:8080", 200, NULL },
        { "localhost:8080", "HTTP://LOCALHOST:8080", 200, NULL },
        { "localhost:8080", "http://localhost:8081", 403, "auth.origin" },
        { "localhost:8080", "https://localhost:8080", 403, "auth.origin" },
        { "localhost:8080", "http://evil.example", 403, "auth.origin" },
        { "localhost:8080", "null", 403, "auth.origin" },
        { "localhost:8080", "", 403, "auth.origin" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer a = call_ask(*state,
            &(struct ask){ .method = "GET",
                .url = "/v1/jobs",
                .headers = { { "Host", cases[i].host },
                    { cases[i].origin ? "Origin" : NULL, cases[i].origin } } });

        if (a.status != cases[i].status)
            fail_msg("Host '%s', Origin '%s': %d", cases[i].host,
                cases[i].origin ? cases[i].origin : "-", a.status);
        if (cases[i].code != NULL)
            assert_string_equal(code_of(&a), cases[i].code);
        answer_clear(&a);
    }
}

static void
scopes_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned scopes; /* 0: refused */
        const char *agent;
    } cases[] = {
        { "read", SCOPE_READ, "" },
        { "submit", SCOPE_READ | SCOPE_SUBMIT, "" },
        { "read,submit", SCOPE_READ | SCOPE_SUBMIT, "" },
        { "agent:bench-1 read", SCOPE_READ | SCOPE_AGENT, "bench-1" },
        { "admin", SCOPE_READ | SCOPE_SUBMIT | SCOPE_AGENT | SCOPE_ADMIN, "" },
        { "", 0, NULL },
        { " , ", 0, NULL },
        { "write", 0, NULL },
        { "agent:", 0, NULL },
        { "agent:a/b", 0, NULL },
        { "agent:a agent:b", 0, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct identity who = { 0 };
        enum status st = auth_scopes_read(cases[i].text, &who, NULL);

        assert_int_equal(st, cases[i].scopes ? ST_OK : ST_INVALID);
        if (st != ST_OK)
            continue;
        assert_int_equal(who.scopes, cases[i].scopes);
        assert_string_equal(who.agent, cases[i].agent);
    }
}

/* Store a token with these scopes. */
static void
add_token(struct service *s, const char *text, const char *scopes)
{
    char hash[HASH_HEX];
    int64_t id;

    hash_bytes(text, strlen(text), hash);
    assert_int_equal(
        db_token_add(s->db, text, scopes, hash, s->now_ms, &id, NULL), ST_OK);
}

static void
tokens_may_do_what_their_scopes_say(void **state)
{
    static const char blob[] =
        "/v1/blobs/sha256:"
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    static const char job[] = "{\"model\":\"x\"}";
    const struct {
        const char *token, *method, *url, *body;
        int status;
        const char *code;
    } cases[] = {
        { NULL, "GET", "/healthz", NULL, 200, NULL },
        { NULL, "GET", "/", NULL, 200, NULL },
        { NULL, "GET", "/metrics", NULL, 401, "auth.required" },
        { NULL, "GET", "/v1/jobs", NULL, 401, "auth.required" },
        { NULL, "GET", "/v1/nothing", NULL, 404, "request.no_route" },
        { "wrong", "GET", "/v1/jobs", NULL, 401, "auth.token" },
        { "", "GET", "/v1/jobs", NULL, 401, "auth.token" },
        { "t-read", "GET", "/v1/jobs", NULL, 200, NULL },
        { "t-read", "GET", "/metrics", NULL, 200, NULL },
        { "t-read", "POST", "/v1/jobs", job, 403, "auth.scope" },
        { "t-read", "PUT", blob, "x", 403, "auth.scope" },
        { "t-submit", "GET", "/v1/jobs", NULL, 200, NULL },
        { "t-submit", "POST", "/v1/jobs", job, 400, "request.field" },
        { "t-submit", "PUT", blob, "x", 201, NULL },
        { "t-submit", "POST", "/v1/agents/a/sessions", "{}", 403,
            "auth.scope" },
        { "t-agent", "GET", "/v1/jobs", NULL, 403, "auth.scope" },
        { "t-agent", "GET", blob, NULL, 200, NULL },
        { "t-agent", "PUT", blob, "x", 200, NULL },
        { "t-agent", "POST", "/v1/agents/a/sessions",
            "{\"version\":\"0.1.0\",\"kinds\":[]}", 201, NULL },
        { "t-agent", "POST", "/v1/agents/b/sessions",
            "{\"version\":\"0.1.0\",\"kinds\":[]}", 403, "auth.agent" },
        { "t-admin", "POST", "/v1/agents/b/sessions",
            "{\"version\":\"0.1.0\",\"kinds\":[]}", 201, NULL },
        { "t-admin", "GET", "/v1/jobs", NULL, 200, NULL },
    };
    char header[64];

    add_token(*state, "t-read", "read");
    add_token(*state, "t-submit", "submit");
    add_token(*state, "t-agent", "agent:a");
    add_token(*state, "t-admin", "admin");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask ask = { .method = cases[i].method,
            .url = cases[i].url,
            .body = cases[i].body };
        struct answer a;

        snprintf(header, sizeof(header), "Bearer %s",
            cases[i].token ? cases[i].token : "");
        if (cases[i].token != NULL)
            ask.headers[0] = (struct pair){ "Authorization", header };
        a = call_ask(*state, &ask);
        if (a.status != cases[i].status)
            fail_msg("%s: %s %s: %d", cases[i].token ? cases[i].token : "-",
                cases[i].method, cases[i].url, a.status);
        if (cases[i].code != NULL)
            assert_string_equal(code_of(&a), cases[i].code);
        assert_int_equal(
            answer_header(&a, "WWW-Authenticate") != NULL, a.status == 401);
        answer_clear(&a);
    }
}

/* The pattern as a path: arguments of any kind, "a" for an agent. */
static void
make_path(const char *pattern, char *out, size_t cap)
{
    size_t n = 0;

    while (*pattern != '\0' && n + 2 < cap) {
        if (*pattern != '{') {
            out[n++] = *pattern++;
            continue;
        }
        out[n++] = '1';
        pattern += strcspn(pattern, "}") + 1;
    }
    out[n] = '\0';
}

/* Every route with every scope: the guard lets in who the table lets in, and
 * nobody else gets as far as the handler. */
static void
every_route_asks_for_its_scopes(void **state)
{
    static const struct {
        const char *token, *scopes;
        unsigned has;
    } who[] = {
        { NULL, NULL, 0 },
        { "unknown", NULL, 0 },
        { "m-read", "read", SCOPE_READ },
        { "m-submit", "submit", SCOPE_READ | SCOPE_SUBMIT },
        { "m-agent", "agent:somebody", SCOPE_AGENT },
        { "m-admin", "admin", ~0u },
    };
    char header[64], path[128];

    for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++)
        if (who[i].scopes != NULL)
            add_token(*state, who[i].token, who[i].scopes);
    for (const struct route *r = routes; r->method != NULL; r++)
        for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
            struct ask ask = { .method = r->method, .url = path };
            bool may = r->scopes == SCOPE_ANYONE || (r->scopes & who[i].has);
            struct answer a;
            const char *code;
            bool stopped;

            make_path(r->pattern, path, sizeof(path));
            snprintf(header, sizeof(header), "bearer %s",
                who[i].token ? who[i].token : "");
            if (who[i].token != NULL)
                ask.headers[0] = (struct pair){ "Authorization", header };
            a = call_ask(*state, &ask);
            code = code_of(&a) ? code_of(&a) : "";
            stopped = a.status == 401 || strcmp(code, "auth.scope") == 0;
            if (stopped == may || (!may && !who[i].has && a.status != 401) ||
                a.status >= 500)
                fail_msg("%s %s as %s: %d %s", r->method, r->pattern,
                    who[i].token ? who[i].token : "nobody", a.status, code);
            answer_clear(&a);
        }
}

/* One agent's sessions and leases are closed to another's token. */
static void
an_agent_may_not_act_for_another(void **state)
{
    static const char opening[] =
        "{\"version\":\"0.1.0\",\"kinds\":[\"profile\"]}";
    const struct pair mine = { "Authorization", "Bearer m-a" },
                      theirs = { "Authorization", "Bearer m-b" };
    static const struct {
        const char *method, *tail, *body;
    } calls[] = {
        { "POST", "/lease", "{\"free\":1}" },
        { "POST", "/heartbeat", "{\"leases\":[]}" },
        { "DELETE", "", NULL },
    };
    char url[200];
    struct answer opened, a;
    const char *id;

    add_token(*state, "m-a", "agent:a");
    add_token(*state, "m-b", "agent:b,submit");
    opened = call_ask(*state, &(struct ask){ .method = "POST",
                                  .url = "/v1/agents/a/sessions",
                                  .body = opening,
                                  .headers = { mine } });
    assert_int_equal(opened.status, 201);
    id = json_string_value(json_object_get(opened.json, "session"));
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        for (int own = 0; own < 2; own++) {
            snprintf(url, sizeof(url), "/v1/sessions/%s%s", id, calls[i].tail);
            a = call_ask(*state, &(struct ask){ .method = calls[i].method,
                                     .url = url,
                                     .body = calls[i].body,
                                     .headers = { own ? mine : theirs } });
            if (own ? a.status >= 300 : a.status != 403)
                fail_msg("%s %s: %d", calls[i].method, url, a.status);
            if (!own)
                assert_string_equal(code_of(&a), "auth.agent");
            answer_clear(&a);
        }
    answer_clear(&opened);
}

static void
a_revoked_token_is_worth_nothing(void **state)
{
    struct service *s = *state;
    const struct ask ask = { .method = "GET",
        .url = "/v1/jobs",
        .headers = { { "Authorization", "bearer t-gone" } } };
    struct answer a;

    add_token(s, "t-gone", "read");
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 200);
    answer_clear(&a);
    assert_int_equal(db_token_remove(s->db, "t-gone", NULL), ST_OK);
    a = call_ask(s, &ask);
    assert_int_equal(a.status, 401);
    answer_clear(&a);
}

static void
a_worker_of_our_own_needs_no_stored_token(void **state)
{
    struct service *s = *state;
    char text[AUTH_TOKEN_TEXT], header[96], hash[HASH_HEX];
    struct answer a;

    auth_token_make(text);
    assert_int_equal(strlen(text), AUTH_TOKEN_TEXT - 1);
    hash_bytes(text, strlen(text), hash);
    server_trust(s->server, "local-worker-1", hash);
    snprintf(header, sizeof(header), "Bearer %s", text);
    a = call_ask(
        s, &(struct ask){ .method = "POST",
               .url = "/v1/agents/local-worker-1/sessions",
               .body = "{\"version\":\"0.1.0\",\"kinds\":[\"analyse\"]}",
               .headers = { { "Authorization", header } } });
    assert_int_equal(a.status, 201);
    answer_clear(&a);
    a = call_ask(s, &(struct ask){ .method = "GET",
                        .url = "/v1/jobs",
                        .headers = { { "Authorization", header } } });
    assert_int_equal(a.status, 403);
    answer_clear(&a);
}

static void
with_tokens_any_host_may_call(void **state)
{
    struct answer a =
        call_ask(*state, &(struct ask){ .method = "GET",
                             .url = "/healthz",
                             .headers = { { "Host", "bench.example:8080" } } });

    assert_int_equal(a.status, 200);
    answer_clear(&a);
}

int
main(void)
{
#define WITH_TOKENS(f)                                                         \
    cmocka_unit_test_setup_teardown(f, service_setup_auth, service_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            loopback_insists_on_its_own_name, service_setup, service_teardown),
        cmocka_unit_test(scopes_are_read_or_refused),
        WITH_TOKENS(tokens_may_do_what_their_scopes_say),
        WITH_TOKENS(every_route_asks_for_its_scopes),
        WITH_TOKENS(an_agent_may_not_act_for_another),
        WITH_TOKENS(a_revoked_token_is_worth_nothing),
        WITH_TOKENS(a_worker_of_our_own_needs_no_stored_token),
        WITH_TOKENS(with_tokens_any_host_may_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
