/* SPDX-License-Identifier: MIT */
#include "unit/agent/fake.h"

#undef NDEBUG /* its assertions do the work */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static enum status
run_ok(struct task *t, json_t **result, struct err *err)
{
    json_t *part = json_pack("{s:s}", "rows", "some");
    const char *token = getenv("OFFRAMP_TOKEN");
    char hex[HASH_HEX];
    enum status st;

    task_progress(t, "work", 1, 2, "half");
    if ((st = task_part(t, part, err)) == ST_OK &&
        (st = task_part(t, part, err)) == ST_OK &&
        (st = task_out(t, "made\n", 5, hex, err)) == ST_OK)
        *result = json_pack(
            "{s:O, s:s, s:s?}", "echo", t->payload, "out", hex, "token", token);
    json_decref(part);
    return st;
}

/* Reads the blob that the payload names. */
static enum status
run_read(struct task *t, json_t **result, struct err *err)
{
    const char *hex = json_string_value(json_object_get(t->payload, "blob"));
    char path[PATH_MAX], *text = NULL;
    size_t len;
    enum status st;

    if ((st = task_blob_path(t, hex, path, err)) == ST_OK &&
        (st = file_read(path, 1000, &text, &len, err)) == ST_OK)
        *result = json_pack("{s:s}", "text", text);
    free(text);
    return st;
}

static enum status
run_segv(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    (void)err;
    fprintf(stderr, "about to read nowhere\n");
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
    raise(SIGSEGV);
    return ST_OK;
}

static enum status
run_abort(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    (void)err;
    fprintf(stderr, "what(): std::bad_alloc\n");
    signal(SIGABRT, SIG_DFL);
    raise(SIGABRT);
    return ST_OK;
}

static enum status
run_killed(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    (void)err;
    raise(SIGKILL);
    return ST_OK;
}

static enum status
run_silent(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    (void)err;
    _exit(3);
}

/* Hangs after leaving its pid in the folder. */
static enum status
run_hang(struct task *t, json_t **result, struct err *err)
{
    char path[PATH_MAX];

    (void)result;
    snprintf(path, sizeof(path), "%s/../../child.pid", t->dir);
    if (json_file_save(path, json_integer(getpid()), err) != ST_OK)
        return ST_IO;
    task_progress(t, "hang", 0, 1, NULL);
    for (;;)
        pause();
}

/* The same, deaf to SIGTERM, and with a child that is too. */
static enum status
run_deaf(struct task *t, json_t **result, struct err *err)
{
    signal(SIGTERM, SIG_IGN);
    if (fork() < 0)
        return err_errno(err, "fork");
    return run_hang(t, result, err);
}

/* Goes on until it is told to end, and then has something to show. */
static enum status
run_ends(struct task *t, json_t **result, struct err *err)
{
    const struct timespec nap = { .tv_nsec = 5000000 };

    task_progress(t, "hang", 0, 1, NULL);
    while (!task_is_ending(t))
        nanosleep(&nap, NULL);
    *result = json_pack("{s:s}", "so_far", "much");
    return *result ? ST_OK : err_nomem(err);
}

static enum status
run_spin(struct task *t, json_t **result, struct err *err)
{
    volatile unsigned long turns = 0;

    (void)t;
    (void)result;
    (void)err;
    while (turns + 1 != 0)
        turns++;
    return ST_OK;
}

static enum status
run_hungry(struct task *t, json_t **result, struct err *err)
{
    void *block[64];

    (void)t;
    (void)result;
    for (size_t i = 0; i < 64; i++)
        if ((block[i] = malloc((size_t)1 << 30)) == NULL) {
            while (i-- > 0)
                free(block[i]);
            return err_nomem(err);
        }
    return err_set(err, ST_INTERNAL, NULL, "there was no limit");
}

static enum status
run_garbage(struct task *t, json_t **result, struct err *err)
{
    char path[PATH_MAX];

    (void)result;
    snprintf(path, sizeof(path), "%s/result.json", t->dir);
    if (file_write(path, "{\"status\":\"done\"", 16, err) != ST_OK)
        return ST_IO;
    _exit(0);
}

static enum status
run_fail(struct task *t, json_t **result, struct err *err)
{
    json_t *nodes = json_pack("[s, s]", "conv1", "conv2");
    enum status st = task_fail(
        t, TASK_MODEL, "model.unsupported_op", nodes, "no such op: %s", "Foo");

    (void)result;
    (void)err;
    json_decref(nodes);
    return st;
}

static enum status
run_err(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    return err_set(err, ST_UNPROCESSABLE, "dataset.labels", "labels: row 3");
}

static enum status
run_io(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    return err_set(err, ST_IO, NULL, "the disk is full");
}

static enum status
run_nothing(struct task *t, json_t **result, struct err *err)
{
    (void)t;
    (void)result;
    (void)err;
    return ST_OK;
}

