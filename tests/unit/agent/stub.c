/* SPDX-License-Identifier: MIT */
#include "unit/agent/stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>

#include "base/buf.h"

enum { CALLS = 4096, BLOBS = 16, POLL_MS = 1000, WAIT_S = 60 };

struct call {
    char line[200]; /* "PUT /v1/leases/1/result" */
    char epoch[32], auth[80];
    struct buf body;
    bool done; /* answered */
};

struct stub {
    struct MHD_Daemon *daemon;
    uint16_t port;
    char url[64];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool down;
    struct call call[CALLS];
    int n, waited;
    json_t *lease; /* to be handed out next */
    int sessions, result_status, cancel, finish;
    bool no_session, drain;
    struct {
        char hex[HASH_HEX], text[64];
    } blob[BLOBS];
    int blobs;
};

struct stub *
stub_new(void)
{
    struct stub *s = calloc(1, sizeof(*s));
    pthread_condattr_t attr;

    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    s->result_status = 201;
    /* The port is found by listening once. */
    stub_up(s);
    stub_down(s);
    return s;
}

void
stub_free(struct stub *s)
{
    stub_down(s);
    for (int i = 0; i < s->n; i++)
        buf_clear(&s->call[i].body);
    json_decref(s->lease);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* With the lock held: wait until something changes; false after `until`. */
static bool
wait_change(struct stub *s, const struct timespec *until)
{
    return pthread_cond_timedwait(&s->changed, &s->lock, until) == 0;
}

static struct timespec
in_ms(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* ---- answers: HTTP status, and a document or text (caller frees) ---- */

static int
answer_session(struct stub *s, char **text)
{
    s->no_session = false;
    s->cancel = s->finish = 0;
    if (asprintf(text,
            "{\"session\":\"s%d\",\"epoch\":%d,\"heartbeat_s\":0.05,"
            "\"lease_ttl_s\":1,\"poll_s\":1.0,\"min_agent_version\":\"0\"}",
            s->sessions + 1, s->sessions + 1) < 0)
        return 500;
    s->sessions++;
    return 201;
}

static int
answer_lease(struct stub *s, char **text)
{
    struct timespec until = in_ms(POLL_MS);

    while (s->lease == NULL && !s->down && !s->no_session &&
           wait_change(s, &until))
        ;
    if (s->no_session)
        return 404;
    if (s->lease == NULL)
        return 204;
    *text = json_dumps(s->lease, 0);
    json_decref(s->lease);
    s->lease = NULL;
    return 200;
}

static int
answer_heartbeat(struct stub *s, char **text)
{
    if (s->no_session)
        return 404;
    if (asprintf(text,
            "{\"extend\":[],\"cancel\":[%d],\"finish\":[%d],\"drain\":%s,"
            "\"next_s\":0.05}",
            s->cancel, s->finish, s->drain ? "true" : "false") < 0)
        return 500;
    return 200;
}

static int
answer_blob(struct stub *s, const char *line, char **text)
{
    const char *hex = strstr(line, "sha256:") + 7;

    if (strncmp(line, "PUT", 3) == 0)
        return 201;
    for (int i = 0; i < s->blobs; i++)
        if (strcmp(s->blob[i].hex, hex) == 0) {
            *text = strdup(s->blob[i].text);
            return 200;
        }
    return 404;
}

static int
make_answer(struct stub *s, const char *line, char **text)
{
    if (strstr(line, "/sessions ") != NULL || strstr(line, "/v1/agents/"))
        return answer_session(s, text);
    if (strstr(line, "/lease?") != NULL)
        return answer_lease(s, text);
    if (strstr(line, "/heartbeat") != NULL)
        return answer_heartbeat(s, text);
    if (strstr(line, "/v1/blobs/") != NULL)
        return answer_blob(s, line, text);
    if (strstr(line, "/v1/leases/") != NULL)
        return strstr(line, ":release") ? 200 : s->result_status;
    return 200;
}

/* ---- HTTP ---- */

static struct call *
new_call(struct stub *s, struct MHD_Connection *c, const char *method,
    const char *url)
{
    const char *wait =
        MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "wait");
    const char *epoch =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Lease-Epoch");
    const char *auth =
        MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    struct call *call = s->n < CALLS ? &s->call[s->n] : NULL;

    if (call == NULL)
        return NULL;
    s->n++;
    snprintf(call->line, sizeof(call->line), "%s %s%s", method, url,
        wait ? "?" : "");
    snprintf(call->epoch, sizeof(call->epoch), "%s", epoch ? epoch : "");
    snprintf(call->auth, sizeof(call->auth), "%s", auth ? auth : "");
    buf_init(&call->body, 1 << 20);
    return call;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **ctx)
{
    struct stub *s = cls;
    struct call *call = *ctx;
    struct MHD_Response *r;
    enum MHD_Result ok = MHD_YES;
    char *text = NULL;
    int http;

    (void)version;
    pthread_mutex_lock(&s->lock);
    if (call == NULL) {
        *ctx = new_call(s, c, method, url);
        pthread_mutex_unlock(&s->lock);
        return *ctx ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        if (buf_add(&call->body, data, *size, NULL) != ST_OK)
            ok = MHD_NO;
        *size = 0;
        pthread_mutex_unlock(&s->lock);
        return ok;
    }
    http = make_answer(s, call->line, &text);
    call->done = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    r = MHD_create_response_from_buffer(text ? strlen(text) : 0,
        text ? text : (void *)"",
        text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    ok = MHD_queue_response(c, (unsigned)http, r);
    MHD_destroy_response(r);
    return ok;
}

void
stub_up(struct stub *s)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_port = htons(s->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    s->down = false;
    s->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
        NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, &at,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    assert_non_null(s->daemon);
    s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", s->port);
}

void
stub_down(struct stub *s)
{
    if (s->daemon == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->down = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
}

/* ---- the test's side ---- */

const char *
stub_url(const struct stub *s)
{
    return s->url;
}

/* Set something under the lock and tell those who wait. */
#define SET(s, statement)                                                      \
    do {                                                                       \
        pthread_mutex_lock(&(s)->lock);                                        \
        statement;                                                             \
        pthread_cond_broadcast(&(s)->changed);                                 \
        pthread_mutex_unlock(&(s)->lock);                                      \
    } while (0)

void
stub_lease(struct stub *s, json_t *lease)
{
    assert_non_null(lease);
    SET(s, s->lease = lease);
}

void
stub_result_status(struct stub *s, int http)
{
    SET(s, s->result_status = http);
}

void
stub_cancel(struct stub *s, int lease)
{
    SET(s, s->cancel = lease);
}

void
stub_finish(struct stub *s, int lease)
{
    SET(s, s->finish = lease);
}

void
stub_forget_session(struct stub *s)
{
    SET(s, s->no_session = true);
}

void
stub_drain(struct stub *s, bool drain)
{
    SET(s, s->drain = drain);
}

void
stub_blob(struct stub *s, const char *hex, const char *text)
{
    pthread_mutex_lock(&s->lock);
    snprintf(s->blob[s->blobs].hex, HASH_HEX, "%s", hex);
    snprintf(s->blob[s->blobs].text, sizeof(s->blob[0].text), "%s", text);
    s->blobs++;
    pthread_mutex_unlock(&s->lock);
}

static int
find_from(const struct stub *s, const char *call, int from)
{
    for (int i = from; i < s->n; i++)
        if (s->call[i].done &&
            strncmp(s->call[i].line, call, strlen(call)) == 0)
            return i;
    return -1;
}

int
stub_wait(struct stub *s, const char *call, json_t **body)
{
    struct timespec until = in_ms(WAIT_S * 1000);
    int i;

    pthread_mutex_lock(&s->lock);
    while ((i = find_from(s, call, s->waited)) < 0 && wait_change(s, &until))
        ;
    if (i >= 0) {
        s->waited = i + 1;
        if (body != NULL)
            *body =
                json_loadb(s->call[i].body.data, s->call[i].body.len, 0, NULL);
    }
    pthread_mutex_unlock(&s->lock);
    if (i < 0)
        fail_msg("no call of %s came", call);
    return i;
}

int
stub_count(struct stub *s, const char *call)
{
    int n = 0;

    pthread_mutex_lock(&s->lock);
    for (int i = -1; (i = find_from(s, call, i + 1)) >= 0;)
        n++;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int
stub_find(struct stub *s, const char *call)
{
    int i;

    pthread_mutex_lock(&s->lock);
    i = find_from(s, call, 0);
    pthread_mutex_unlock(&s->lock);
    return i;
}

const char *
stub_header(struct stub *s, int call, const char *name)
{
    return strcmp(name, "Lease-Epoch") == 0 ? s->call[call].epoch
                                            : s->call[call].auth;
}
