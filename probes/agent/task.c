/* SPDX-License-Identifier: MIT */
#include "probes/agent/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/plain.h"

enum { TASK_JSON_MAX = 64 << 20, PROGRESS_GAP_NS = 100 * 1000 * 1000 };

struct task_state {
    int progress_fd;
    int64_t progress_ns; /* when the last line was written */
    char phase[32];
    int64_t parts;
    json_t *failure; /* owned; NULL until task_fail() */
};

static const char *const class_names[] = {
#define X(name, text) [name] = text,
    TASK_CLASS_MAP(X)
#undef X
};

const char *
task_class_name(enum task_class c)
{
    return class_names[c];
}

enum task_class
task_class_of(const char *code)
{
    static const struct {
        const char *word;
        enum task_class c;
    } words[] = {
        { "device.", TASK_DEVICE },
        { "model.", TASK_MODEL },
        { "measure.", TASK_MEASURE },
        { "link.", TASK_MEASURE },
        { "user.", TASK_USER },
        { "dataset.", TASK_USER },
        { "augment.", TASK_USER },
        { "records.", TASK_USER },
        { "costs.", TASK_USER },
        { "policy.", TASK_USER },
        { "search.", TASK_USER },
        { "request.", TASK_USER },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(code, words[i].word, strlen(words[i].word)) == 0)
            return words[i].c;
    return TASK_INFRA;
}

void
task_progress(struct task *t, const char *phase, int64_t done, int64_t total,
    const char *detail)
{
    struct task_state *s = t->state;
    int64_t now = clock_ns();
    json_t *line;
    char *text;

    if (s->progress_fd < 0)
        return;
    if (now - s->progress_ns < PROGRESS_GAP_NS && done < total &&
        strncmp(s->phase, phase, sizeof(s->phase) - 1) == 0)
        return;
    s->progress_ns = now;
    snprintf(s->phase, sizeof(s->phase), "%s", phase);
    line = json_pack("{s:s, s:I, s:I, s:s?}", "phase", phase, "done",
        (json_int_t)done, "total", (json_int_t)total, "detail", detail);
    text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    /* Progress is a courtesy: a reader that is gone stops nothing. */
    if (text != NULL && dprintf(s->progress_fd, "%s\n", text) < 0)
        s->progress_fd = -1;
    free(text);
    json_decref(line);
}

bool
task_is_ending(const struct task *t)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof(path), "%s/" TASK_ENDING, t->dir) < PATH_MAX &&
           access(path, F_OK) == 0;
}

/* "DIR/sub/name", made with its folder. */
static enum status
sub_path(const struct task *t, const char *sub, const char *name,
    char path[PATH_MAX], struct err *err)
{
    enum status st;

    if (snprintf(path, PATH_MAX, "%s/%s", t->dir, sub) >= PATH_MAX)
        return err_set(err, ST_IO, NULL, "%s: the name is too long", t->dir);
    if ((st = file_mkdirs(path, err)) != ST_OK)
        return st;
    if (snprintf(path, PATH_MAX, "%s/%s/%s", t->dir, sub, name) >= PATH_MAX)
        return err_set(err, ST_IO, NULL, "%s: the name is too long", t->dir);
    return ST_OK;
}

enum status
task_part(struct task *t, const json_t *part, struct err *err)
{
    char path[PATH_MAX], name[32];
    enum status st;

    snprintf(name, sizeof(name), "%lld.json", (long long)t->state->parts);
    if ((st = sub_path(t, "parts", name, path, err)) != ST_OK ||
        (st = json_file_save(path, part, err)) != ST_OK)
        return st;
    t->state->parts++;
    return ST_OK;
}

enum status
task_out(struct task *t, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    char path[PATH_MAX];
    enum status st;

    hash_bytes(data, len, hex);
    if ((st = sub_path(t, "out", hex, path, err)) != ST_OK)
        return st;
    return file_exists(path) ? ST_OK : file_write(path, data, len, err);
}

enum status
task_out_file(
    struct task *t, const char *from, char hex[HASH_HEX], struct err *err)
{
    char path[PATH_MAX];
    enum status st;

    if ((st = hash_file(from, hex, err)) != ST_OK ||
        (st = sub_path(t, "out", hex, path, err)) != ST_OK)
        return st;
    return file_publish(from, path, err);
}

