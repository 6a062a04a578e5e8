/* SPDX-License-Identifier: MIT */
#include "unit/agent/fake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    KIND("deaf", run_deaf),
    KIND("spin", run_spin),
    KIND("hungry", run_hungry),
    KIND("garbage", run_garbage),
    KIND("fail", run_fail),
    KIND("err", run_err),
    KIND("io", run_io),
    KIND("nothing", run_nothing),
    KIND("noisy", run_noisy),
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
