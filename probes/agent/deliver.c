/* SPDX-License-Identifier: MIT */
#include "probes/agent/deliver.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What is larger the server would not take either. */
enum { RESULT_S = 300, SHORT_S = 10, FILE_MAX = 64 << 20 };

/* What an answer means for what was sent. */
enum fate {
    FATE_TAKEN,   /* the server has it */
    FATE_DROP,    /* the server wants nothing of this lease */
    FATE_REFUSED, /* malformed: sending it again would not help */
    FATE_LATER,   /* try again */
};

static enum fate
fate_of(int http)
{
    switch (http) {
    case 200:
    case 201:
        return FATE_TAKEN;
    case 404:
    case 409:
    case 410:
        return FATE_DROP;
    case 400:
    case 413:
    case 415:
    case 422:
        return FATE_REFUSED;
    default: /* no right token, too many, its own trouble */
        return FATE_LATER;
    }
}

/* How a call for a lease ended; `why` has the server's words unless taken. */
struct ending {
    enum fate fate;
    struct err why;
};

/* One call for the lease: "/v1/leases/{id}{tail}" with its epoch. */
static enum status
call_lease(const struct blobs *b, const struct folder *f,
    struct rest_call *call, const char *tail, struct ending *out,
    struct err *err)
{
    char path[96], epoch[64];
    struct rest_answer a = { 0 };
    enum status st;

    *out = (struct ending){ 0 };
    snprintf(
        path, sizeof(path), "/v1/leases/%lld%s", (long long)f->lease, tail);
    snprintf(epoch, sizeof(epoch), "Lease-Epoch: %lld", (long long)f->epoch);
    call->path = path;
    call->header = epoch;
    call->stop = b->stop ? &b->stop->flag : NULL;
    st = rest_do(b->rest, call, &a, &out->why);
    if (st == ST_UNPROCESSABLE) { /* the task left no file that can be sent */
        out->fate = FATE_REFUSED;
        return ST_OK;
    }
    if (st != ST_OK)
        return err_set(err, st, out->why.code, "%s", out->why.text);
    out->fate = fate_of(a.http);
    st = rest_expect(&a, &out->why);
    rest_answer_clear(&a);
    if (out->fate != FATE_LATER)
        return ST_OK;
    return err_set(err, st == ST_OK ? ST_UNAVAILABLE : st, out->why.code,
        "lease %lld%s: %s", (long long)f->lease, tail, out->why.text);
}

/* ---- parts ---- */

static int
by_number(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;

    return (x > y) - (x < y);
}

/* Numbers of the parts in the folder, in order; the caller frees. */
static size_t
list_parts(const struct folder *f, long **out)
{
    char path[PATH_MAX], *end;
    size_t n = 0, cap = 0;
    struct dirent *e;
    DIR *d;

    *out = NULL;
    folder_path(f, "parts", path);
    if ((d = opendir(path)) == NULL)
        return 0;
    while ((e = readdir(d)) != NULL) {
        long number = strtol(e->d_name, &end, 10);
        long *p = *out;

        if (end == e->d_name || strcmp(end, ".json") != 0)
            continue; /* not complete yet, or not a part */
        if (n == cap) {
            cap = cap ? 2 * cap : 32;
            if ((p = realloc(*out, cap * sizeof(*p))) == NULL)
                break; /* the rest goes next time */
            *out = p;
        }
        (*out)[n++] = number;
    }
    closedir(d);
    if (n > 0)
        qsort(*out, n, sizeof(**out), by_number);
    return n;
}