enum status
task_blob_path(
    const struct task *t, const char *hex, char path[PATH_MAX], struct err *err)
{
    if (!hash_valid(hex) ||
        snprintf(path, PATH_MAX, "%s/blobs/%s", t->dir, hex) >= PATH_MAX ||
        !file_exists(path))
        return err_set(err, ST_NOT_FOUND, "infra.blob_missing",
            "the lease did not bring blob %.64s", hex);
    return ST_OK;
}

enum status
task_fail(struct task *t, enum task_class c, const char *code,
    const json_t *nodes, const char *fmt, ...)
{
    char detail[1024];
    json_t *text;
    va_list ap;

    if (t->state->failure != NULL)
        return ST_UNPROCESSABLE;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof(detail), fmt, ap);
    va_end(ap);
    plain_mend(detail); /* a runtime's words, perhaps cut */
    text = json_string(detail);
    t->state->failure =
        json_pack("{s:s, s:s, s:s, s:o, s:O*}", "status", "failed", "class",
            task_class_name(c), "code", code, "detail", text, "nodes", nodes);
    return ST_UNPROCESSABLE;
}

/* Make the failure of a run that set none itself from its error. */
static void
fail_from_err(struct task *t, const struct task_kind *kind, const struct err *e)
{
    char code[64];

    if (e->status == ST_NOMEM) {
        snprintf(code, sizeof(code), "%s.out_of_memory",
            task_class_name(kind->blame));
        task_fail(t, kind->blame, code, NULL, "%s", e->text);
    } else if (strncmp(e->code, "server.", 7) == 0) {
        /* The default code of a status speaks of a server: here it is us. */
        snprintf(code, sizeof(code), "infra.%s", e->code + 7);
        task_fail(t, TASK_INFRA, code, NULL, "%s", e->text);
    } else {
        task_fail(t, task_class_of(e->code), e->code, NULL, "%s", e->text);
    }
}

static enum status
write_result(struct task *t, json_t *result, struct err *err)
{
    char path[PATH_MAX];
    json_t *doc = NULL;
    enum status st;

    if (t->state->failure != NULL)
        doc = json_incref(t->state->failure);
    else
        doc = json_pack("{s:s, s:O}", "status", "done", "result", result);
    if (doc == NULL)
        return err_nomem(err);
    snprintf(path, sizeof(path), "%s/result.json", t->dir);
    st = json_file_save(path, doc, err);
    json_decref(doc);
    return st;
}

static enum status
run_kind(struct task *t, const struct task_kind *kind, struct err *err)
{
    struct err why = { 0 };
    json_t *result = NULL;
    enum status st = kind->run(t, &result, &why);

    if (st == ST_OK && !json_is_object(result))
        st = err_set(&why, ST_INTERNAL, NULL,
            "task kind %s gave no result: a defect, please report it",
            kind->name);
    if (st != ST_OK && t->state->failure == NULL) {
        if (why.status == ST_OK)
            err_set(&why, st, NULL, "task kind %s failed", kind->name);
        fail_from_err(t, kind, &why);
        log_warn("%s failed: %s: %s", kind->name, why.code, why.text);
    }
    st = write_result(t, result, err);
    json_decref(result);
    return st;
}

enum status
agent_run_task(const struct task_kind *const *kinds, const char *dir,
    int progress_fd, struct err *err)
{
    struct task_state state = { .progress_fd = progress_fd };
    struct task t = { .dir = dir, .state = &state };
    json_t *lease = NULL, *payload = NULL;
    const char *name = NULL;
    const struct json_field fields[] = {
        { "kind", JF_STR, true, &name, 0, 0 },
        { "payload", JF_OBJ, true, &payload, 0, 0 },
    };
    char path[PATH_MAX];
    enum status st;

    if (snprintf(path, sizeof(path), "%s/task.json", dir) >= PATH_MAX - 256)
        return err_set(err, ST_IO, NULL, "%s: the name is too long", dir);
    if ((st = json_file_load(path, TASK_JSON_MAX, &lease, err)) != ST_OK ||
        (st = JSON_PICK(lease, "task", fields, err)) != ST_OK)
        goto out;
    t.lease = lease;
    t.payload = payload;
    t.kind = name;
    while (*kinds != NULL && strcmp((*kinds)->name, name) != 0)
        kinds++;
    if (*kinds == NULL) {
        task_fail(&t, TASK_INFRA, "infra.unknown_kind", NULL,
            "this program knows no task of kind %s: update it", name);
        st = write_result(&t, NULL, err);
    } else {
        st = run_kind(&t, *kinds, err);
    }
out:
    json_decref(state.failure);
    json_decref(lease);
    return st;
}
