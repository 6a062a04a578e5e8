/* SPDX-License-Identifier: MIT */
#include "server/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "server/auth.h"
#include "server/server.h"

static const char program[] = "offramp-worker";

enum {
    STOP_GRACE_S = 5,
    BACKOFF_MAX_S = 60,
    LIVED_LONG_S = 60, /* one that lived so long starts again at once */
};

struct worker {
    struct spawn *all;
    char id[32], token[AUTH_TOKEN_TEXT], spool[PATH_MAX];
    pthread_t thread;
    bool threaded;
    pid_t pid; /* 0: not running; with the lock held */
};

struct spawn {
    char path[PATH_MAX]; /* of the program */
    char url[128];
    char host[128]; /* in it: where links to this machine are measured */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    int n;
    struct worker worker[SPAWN_MAX];
};

/* Look beside this program, then in PATH. */
static enum status
find_program(char *out, size_t cap, struct err *err)
{
    const char *path = getenv("PATH");
    char dir[PATH_MAX];

    if (file_self_dir(dir, sizeof(dir), NULL) == ST_OK) {
        if (snprintf(out, cap, "%s/%s", dir, program) < (int)cap &&
            access(out, X_OK) == 0)
            return ST_OK;
    }
    while (path != NULL && *path != '\0') {
        size_t n = strcspn(path, ":");

        if (n > 0 &&
            snprintf(out, cap, "%.*s/%s", (int)n, path, program) < (int)cap &&
            access(out, X_OK) == 0)
            return ST_OK;
        path += n + (path[n] == ':');
    }
    return err_set(err, ST_NOT_FOUND, "spawn.no_worker",
        "%s is neither beside this program nor in PATH", program);
}

enum status
spawn_new(struct spawn **out, struct server *server, int n, struct err *err)
{
    struct spawn *s = calloc(1, sizeof(*s));
    pthread_condattr_t attr;
    char hash[HASH_HEX];
    enum status st;

    *out = NULL;
    if (s == NULL)
        return err_nomem(err);
    if ((st = find_program(s->path, sizeof(s->path), err)) != ST_OK) {
        free(s);
        return st;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    s->n = n < SPAWN_MAX ? n : SPAWN_MAX;
    for (int i = 0; i < s->n; i++) {
        struct worker *w = &s->worker[i];

        w->all = s;
        snprintf(w->id, sizeof(w->id), "local-worker-%d", i + 1);
        snprintf(w->spool, sizeof(w->spool), "%s.workers/local-worker-%d",
            server_config(server)->db_path, i + 1);
        auth_token_make(w->token);
        hash_bytes(w->token, strlen(w->token), hash);
        server_trust(server, w->id, hash);
    }
    *out = s;
    return ST_OK;
}

/* Our environment with the worker's token in it; NULL if out of memory.  The
 * caller frees the array and its first entry. */
static char **
make_environment(const struct worker *w)
{
    static const char name[] = "OFFRAMP_TOKEN=";
    size_t n = 0, to = 1;
    char **env;

    while (environ[n] != NULL)
        n++;
    if ((env = calloc(n + 2, sizeof(*env))) == NULL)
        return NULL;
    if (asprintf(&env[0], "%s%s", name, w->token) < 0) {
        free(env);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], name, sizeof(name) - 1) != 0)
            env[to++] = environ[i];
    return env;
}

/* In the child, where only async-signal-safe calls are allowed. */
static _Noreturn void
become_worker(const char *path, char **argv, char **env, pid_t parent)
{
    struct sigaction usual = { .sa_handler = SIG_DFL };
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1); /* it died before the line above */
    sigaction(SIGPIPE, &usual, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is for our address */
    execve(path, argv, env);
    _exit(127);
}