enum status
deliver_parts(const struct blobs *b, const struct folder *f, struct err *err)
{
    char name[48], path[PATH_MAX], tail[48];
    struct rest_call call = { .method = "PUT",
        .file = path,
        .file_max = FILE_MAX,
        .type = "application/json",
        .timeout_s = SHORT_S };
    enum status st = ST_OK;
    struct ending end;
    long *parts;
    size_t n = list_parts(f, &parts);

    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "parts/%ld.json", parts[i]);
        snprintf(tail, sizeof(tail), "/parts/%ld", parts[i]);
        folder_path(f, name, path);
        st = call_lease(b, f, &call, tail, &end, err);
        if (st != ST_OK)
            break;
        if (end.fate != FATE_TAKEN)
            log_info("lease %lld: part %ld was not wanted: %s",
                (long long)f->lease, parts[i], end.why.text);
        unlink(path);
    }
    free(parts);
    return st;
}

/* ---- files ---- */

/* Until the server has all, or refuses one (ST_OK, with that in *out). */
static enum status
send_files(const struct blobs *b, const struct folder *f, struct ending *out,
    struct err *err)
{
    char dir[PATH_MAX], name[80], path[PATH_MAX];
    enum status st = ST_OK;
    struct dirent *e;
    DIR *d;

    *out = (struct ending){ .fate = FATE_TAKEN };
    folder_path(f, "out", dir);
    if ((d = opendir(dir)) == NULL)
        return errno == ENOENT ? ST_OK : err_errno(err, dir);
    while (st == ST_OK && (e = readdir(d)) != NULL) {
        if (!hash_valid(e->d_name))
            continue;
        snprintf(name, sizeof(name), "out/%.64s", e->d_name);
        folder_path(f, name, path);
        st = blobs_send(b, path, e->d_name, &out->why);
    }
    closedir(d);
    if (st == ST_OK)
        return ST_OK;
    out->fate = fate_of(status_http(st));
    if (out->fate == FATE_REFUSED)
        return ST_OK;
    return err_set(err, st, out->why.code, "%s", out->why.text);
}

/* ---- the result ---- */

static enum status
put_result(const struct blobs *b, const struct folder *f, struct ending *out,
    struct err *err)
{
    char path[PATH_MAX];
    struct rest_call call = { .method = "PUT",
        .file = path,
        .file_max = FILE_MAX,
        .type = "application/json",
        .timeout_s = RESULT_S };

    folder_path(f, "result.json", path);
    return call_lease(b, f, &call, "/result", out, err);
}

/* What the task made was refused: say so instead. */
static enum status
put_refusal(const struct blobs *b, const struct folder *f, struct ending *out,
    struct err *err)
{
    char detail[600];
    enum status st;

    snprintf(detail, sizeof(detail),
        "the server refused what the task made: %s", out->why.text);
    log_error("lease %lld: %s", (long long)f->lease, detail);
    st = folder_fail(f, TASK_INFRA, "infra.result_refused", detail, err);
    return st == ST_OK ? put_result(b, f, out, err) : st;
}

enum status
deliver_result(const struct blobs *b, const struct folder *f, struct err *err)
{
    struct ending end;
    enum status st;

    if ((st = deliver_parts(b, f, err)) != ST_OK ||
        (st = send_files(b, f, &end, err)) != ST_OK)
        return st;
    if (end.fate == FATE_TAKEN && (st = put_result(b, f, &end, err)) != ST_OK)
        return st;
    if (end.fate == FATE_REFUSED &&
        (st = put_refusal(b, f, &end, err)) != ST_OK)
        return st;
    if (end.fate == FATE_TAKEN)
        log_info("lease %lld: result sent", (long long)f->lease);
    else
        log_warn("lease %lld: result dropped: %s", (long long)f->lease,
            end.why.text);
    return folder_remove(f->path, err);
}

enum status
deliver_release(const struct blobs *b, const struct folder *f, struct err *err)
{
    struct rest_call call = { .method = "POST", .timeout_s = SHORT_S };
    struct ending end;
    enum status st = call_lease(b, f, &call, ":release", &end, err);

    if (st != ST_OK)
        return st;
    log_info("lease %lld: given back", (long long)f->lease);
    return folder_remove(f->path, err);
}
