/* SPDX-License-Identifier: MIT */
#include "probes/agent/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

enum { TRANSFER_S = 1800 };

static void
cache_path(
    const struct blobs *b, const char *hex, const char *end, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/blobs/%s%s", b->spool, hex, end);
}

/* ST_CORRUPT unless the file hashes to `hex`. */
static enum status
check(const char *path, const char *hex, struct err *err)
{
    char got[HASH_HEX];
    enum status st = hash_file(path, got, err);

    if (st != ST_OK || hash_equal(got, hex))
        return st;
    return err_set(err, ST_CORRUPT, "infra.blob_corrupt",
        "blob %s came with other content (%s)", hex, got);
}

static enum status
download(const struct blobs *b, const char *hex, struct err *err)
{
    char path[PATH_MAX], tmp[PATH_MAX], url[128];
    const struct rest_call call = { .method = "GET",
        .path = url,
        .save = tmp,
        .timeout_s = TRANSFER_S,
        .stop = &b->stop->flag };
    struct rest_answer a = { 0 };
    enum status st;

    cache_path(b, hex, "", path);
    cache_path(b, hex, ".part", tmp);
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    if ((st = rest_do(b->rest, &call, &a, err)) == ST_OK &&
        (st = rest_expect(&a, err)) == ST_OK &&
        (st = check(tmp, hex, err)) == ST_OK)
        st = file_publish(tmp, path, err);
    rest_answer_clear(&a);
    if (st != ST_OK)
        unlink(tmp);
    return st;
}

static enum status
bring_one(const struct blobs *b, const struct folder *f, const char *hex,
    struct err *err)
{
    char from[PATH_MAX], name[80], to[PATH_MAX];
    enum status st;

    cache_path(b, hex, "", from);
    if (file_exists(from) && check(from, hex, NULL) != ST_OK) {
        log_warn("blob %s was damaged in the cache: fetched again", hex);
        unlink(from);
    }
    if (!file_exists(from) && (st = download(b, hex, err)) != ST_OK)
        return st;
    utimensat(AT_FDCWD, from, NULL, 0); /* used now */
    snprintf(name, sizeof(name), "blobs/%s", hex);
    folder_path(f, name, to);
    /* A second name for the same bytes: it outlives the cache's own. */
    if (link(from, to) < 0 && errno != EEXIST)
        return err_errno(err, to);
    return ST_OK;
}

/* ---- keeping to the size ---- */

struct entry {
    char name[80];
    int64_t size;
    struct timespec used;
};

static int
older_first(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;

    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    return (a->used.tv_nsec > b->used.tv_nsec) -
           (a->used.tv_nsec < b->used.tv_nsec);
}

static size_t
list_cache(DIR *d, struct entry **out, int64_t *total)
{
    size_t n = 0, cap = 0;
    struct dirent *e;
    struct stat sb;

    while ((e = readdir(d)) != NULL) {
        if (fstatat(dirfd(d), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(sb.st_mode))
            continue;
        if (n == cap) {
            size_t more = cap ? 2 * cap : 64;
            struct entry *p = realloc(*out, more * sizeof(*p));

            if (p == NULL)
                break; /* prune what is known */
            *out = p;
            cap = more;
        }
        snprintf((*out)[n].name, sizeof((*out)[n].name), "%.79s", e->d_name);
        (*out)[n].size = (int64_t)sb.st_size;
        (*out)[n].used = sb.st_mtim;
        *total += (int64_t)sb.st_size;
        n++;
    }
    return n;
}

static void
prune(const struct blobs *b)
{
    struct entry *entries = NULL;
    char path[PATH_MAX];
    int64_t total = 0;
    size_t n;
    DIR *d;

    cache_path(b, "", "", path);
    if ((d = opendir(path)) == NULL)
        return;
    n = list_cache(d, &entries, &total);
    if (n > 0)
        qsort(entries, n, sizeof(*entries), older_first);
    for (size_t i = 0; i < n && total > b->max_bytes; i++) {
        if (unlinkat(dirfd(d), entries[i].name, 0) == 0)
            log_debug("blob %s left the cache", entries[i].name);
        total -= entries[i].size;
    }
    free(entries);
    closedir(d);
}

enum status
blobs_bring(const struct blobs *b, const struct folder *f, struct err *err)
{
    const json_t *names = json_object_get(f->doc, "blobs"), *v;
    char path[PATH_MAX];
    enum status st;
    size_t i;

    cache_path(b, "", "", path);
    if ((st = file_mkdirs(path, err)) != ST_OK)
        return st;
    json_array_foreach(names, i, v)
    {
        const char *hex = json_string_value(v);

        if (hex == NULL || !hash_valid(hex))
            return err_set(err, ST_INVALID, "infra.bad_lease",
                "lease.blobs[%zu] is not a SHA-256", i);
        if ((st = bring_one(b, f, hex, err)) != ST_OK)
            return st;
    }
    prune(b);
    return ST_OK;
}

enum status
blobs_send(
    const struct blobs *b, const char *path, const char *hex, struct err *err)
{
    char url[128];
    struct rest_call call = {
        .method = "HEAD", .path = url, .stop = b->stop ? &b->stop->flag : NULL
    };
    struct rest_answer a = { 0 };
    enum status st;

    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    if ((st = rest_do(b->rest, &call, &a, err)) != ST_OK)
        return st;
    if (a.http == 404) {
        rest_answer_clear(&a);
        call.method = "PUT";
        call.file = path;
        call.timeout_s = TRANSFER_S;
        if ((st = rest_do(b->rest, &call, &a, err)) != ST_OK)
            return st;
    }
    st = rest_expect(&a, err);
    rest_answer_clear(&a);
    return st;
}
