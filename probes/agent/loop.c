/* SPDX-License-Identifier: MIT */
#include "probes/agent/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "probes/agent/beat.h"
#include "probes/agent/child.h"
#include "probes/agent/deliver.h"
#include "probes/agent/session.h"

struct agent {
    const struct agent_config *c;
    struct rest *rest;
    struct beat *beat;
    struct blobs blobs;
    struct session session;
    int lock_fd;
    int64_t tasks; /* run so far */
};

/* ---- what is owed ---- */

/* An unfinished folder of this session was stopped by a person: it is given
 * back.  One of an earlier run of this program was cut off, maybe by the task
 * itself: its lease is left to end as a failure once a session is opened, so
 * that a task which kills its board is not tried for ever. */
static enum status
settle_unfinished(struct agent *a, const struct folder *f, struct err *err)
{
    if (a->session.id[0] != '\0')
        return deliver_release(&a->blobs, f, err);
    log_warn("lease %lld was cut off", (long long)f->lease);
    return folder_remove(f->path, err);
}

static enum status
settle(void *ctx, const char *path, struct err *err)
{
    struct agent *a = ctx;
    struct folder f;
    struct err why = { 0 };
    enum status st = folder_open(&f, path, &why);

    if (st == ST_NOMEM)
        return err_nomem(err);
    if (st != ST_OK) { /* cut off while it was made or removed */
        log_warn("%s is not a task: %s; removed", path, why.text);
        return folder_remove(path, err);
    }
    st = folder_finished(&f) ? deliver_result(&a->blobs, &f, err)
                             : settle_unfinished(a, &f, err);
    folder_clear(&f);
    return st;
}

/* Send what is finished, end what is not. */
static enum status
settle_all(struct agent *a, struct err *err)
{
    enum status st = folder_each(a->c->spool, settle, a, err);

    if (st == ST_OK)
        beat_lease(a->beat, 0);
    return st;
}

/* ---- one task ---- */

/* What the child's watcher needs of the agent. */
struct work {
    struct agent *a;
    const struct folder *f;
};

