/* SPDX-License-Identifier: MIT */
#include "e2e/poll.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/version.h"

int
poll_metric(const char *url, const char *name)
{
    char *text, key[64];
    const char *at;
    int v;

    place_get(url, "/metrics", 200, &text);
    snprintf(key, sizeof(key), "\n%s ", name);
    assert_non_null(at = strstr(text, key));
    v = atoi(at + strlen(key));
    free(text);
    return v;
}

void
poll_until(const char *url, int waiting)
{
    while (poll_metric(url, "offramp_http_waiting") != waiting)
        continue;
}

/* A board of that name, in an environment that is always the same. */
static json_t *
board(const char *name)
{
    return json_pack("{s:s, s:{}, s:s}", "name", name, "env", "env_fingerprint",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

void
poll_open(struct poll *p, const char *url, const char *agent, const char *kind,
    const char *device)
{
    json_t *o, *devices = json_array(),
               *body = json_pack("{s:s, s:[s], s:o}", "version",
                   OFFRAMP_VERSION, "kinds", kind, "devices", devices);
    char path[64], *text;

    *p = (struct poll){ .url = url };
    snprintf(p->device, sizeof(p->device), "%s", device ? device : "");
    if (device != NULL)
        json_array_append_new(devices, board(device));
    snprintf(path, sizeof(path), "/v1/agents/%s/sessions", agent);
    place_ask(url,
        &(struct rest_call){ .method = "POST", .path = path, .json = body },
        NULL, 201, &text);
    o = json_loads(text, 0, NULL);
    snprintf(p->session, sizeof(p->session), "%s",
        json_string_value(json_object_get(o, "session")));
    json_decref(o);
    json_decref(body);
    free(text);
}

void
poll_close(const struct poll *p)
{
    char path[128];

    snprintf(path, sizeof(path), "/v1/sessions/%s", p->session);
    place_ask(p->url, &(struct rest_call){ .method = "DELETE", .path = path },
        NULL, 200, NULL);
}

static void
ask_path(const struct poll *p, char *path, size_t cap)
{
    snprintf(path, cap, "/v1/sessions/%s/lease?wait=50", p->session);
}

void *
poll_ask(void *ctx)
{
    struct poll *p = ctx;
    json_t *body = json_pack("{s:i}", "free", 1);
    struct rest_answer a = { 0 };
    struct rest *r = NULL;
    char path[128];

    if (p->device[0] != '\0')
        json_object_set_new(body, "devices", json_pack("[s]", p->device));
    ask_path(p, path, sizeof(path));
    if (rest_open(&r, p->url, NULL, NULL) == ST_OK &&
        rest_do(r,
            &(struct rest_call){
                .method = "POST", .path = path, .json = body, .timeout_s = 60 },
            &a, NULL) == ST_OK)
        p->http = a.http;
    rest_answer_clear(&a);
    rest_close(r);
    json_decref(body);
    return NULL;
}

int
poll_connect(const char *url)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    a.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

int
poll_socket(const struct poll *p)
{
    char path[128], request[300];
    int fd = poll_connect(p->url);

    ask_path(p, path, sizeof(path));
    snprintf(request, sizeof(request),
        "POST %s HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
        "{\"free\":1}",
        path);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
        (ssize_t)strlen(request));
    return fd;
}
