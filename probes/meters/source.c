/* SPDX-License-Identifier: MIT */
#include "probes/meters/source.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/tty.h"
#include "probes/meters/papi_lines.h"
#include "probes/meters/said.h"

enum { CONNECT_MS = 2000 };

/* ---- which one ---- */

static enum status
read_spec(
    const char *name, const json_t *o, struct meter_spec *out, struct err *err)
{
    const char *text[6] = { "", "", "", "", "", "" };
    const struct json_field fields[] = {
        { "tcp", JF_STR, false, &text[0], 0, sizeof(out->tcp) - 1 },
        { "serial", JF_STR, false, &text[1], 0, sizeof(out->serial) - 1 },
        { "trace", JF_STR, false, &text[2], 0, sizeof(out->trace) - 1 },
        { "device", JF_STR, false, &text[3], 0, sizeof(out->device) - 1 },
        { "baud", JF_STR, false, &text[4], 0, 16 },
        { "papi", JF_STR, false, &text[5], 0, sizeof(out->papi) - 1 },
    };
    enum status st = JSON_READ(o, name, fields, err);

    if (st != ST_OK)
        return st;
    *out = (struct meter_spec){ .baud = TTY_BAUD };
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(out->tcp, sizeof(out->tcp), "%s", text[0]);
    snprintf(out->serial, sizeof(out->serial), "%s", text[1]);
    snprintf(out->trace, sizeof(out->trace), "%s", text[2]);
    snprintf(out->device, sizeof(out->device), "%s", text[3]);
    snprintf(out->papi, sizeof(out->papi), "%s", text[5]);
    if (text[4][0] != '\0')
        out->baud = strtoll(text[4], NULL, 10);
    if ((text[0][0] != '\0') + (text[1][0] != '\0') + (text[2][0] != '\0') +
            (text[5][0] != '\0') ==
        1)
        return ST_OK;
    return err_set(err, ST_INVALID, "cli.option",
        "--meter %s: say where it is, one of tcp=HOST:PORT, serial=PATH, "
        "trace=FILE and papi=EVENT",
        name);
}

/* The first of that device; *out is as it was where there is none. */
static enum status
search(const json_t *all, const char *device, bool *found,
    struct meter_spec *out, struct err *err)
{
    struct meter_spec m;
    const char *name;
    json_t *o;

    *found = false;
    json_object_foreach((json_t *)all, name, o)
    {
        enum status st = read_spec(name, o, &m, err);

        if (st != ST_OK)
            return st;
        if (!*found && strcmp(m.device, device) == 0) {
            *found = true;
            *out = m;
        }
    }
    return ST_OK;
}

enum status
meter_spec_find(const char *device, struct meter_spec *out, struct err *err)
{
    const char *text = getenv(METERS_ENV);
    json_t *all = NULL;
    bool found = false;
    enum status st = ST_OK;

    if (text != NULL &&
        (st = json_parse(text, strlen(text), &all, err)) == ST_OK)
        st = search(all, device != NULL ? device : "", &found, out, err);
    json_decref(all);
    if (st != ST_OK || found)
        return st;
    return err_set(err, ST_NOT_FOUND, "device.no_meter",
        "no external meter of %s was given (--meter)",
        device != NULL ? device : "this machine");
}

/* ---- open ---- */

static enum status
no_meter(const char *place, const char *why, struct err *err)
{
    return err_set(err, ST_UNAVAILABLE, "infra.no_meter", "the meter at %s: %s",
        place, why);
}

/* Connect within CONNECT_MS; the socket stays one that does not block. */
static bool
connect_to(const struct addrinfo *a, int *fd)
{
    struct pollfd p = { .events = POLLOUT };
    socklen_t len = sizeof(int);
    int failed = 0;

    *fd =
        socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return false;
    p.fd = *fd;
    if (connect(*fd, a->ai_addr, a->ai_addrlen) == 0)
        return true;
    if (errno == EINPROGRESS && poll(&p, 1, CONNECT_MS) == 1 &&
        getsockopt(*fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 &&
        failed == 0)
        return true;
    errno = failed != 0 ? failed : errno;
    close(*fd);
    *fd = -1;
    return false;
}

static enum status
open_tcp(const char *place, int *fd, struct err *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    const char *colon = strrchr(place, ':');
    char host[160];
    int rc;

    if (colon == NULL)
        return err_set(err, ST_INVALID, "cli.option",
            "--meter: tcp=%s is not HOST:PORT", place);
    snprintf(host, sizeof(host), "%.*s", (int)(colon - place), place);
    if ((rc = getaddrinfo(host, colon + 1, &hints, &list)) != 0)
        return no_meter(place, gai_strerror(rc), err);
    errno = ETIMEDOUT;
    for (const struct addrinfo *a = list; a != NULL && *fd < 0; a = a->ai_next)
        if (connect_to(a, fd))
            break;
    freeaddrinfo(list);
    return *fd >= 0 ? ST_OK : no_meter(place, strerror(errno), err);
}

enum status
source_open(const struct meter_spec *m, int *fd, struct err *err)
{
    *fd = -1;
    if (m->tcp[0] != '\0')
        return open_tcp(m->tcp, fd, err);
    if (m->serial[0] != '\0')
        return tty_open(m->serial, m->baud, fd, err);
    if (m->papi[0] != '\0')
        return papi_lines_open(m->name, m->papi, fd, err);
    *fd = open(m->trace, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return *fd >= 0 ? ST_OK : no_meter(m->trace, strerror(errno), err);
}

/* ---- read ---- */

enum status
source_read(
    int fd, void *at, size_t cap, int timeout_ms, size_t *n, struct err *err)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t got;

    *n = 0;
    if (poll(&p, 1, timeout_ms) <= 0)
        return ST_OK;
    got = read(fd, at, cap);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return ST_OK;
    if (got <= 0)
        return err_set(err, ST_UNAVAILABLE, "measure.meter_lost",
            "the meter went away (%s)",
            got == 0 ? "end of its lines" : strerror(errno));
    *n = (size_t)got;
    return ST_OK;
}

bool
source_line(struct source_lines *l, char byte)
{
    if (byte == '\r')
        return false;
    if (byte != '\n') {
        if (l->len < SAID_LINE)
            l->line[l->len++] = byte == '\0' ? '?' : byte;
        else
            l->overlong = true;
        return false;
    }
    l->line[l->len] = '\0';
    if (l->overlong)
        strcpy(l->line, "?");
    l->len = 0;
    l->overlong = false;
    return true;
}