/* Start one; its pid, or -1. */
static pid_t
start(struct worker *w)
{
    struct spawn *s = w->all;
    const char *argv[] = { program, "--server", s->url, "--id", w->id,
        "--spool", w->spool, "--link", s->host, NULL };
    char **env = make_environment(w);
    pid_t parent = getpid(), pid;

    if (env == NULL)
        return -1;
    if ((pid = fork()) == 0)
        become_worker(s->path, (char **)argv, env, parent);
    if (pid > 0)
        setpgid(pid, pid); /* here too, so that stopping cannot be too early */
    free(env[0]);
    free(env);
    return pid;
}

static void
report_end(const struct worker *w, int status)
{
    if (WIFSIGNALED(status))
        log_warn("%s was ended by signal %d", w->id, WTERMSIG(status));
    else
        log_warn("%s ended with code %d", w->id, WEXITSTATUS(status));
}

/* Wait for its end.  It is reaped with the lock held, so that spawn_stop()
 * never signals a pid that is somebody else's by now. */
static void
wait_for_end(struct worker *w, pid_t pid)
{
    siginfo_t info;
    int status = 0;

    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR)
        continue;
    pthread_mutex_lock(&w->all->lock);
    waitpid(pid, &status, 0);
    w->pid = 0;
    if (!w->all->stopping)
        report_end(w, status);
    pthread_mutex_unlock(&w->all->lock);
}

/* With the lock held: rest, unless all is to stop. */
static void
rest(struct spawn *s, int seconds)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (
        !s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
        continue;
}

/* Linux ends the worker when the thread that started it ends: that is why
 * this one stays. */
static void *
supervise(void *ctx)
{
    struct worker *w = ctx;
    struct spawn *s = w->all;
    int backoff_s = 1;

    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        int64_t since = clock_ns();
        pid_t pid = w->pid = start(w);

        if (pid < 0) {
            w->pid = 0;
            log_error("%s could not be started: %s", w->id, strerror(errno));
        } else {
            pthread_mutex_unlock(&s->lock);
            wait_for_end(w, pid);
            pthread_mutex_lock(&s->lock);
        }
        if (clock_ns() - since > LIVED_LONG_S * INT64_C(1000000000))
            backoff_s = 1;
        rest(s, backoff_s);
        backoff_s =
            2 * backoff_s < BACKOFF_MAX_S ? 2 * backoff_s : BACKOFF_MAX_S;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* "http://[::1]:8080" to "::1". */
static void
host_of(const char *url, char *out, size_t cap)
{
    const char *at = strstr(url, "://"), *end;

    at = at ? at + 3 : url;
    if (*at == '[')
        end = strchr(++at, ']');
    else
        end = strrchr(at, ':');
    snprintf(out, cap, "%.*s", end ? (int)(end - at) : (int)strlen(at), at);
}

enum status
spawn_start(struct spawn *s, const char *url, struct err *err)
{
    enum status st;

    snprintf(s->url, sizeof(s->url), "%s", url);
    host_of(url, s->host, sizeof(s->host));
    for (int i = 0; i < s->n; i++) {
        struct worker *w = &s->worker[i];

        if ((st = file_mkdirs(w->spool, err)) != ST_OK)
            return st;
        if (pthread_create(&w->thread, NULL, supervise, w) != 0)
            return err_set(
                err, ST_INTERNAL, NULL, "no thread to start %s", w->id);
        w->threaded = true;
    }
    return ST_OK;
}

/* Signal every worker's process group. */
static void
signal_all(struct spawn *s, int sig)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->n; i++)
        if (s->worker[i].pid > 0)
            kill(-s->worker[i].pid, sig);
    pthread_mutex_unlock(&s->lock);
}

void
spawn_stop(struct spawn *s)
{
    struct timespec until;

    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
    signal_all(s, SIGTERM);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_GRACE_S;
    for (int i = 0; i < s->n; i++) {
        struct worker *w = &s->worker[i];

        if (!w->threaded || pthread_timedjoin_np(w->thread, NULL, &until) == 0)
            continue;
        signal_all(s, SIGKILL);
        pthread_join(w->thread, NULL);
    }
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
