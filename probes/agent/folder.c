/* SPDX-License-Identifier: MIT */
#include "probes/agent/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

enum { RESULT_MAX = 64 << 20 };

void
folder_path(const struct folder *f, const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%.128s", f->path, name);
}

static enum status
read_lease(struct folder *f, struct err *err)
{
    const char *kind = NULL;
    json_t *payload = NULL, *blobs = NULL;
    const struct json_field fields[] = {
        { "lease", JF_INT, true, &f->lease, 1, 9e15 },
        { "epoch", JF_INT, true, &f->epoch, 0, 9e15 },
        { "kind", JF_STR, true, &kind, 0, sizeof(f->kind) - 1 },
        { "deadline_s", JF_REAL, true, &f->deadline_s, 0, 1e7 },
        { "blobs", JF_ARR, false, &blobs, 0, 0 },
        { "payload", JF_OBJ, true, &payload, 0, 0 },
    };
    enum status st = JSON_PICK(f->doc, "lease", fields, err);

    if (st == ST_OK)
        snprintf(f->kind, sizeof(f->kind), "%s", kind);
    return st;
}

enum status
folder_make(
    struct folder *f, const char *spool, const json_t *lease, struct err *err)
{
    static const char *const sub[] = { "blobs", "parts", "out" };
    char path[PATH_MAX];
    enum status st;

    *f = (struct folder){ .doc = json_incref((json_t *)lease) };
    if ((st = read_lease(f, err)) != ST_OK)
        goto fail;
    if ((size_t)snprintf(f->path, sizeof(f->path), "%s/tasks/%lld-%lld", spool,
            (long long)f->lease, (long long)f->epoch) >= sizeof(f->path)) {
        st = err_set(err, ST_IO, NULL, "%s: the name is too long", spool);
        goto fail;
    }
    if ((st = folder_remove(f->path, err)) != ST_OK)
        goto fail;
    for (size_t i = 0; i < sizeof(sub) / sizeof(sub[0]); i++) {
        folder_path(f, sub[i], path);
        if ((st = file_mkdirs(path, err)) != ST_OK)
            goto fail;
    }
    folder_path(f, "task.json", path);
    if ((st = json_file_save(path, f->doc, err)) == ST_OK)
        return ST_OK;
fail:
    folder_clear(f);
    return st;
}

enum status
folder_open(struct folder *f, const char *path, struct err *err)
{
    char name[PATH_MAX];
    enum status st;

    *f = (struct folder){ 0 };
    if ((size_t)snprintf(f->path, sizeof(f->path), "%s", path) >=
        sizeof(f->path))
        return err_set(err, ST_IO, NULL, "%s: the name is too long", path);
    folder_path(f, "task.json", name);
    if ((st = json_file_load(name, RESULT_MAX, &f->doc, err)) != ST_OK ||
        (st = read_lease(f, err)) != ST_OK)
        folder_clear(f);
    return st;
}

enum status
folder_remove(const char *path, struct err *err)
{
    const char *name = strrchr(path, '/') + 1;
    char aside[PATH_MAX];
    struct err why = { 0 };
    enum status st = file_rmtree(path, &why);

    if (st == ST_OK)
        return ST_OK;
    snprintf(aside, sizeof(aside), "%.*s.%s-%lld", (int)(name - path), path,
        name, (long long)clock_utc_ms());
    if (rename(path, aside) < 0)
        return err_set(err, st, why.code, "%s", why.text);
    log_error("%s; left at %s", why.text, aside);
    return ST_OK;
}

void
folder_clear(struct folder *f)
{
    json_decref(f->doc);
    *f = (struct folder){ 0 };
}

enum status
folder_each(const char *spool, folder_fn *fn, void *ctx, struct err *err)
{
    char path[PATH_MAX];
    enum status st = ST_OK;
    struct dirent *e;
    DIR *d;

    snprintf(path, sizeof(path), "%s/tasks", spool);
    if ((d = opendir(path)) == NULL)
        return errno == ENOENT ? ST_OK : err_errno(err, path);
    while (st == ST_OK && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/tasks/%s", spool, e->d_name);
        st = fn(ctx, path, err);
    }
    closedir(d);
    return st;
}

bool
folder_finished(const struct folder *f)
{
    char path[PATH_MAX];
    const char *status = NULL;
    json_t *doc = NULL;
    bool ok;

    folder_path(f, "result.json", path);
    if (json_file_load(path, RESULT_MAX, &doc, NULL) != ST_OK)
        return false;
    status = json_string_value(json_object_get(doc, "status"));
    ok = status != NULL &&
         (strcmp(status, "failed") == 0 ||
             (strcmp(status, "done") == 0 &&
                 json_is_object(json_object_get(doc, "result"))));
    json_decref(doc);
    return ok;
}

enum status
folder_fail(const struct folder *f, enum task_class c, const char *code,
    const char *detail, struct err *err)
{
    json_t *doc = json_pack("{s:s, s:s, s:s, s:s}", "status", "failed", "class",
        task_class_name(c), "code", code, "detail", detail);
    char path[PATH_MAX];
    enum status st;

    if (doc == NULL)
        return err_nomem(err);
    folder_path(f, "result.json", path);
    st = json_file_save(path, doc, err);
    json_decref(doc);
    return st;
}

void
folder_log_tail(const struct folder *f, char *out, size_t cap)
{
    char path[PATH_MAX];
    ssize_t n = 0;
    int fd;

    folder_path(f, "log", path);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)) >=
        0) {
        if (lseek(fd, -(off_t)(cap - 1), SEEK_END) < 0)
            lseek(fd, 0, SEEK_SET); /* shorter than that */
        n = read(fd, out, cap - 1);
        close(fd);
    }
    while (n > 0 && out[n - 1] == '\n')
        n--;
    out[n > 0 ? n : 0] = '\0';
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '\n' ? ' ' : *p >= 0x20 && *p < 0x7f ? *p : '?';
}