/* The task looks for this file.  One that does not end is cancelled later. */
static void
tell_to_end(const struct folder *f)
{
    char path[PATH_MAX];
    int fd;

    folder_path(f, TASK_ENDING, path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else
        log_warn("%s: %s", path, strerror(errno));
}

static bool
work_cancelled(void *ctx)
{
    const struct work *w = ctx;
    struct beat_news n = beat_news(w->a->beat);

    if (n.finish)
        tell_to_end(w->f);
    /* With the session its leases are gone: the work has no taker. */
    return n.cancel || n.lost;
}

static void
work_progress(void *ctx, const char *line)
{
    const struct work *w = ctx;
    struct err err = { 0 };
    json_t *o = NULL;

    if (json_parse(line, strlen(line), &o, &err) == ST_OK)
        beat_progress(w->a->beat, o);
    else
        log_debug("progress: %s", err.text);
    json_decref(o);
}

static void
work_part(void *ctx)
{
    const struct work *w = ctx;
    struct err err = { 0 };

    if (deliver_parts(&w->a->blobs, w->f, &err) != ST_OK)
        log_info("parts wait: %s", err.text);
}

static const struct task_kind *
find_kind(const struct agent_program *p, const char *name)
{
    for (size_t i = 0; p->kinds[i] != NULL; i++)
        if (strcmp(p->kinds[i]->name, name) == 0)
            return p->kinds[i];
    return NULL;
}

static enum status
run_child(
    struct agent *a, const struct folder *f, int64_t start_ns, struct err *err)
{
    const struct task_kind *kind = find_kind(a->c->program, f->kind);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct work work = { .a = a, .f = f };
    const struct child_watch watch = {
        .deadline_ns = start_ns + (int64_t)(f->deadline_s * 1e9),
        .memory_bytes = a->c->memory_bytes,
        .cpu_s = (int64_t)(f->deadline_s + 1) * (cores > 0 ? cores : 1),
        .stop = a->c->stop,
        .bell_fd = beat_fd(a->beat),
        .cancelled = work_cancelled,
        .progress = work_progress,
        .part = work_part,
        .ctx = &work,
    };
    struct child_end end = { 0 };
    enum status st = child_run(f, &watch, &end, err);

    if (st != ST_OK)
        return st;
    if (!folder_finished(f) && end.why == CHILD_CANCELLED) {
        log_info("lease %lld: cancelled by the server", (long long)f->lease);
        return folder_remove(f->path, err);
    }
    if (end.why == CHILD_STOPPED)
        return ST_OK; /* finished or not, the folder says what is owed */
    return child_verdict(f, &end, kind ? kind->blame : TASK_INFRA, err);
}

/* Not even a failure can be kept in the folder.  It goes, so that the lease
 * runs out and the server counts it: giving it back would not count, and the
 * task that did this would go round for ever. */
static void
lose(const struct folder *f)
{
    struct err err = { 0 };

    log_error("lease %lld: its failure is lost", (long long)f->lease);
    if (folder_remove(f->path, &err) != ST_OK)
        log_error("lease %lld: %s", (long long)f->lease, err.text);
}

/* Bring the blobs and run; a failure of ours is a result as well. */
static void
work_on(struct agent *a, const json_t *lease)
{
    int64_t start_ns = clock_ns();
    struct err err = { 0 };
    struct folder f;
    enum status st;

    if (folder_make(&f, a->c->spool, lease, &err) != ST_OK) {
        log_error("a lease was lost: %s: %s", err.code, err.text);
        return; /* it runs out, and the server counts it */
    }
    log_info("lease %lld: task %s, within %.0f s", (long long)f.lease, f.kind,
        f.deadline_s);
    beat_lease(a->beat, f.lease);
    if ((st = blobs_bring(&a->blobs, &f, &err)) == ST_OK)
        st = run_child(a, &f, start_ns, &err);
    if (st != ST_OK && !a->c->stop->flag) {
        log_error("lease %lld: %s", (long long)f.lease, err.text);
        if (folder_fail(&f, TASK_INFRA,
                strncmp(err.code, "infra.", 6) == 0 ? err.code : "infra.agent",
                err.text, NULL) != ST_OK)
            lose(&f);
    }
    a->tasks++;
    folder_clear(&f);
}

/* ---- the loop ---- */

/* While drained nothing is leased; the bell or a signal ends the wait. */
static void
wait_while_drained(struct agent *a)
{
    struct pollfd fds[] = {
        { .fd = beat_fd(a->beat), .events = POLLIN },
        { .fd = a->c->stop->fd, .events = POLLIN },
    };

    log_info("drained: waiting");
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
}

/* One round; ST_OK also where there was nothing to do. */
static enum status
step(struct agent *a, struct err *err)
{
    struct beat_news news;
    json_t *lease = NULL;
    enum status st;

    if ((st = settle_all(a, err)) != ST_OK)
        return st;
    if (a->c->once && a->tasks > 0)
        return ST_CANCELLED;
    news = beat_news(a->beat);
    if (news.lost)
        a->session = (struct session){ 0 };
    if (a->session.id[0] == '\0') {
        if ((st = session_open(&a->session, a->c, a->rest, err)) != ST_OK)
            return st;
        beat_session(a->beat, a->session.id, a->session.heartbeat_s);
        return ST_OK;
    }
    if (news.drain) {
        wait_while_drained(a);
        return ST_OK;
    }
    st = session_lease(&a->session, a->c, a->rest, &lease, err);
    if (st == ST_OK)
        work_on(a, lease);
    json_decref(lease);
    return st == ST_WAIT || st == ST_GONE ? ST_OK : st;
}

static void
run(struct agent *a)
{
    struct backoff wait = { 0 };

    while (!a->c->stop->flag) {
        struct err err = { 0 };
        enum status st = step(a, &err);
        double s;

        if (st == ST_CANCELLED)
            return; /* asked to end, or done with `once` */
        if (st == ST_OK) {
            wait = (struct backoff){ 0 };
            continue;
        }
        s = backoff_next_s(&wait);
        log_warn("%s: %s; again in %.1f s", err.code, err.text, s);
        stop_wait(a->c->stop, s);
    }
}

/* Last words: what is finished goes out, the rest goes back. */
static void
farewell(struct agent *a)
{
    struct err err = { 0 };

    a->blobs.stop = NULL;
    if (settle_all(a, &err) != ST_OK)
        log_warn("kept for the next start: %s", err.text);
    beat_session(a->beat, NULL, 0);
    session_close(&a->session, a->rest);
}

static enum status
lock_spool(struct agent *a, struct err *err)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/lock", a->c->spool);
    a->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (a->lock_fd < 0)
        return err_errno(err, path);
    if (flock(a->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return ST_OK;
    return err_set(err, ST_BUSY, "agent.spool_busy",
        "%s is in use by another agent: stop it, or choose another --spool",
        a->c->spool);
}

enum status
agent_loop(const struct agent_config *config, struct err *err)
{
    struct agent a = { .c = config, .lock_fd = -1 };
    enum status st;

    if ((st = lock_spool(&a, err)) != ST_OK ||
        (st = rest_open(&a.rest, config->server, config->token, err)) !=
            ST_OK ||
        (st = beat_start(&a.beat, config->server, config->token, err)) != ST_OK)
        goto out;
    a.blobs = (struct blobs){ .spool = config->spool,
        .max_bytes = config->cache_bytes,
        .rest = a.rest,
        .stop = config->stop };
    run(&a);
    farewell(&a);
out:
    beat_stop(a.beat);
    rest_close(a.rest);
    if (a.lock_fd >= 0)
        close(a.lock_fd);
    return st;
}
