/* SPDX-License-Identifier: MIT */
#include "probes/transfer/peer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
peer_own_address(void)
{
    const char *host = getenv("OFFRAMP_LINK");

    return host != NULL && host[0] != '\0' ? host : NULL;
}

/* Of a wildcard nobody can say by which address others reach it. */
static bool
is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static enum status
tell(
    struct task *t, const struct tcp_door *d, const char *host, struct err *err)
{
    json_t *part = json_pack("{s:{s:s?,s:i,s:s}}", "peer", "host",
        is_wildcard(host) ? NULL : host, "port", tcp_port(d), "secret",
        tcp_secret(d));
    enum status st = part ? task_part(t, part, err) : err_nomem(err);

    json_decref(part);
    return st;
}

enum status
peer_open_door(struct task *t, struct tcp_door **out, struct err *err)
{
    const char *host = peer_own_address();
    enum status st;

    *out = NULL;
    if (host == NULL)
        return task_fail(t, TASK_USER, "link.closed", NULL,
            "this agent opens no port: start it with --link ADDRESS, an "
            "address of its machine that the other device reaches");
    if ((st = tcp_listen(out, host, err)) == ST_OK &&
        (st = tell(t, *out, host, err)) != ST_OK) {
        tcp_close(*out);
        *out = NULL;
    }
    return st;
}

/* The host in OFFRAMP_SERVER's URL, without an IPv6 address' brackets. */
static enum status
server_host(char out[PEER_HOST], struct err *err)
{
    const char *url = getenv("OFFRAMP_SERVER");
    CURLU *u = curl_url();
    char *host = NULL;
    enum status st = ST_OK;

    if (u == NULL)
        return err_nomem(err);
    if (url == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        st = err_set(err, ST_INVALID, "link.address",
            "the other end did not say its address, and this agent's --server "
            "has none: start the other agent with --link and its address");
    else
        snprintf(out, PEER_HOST, "%.*s",
            (int)strcspn(host + (host[0] == '['), "]"),
            host + (host[0] == '['));
    curl_free(host);
    curl_url_cleanup(u);
    return st;
}

enum status
peer_read(const struct task *t, struct peer *out, struct err *err)
{
    const char *host = NULL;
    int64_t port = 0;
    json_t *peer = NULL;
    const struct json_field fields[] = {
        { "to", JF_STR, false, &out->name, 0, 128 },
        { "peer", JF_OBJ, false, &peer, 0, 0 },
    };
    const struct json_field in_peer[] = {
        { "host", JF_STR, false, &host, 0, PEER_HOST - 1 },
        { "port", JF_INT, true, &port, 1, 65535 },
        { "secret", JF_STR, true, &out->secret, 0, TCP_SECRET - 1 },
    };
    enum status st;

    *out = (struct peer){ 0 };
    if ((st = JSON_PICK(t->payload, "payload", fields, err)) != ST_OK)
        return st;
    if (peer == NULL || out->name == NULL)
        return err_set(err, ST_UNPROCESSABLE, "link.nobody_there",
            "the other end of the link is not waiting any more: ask for the "
            "measurement again");
    if ((st = JSON_PICK(peer, "peer", in_peer, err)) != ST_OK)
        return st;
    out->port = (int)port;
    if (host == NULL)
        return server_host(out->host, err);
    snprintf(out->host, sizeof(out->host), "%s", host);
    return ST_OK;
}