/* Says things on standard output that are no progress, and then some that
 * are. */
static enum status
run_noisy(struct task *t, json_t **result, struct err *err)
{
    (void)err;
    for (int i = 0; i < 20000; i++)
        putchar('x');
    puts("\nnot json");
    puts("{\"phase\":7}");
    fflush(stdout);
    task_progress(t, "noise", 1, 1, "done");
    *result = json_object();
    return ST_OK;
}

/* Things where the agent expects files: it must wait for none of them. */
static enum status
run_litter(struct task *t, json_t **result, struct err *err)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/parts/1.json", t->dir);
    assert(mkfifo(path, 0600) == 0);
    snprintf(path, sizeof(path), "%s/parts/2.json", t->dir);
    assert(mkdir(path, 0700) == 0);
    snprintf(path, sizeof(path), "%s/parts/3.json", t->dir);
    assert(symlink("nowhere", path) == 0);
    snprintf(path, sizeof(path), "%s/parts/4.json", t->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert(fd >= 0 && ftruncate(fd, (off_t)5 << 30) == 0);
    close(fd);
    (void)err;
    *result = json_object();
    return ST_OK;
}

/* A file to send that is a pipe. */
static enum status
run_pipe_out(struct task *t, json_t **result, struct err *err)
{
    char path[PATH_MAX], hex[HASH_HEX];

    (void)err;
    hash_bytes("pipe", 4, hex);
    snprintf(path, sizeof(path), "%s/out/%s", t->dir, hex);
    assert(mkfifo(path, 0600) == 0);
    *result = json_object();
    return ST_OK;
}

/* Pipes instead of a result and last words. */
static enum status
run_pipes(struct task *t, json_t **result, struct err *err)
{
    static const char *const names[] = { "result.json", "log" };
    char path[PATH_MAX];

    (void)result;
    (void)err;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
        unlink(path);
        assert(mkfifo(path, 0600) == 0);
    }
    _exit(0);
}

/* The whole folder is gone. */
static enum status
run_gone(struct task *t, json_t **result, struct err *err)
{
    (void)result;
    assert(file_rmtree(t->dir, err) == ST_OK);
    _exit(0);
}

/* A folder too deep to be named, and so to be removed by its name. */
static enum status
run_deep(struct task *t, json_t **result, struct err *err)
{
    char name[200];

    (void)err;
    memset(name, 'd', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    *result = json_object();
    assert(chdir(t->dir) == 0);
    for (int i = 0; i < 40; i++)
        assert(mkdir(name, 0700) == 0 && chdir(name) == 0);
    return ST_OK;
}

/* What of the agent's is within reach. */
static enum status
run_look(struct task *t, json_t **result, struct err *err)
{
    char path[64];
    int fds = 0, fd;

    (void)t;
    (void)err;
    for (int i = STDERR_FILENO + 1; i < 1024; i++)
        fds += fcntl(i, F_GETFD) >= 0;
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0)
        close(fd);
    *result = json_pack("{s:i, s:b, s:b}", "fds", fds, "environ", fd >= 0,
        "no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    return ST_OK;
}

#define KIND(text, fn)                                                         \
    &(const struct task_kind)                                                  \
    {                                                                          \
        .name = text, .run = fn, .blame = TASK_MODEL                           \
    }

static const struct task_kind *const kinds[] = {
    KIND("ok", run_ok),
    KIND("read", run_read),
    KIND("segv", run_segv),
    KIND("abort", run_abort),
    KIND("killed", run_killed),
    KIND("silent", run_silent),
    KIND("hang", run_hang),
    KIND("ends", run_ends),
    KIND("deaf", run_deaf),
    KIND("spin", run_spin),
    KIND("hungry", run_hungry),
    KIND("garbage", run_garbage),
    KIND("fail", run_fail),
    KIND("err", run_err),
    KIND("io", run_io),
    KIND("nothing", run_nothing),
    KIND("noisy", run_noisy),
    KIND("litter", run_litter),
    KIND("pipe_out", run_pipe_out),
    KIND("pipes", run_pipes),
    KIND("gone", run_gone),
    KIND("deep", run_deep),
    KIND("look", run_look),
    NULL,
};

static enum status
env(json_t **out, struct err *err)
{
    char fingerprint[HASH_HEX];

    hash_bytes("fake", 4, fingerprint);
    *out = json_pack("{s:{s:s}, s:s}", "stable", "cpu_model", "fake",
        "env_fingerprint", fingerprint);
    return *out ? ST_OK : err_nomem(err);
}

const struct agent_program fake_program = {
    .name = "fake-agent",
    .summary = "misbehave for tests",
    .details = "Nothing to see.",
    .suffix = "-fake",
    .kinds = kinds,
    .env = env,
};
