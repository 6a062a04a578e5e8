/* SPDX-License-Identifier: MIT */
#include "server/cli/client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

enum { CONFIG_MAX = 65536, CALL_TIMEOUT_S = 90, UPLOAD_TIMEOUT_S = 3600 };

static const char default_server[] = "http://127.0.0.1:8080";

/* The configuration file, if there is one; what options or the environment
 * said goes first. */
static enum status
read_config(struct client *c, struct err *err)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const struct json_field fields[] = {
        { "server", JF_STR, false, &c->server, 0, 0 },
        { "token", JF_STR, false, &c->token, 0, 0 },
    };
    const char *server = c->server, *token = c->token;
    char path[PATH_MAX];
    enum status st;

    if (xdg != NULL && xdg[0] != '\0')
        snprintf(path, sizeof(path), "%s/offramp", xdg);
    else if (home != NULL)
        snprintf(path, sizeof(path), "%s/.config/offramp", home);
    else
        return ST_OK;
    if ((st = json_file_load(path, CONFIG_MAX, &c->config, NULL)) ==
        ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return err_set(err, ST_INVALID, "cli.config",
            "%s cannot be read: it should be a JSON object with \"server\" "
            "and \"token\"",
            path);
    if ((st = JSON_READ(c->config, path, fields, err)) != ST_OK)
        return st;
    if (server != NULL)
        c->server = server;
    if (token != NULL)
        c->token = token;
    return ST_OK;
}

enum status
client_open(struct client *c, struct err *err)
{
    enum status st = read_config(c, err);

    if (st != ST_OK)
        return st;
    return rest_open(
        &c->rest, c->server ? c->server : default_server, c->token, err);
}

void
client_close(struct client *c)
{
    rest_close(c->rest);
    json_decref(c->config);
    c->rest = NULL;
    c->config = NULL;
}

enum status
client_call(struct client *c, const char *method, const char *path,
    const json_t *body, json_t **out, struct err *err)
{
    struct rest_call call = { .method = method,
        .path = path,
        .json = body,
        .timeout_s = CALL_TIMEOUT_S };
    struct rest_answer answer;
    enum status st;

    *out = NULL;
    if ((st = rest_do(c->rest, &call, &answer, err)) != ST_OK)
        return st;
    if (answer.http != 304 && (st = rest_expect(&answer, err)) == ST_OK) {
        *out = answer.json;
        answer.json = NULL;
    }
    rest_answer_clear(&answer);
    return st;
}

enum status
client_upload(struct client *c, const char *path, char *hex, struct err *err)
{
    char url[128];
    struct rest_call call = { .method = "HEAD", .path = url };
    struct rest_answer answer;
    bool known;
    enum status st;
    int fd;

    if ((st = file_open(path, &fd, err)) != ST_OK)
        return st; /* it says more of what a user can mend */
    close(fd);
    if ((st = hash_file(path, hex, err)) != ST_OK)
        return st;
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    if ((st = rest_do(c->rest, &call, &answer, err)) != ST_OK)
        return st;
    known = answer.http == 200;
    rest_answer_clear(&answer);
    if (known)
        return ST_OK;
    call = (struct rest_call){ .method = "PUT",
        .path = url,
        .file = path,
        .timeout_s = UPLOAD_TIMEOUT_S };
    if ((st = rest_do(c->rest, &call, &answer, err)) != ST_OK)
        return st;
    st = rest_expect(&answer, err);
    rest_answer_clear(&answer);
    return st;
}

void
client_print(const json_t *o)
{
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
}
