/* SPDX-License-Identifier: MIT */
/* A task's process: every way to end, and what the agent makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "probes/agent/child.h"
#include "unit/agent/fake.h"

struct fixture {
    char spool[64];
    const struct stop *stop;
    int bell;
    int64_t next_lease;
    /* what the watcher saw */
    int parts, lines;
    char phase[32];
    bool cancel;
};

static int
setup(void **state)
{
    struct fixture *x = calloc(1, sizeof(*x));

    snprintf(x->spool, sizeof(x->spool), "/tmp/offramp-child-XXXXXX");
    assert_non_null(mkdtemp(x->spool));
    assert_int_equal(stop_on_signals(&x->stop, NULL), ST_OK);
    x->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    *state = x;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *x = *state;

    close(x->bell);
    assert_int_equal(file_rmtree(x->spool, NULL), ST_OK);
    free(x);
    return 0;
}

static void
on_progress(void *ctx, const char *line)
{
    struct fixture *x = ctx;
    json_t *o = json_loads(line, 0, NULL);
    const char *phase = json_string_value(json_object_get(o, "phase"));

    x->lines++;
    if (phase != NULL)
        snprintf(x->phase, sizeof(x->phase), "%s", phase);
    json_decref(o);
    /* A hanging task is cancelled once it says that it hangs. */
    if (x->cancel && strcmp(x->phase, "hang") == 0)
        assert_int_equal(eventfd_write(x->bell, 1), 0);
}

static void
on_part(void *ctx)
{
    ((struct fixture *)ctx)->parts++;
}

static bool
on_bell(void *ctx)
{
    eventfd_t n;

    eventfd_read(((struct fixture *)ctx)->bell, &n);
    return true;
}

static void
make_folder(struct fixture *x, const char *kind, struct folder *f)
{
    struct err err = { 0 };
    json_t *lease = json_pack("{s:I, s:i, s:s, s:i, s:[], s:{s:i}}", "lease",
        (json_int_t)++x->next_lease, "epoch", 1, "kind", kind, "deadline_s", 60,
        "blobs", "payload", "n", 7);

    assert_int_equal(folder_make(f, x->spool, lease, &err), ST_OK);
    json_decref(lease);
}

static struct child_watch
make_watch(struct fixture *x)
{
    return (struct child_watch){ .deadline_ns =
                                     clock_ns() + 60 * INT64_C(1000000000),
        .cpu_s = 60,
        .stop = x->stop,
        .bell_fd = x->bell,
        .cancelled = on_bell,
        .progress = on_progress,
        .part = on_part,
        .ctx = x };
}

static json_t *
result_of(const struct folder *f)
{
    char path[PATH_MAX];
    json_t *doc = NULL;

    folder_path(f, "result.json", path);
    assert_int_equal(json_file_load(path, 1 << 20, &doc, NULL), ST_OK);
    return doc;
}

static const char *
text_of(const json_t *doc, const char *name)
{
    const char *s = json_string_value(json_object_get(doc, name));

    return s ? s : "";
}

static void
every_end_has_its_failure(void **state)
{
    static const struct {
        const char *kind, *class, *code, *words;
    } cases[] = {
        { "segv", "model", "model.crashed", "SIGSEGV" },
        { "segv", "model", "model.crashed", "about to read nowhere" },
        { "abort", "model", "model.out_of_memory", "memory" },
        { "killed", "model", "model.out_of_memory", "SIGKILL" },
        { "silent", "model", "model.crashed", "exit code 3" },
        { "garbage", "model", "model.crashed", "without a result" },
        { "fail", "model", "model.unsupported_op", "no such op: Foo" },
        { "err", "user", "dataset.labels", "labels: row 3" },
        { "io", "infra", "infra.io", "disk is full" },
        { "nothing", "infra", "infra.internal", "gave no result" },
        { "unheard", "infra", "infra.unknown_kind", "unheard" },
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct child_watch w = make_watch(x);
        struct child_end end = { 0 };
        struct err err = { 0 };
        struct folder f;
        json_t *doc;

        make_folder(x, cases[i].kind, &f);
        assert_int_equal(child_run(&f, &w, &end, &err), ST_OK);
        assert_int_equal(end.why, CHILD_LET);
        assert_int_equal(child_verdict(&f, &end, TASK_MODEL, &err), ST_OK);
        assert_true(folder_finished(&f));
        doc = result_of(&f);
        assert_string_equal(text_of(doc, "status"), "failed");
        assert_string_equal(text_of(doc, "class"), cases[i].class);
        assert_string_equal(text_of(doc, "code"), cases[i].code);
        if (strstr(text_of(doc, "detail"), cases[i].words) == NULL)
            fail_msg("%s: '%s' lacks '%s'", cases[i].kind,
                text_of(doc, "detail"), cases[i].words);
        json_decref(doc);
        folder_clear(&f);
    }
}

static void
failed_nodes_reach_the_result(void **state)
{
    struct fixture *x = *state;
    const struct child_watch w = make_watch(x);
    struct child_end end;
    struct folder f;
    json_t *doc;

    make_folder(x, "fail", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    doc = result_of(&f);
    assert_int_equal(json_array_size(json_object_get(doc, "nodes")), 2);
    json_decref(doc);
    folder_clear(&f);
}

static void
a_result_comes_with_parts_files_and_progress(void **state)
{
    struct fixture *x = *state;
    const struct child_watch w = make_watch(x);
    char path[PATH_MAX], name[80], hex[HASH_HEX];
    struct child_end end;
    struct folder f;
    json_t *doc, *r;

    make_folder(x, "ok", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    doc = result_of(&f);
    r = json_object_get(doc, "result");
    assert_string_equal(text_of(doc, "status"), "done");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(r, "echo"), "n")),
        7);
    hash_bytes("made\n", 5, hex);
    assert_string_equal(text_of(r, "out"), hex);
    snprintf(name, sizeof(name), "out/%s", hex);
    folder_path(&f, name, path);
    assert_int_equal(file_size(path), 5);
    folder_path(&f, "parts/1.json", path);
    assert_true(file_exists(path));
    assert_true(x->parts >= 1);
    assert_string_equal(x->phase, "work");
    json_decref(doc);
    folder_clear(&f);
}

static void
noise_on_standard_output_is_not_progress(void **state)
{
    struct fixture *x = *state;
    const struct child_watch w = make_watch(x);
    struct child_end end;
    struct folder f;
    char tail[100];

    make_folder(x, "noisy", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    assert_true(folder_finished(&f));
    assert_int_equal(x->lines, 1);
    assert_string_equal(x->phase, "noise");
    folder_log_tail(&f, tail, sizeof(tail));
    assert_non_null(strstr(tail, "not json"));
    folder_clear(&f);
}

static void
limits_end_a_child(void **state)
{
    struct fixture *x = *state;
    struct child_watch w = make_watch(x);
    struct child_end end;
    struct folder f;
    json_t *doc;

    w.cpu_s = 1;
    make_folder(x, "spin", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    assert_int_equal(child_verdict(&f, &end, TASK_DEVICE, NULL), ST_OK);
    doc = result_of(&f);
    assert_string_equal(text_of(doc, "code"), "device.hung");
    assert_string_equal(text_of(doc, "class"), "device");
    json_decref(doc);
    folder_clear(&f);
    if (!spawn_limits_memory)
        return;
    w = make_watch(x);
    w.memory_bytes = INT64_C(2) << 30;
    make_folder(x, "hungry", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    assert_int_equal(child_verdict(&f, &end, TASK_MODEL, NULL), ST_OK);
    doc = result_of(&f);
    assert_string_equal(text_of(doc, "code"), "model.out_of_memory");
    assert_string_equal(text_of(doc, "class"), "model");
    json_decref(doc);
    folder_clear(&f);
}

static void
a_deadline_ends_a_child_that_hangs(void **state)
{
    struct fixture *x = *state;
    struct child_watch w = make_watch(x);
    struct child_end end;
    struct folder f;
    json_t *doc;

    w.deadline_ns = clock_ns() + 200000000;
    make_folder(x, "hang", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    assert_int_equal(end.why, CHILD_DEADLINE);
    assert_int_equal(child_verdict(&f, &end, TASK_MODEL, NULL), ST_OK);
    doc = result_of(&f);
    assert_string_equal(text_of(doc, "code"), "model.hung");
    assert_non_null(strstr(text_of(doc, "detail"), "deadline"));
    json_decref(doc);
    folder_clear(&f);
}

static void
a_cancel_ends_even_a_deaf_group(void **state)
{
    struct fixture *x = *state;
    const struct child_watch w = make_watch(x);
    int64_t start_ns = clock_ns();
    struct child_end end;
    struct folder f;

    x->cancel = true;
    make_folder(x, "deaf", &f);
    assert_int_equal(child_run(&f, &w, &end, NULL), ST_OK);
    assert_int_equal(end.why, CHILD_CANCELLED);
    assert_false(folder_finished(&f));
    /* SIGKILL came after the grace, and the pipe held by the grandchild did
     * not keep the agent. */
    assert_true(clock_ns() - start_ns < 20 * INT64_C(1000000000));
    folder_clear(&f);
}

static void
a_child_that_is_asked_answers_or_is_told_off(void **state)
{
    struct err err = { 0 };
    json_t *doc = NULL;

    (void)state;
    assert_int_equal(child_ask("env", &doc, &err), ST_OK);
    assert_true(json_is_object(json_object_get(doc, "stable")));
    json_decref(doc);
    assert_int_equal(child_ask("man", &doc, &err), ST_INVALID);
    assert_null(doc);
}

static void
a_lease_that_makes_no_sense_gets_no_folder(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"lease\":0,\"epoch\":1,\"kind\":\"ok\",\"deadline_s\":1,"
        "\"payload\":{}}",
        "{\"lease\":1,\"epoch\":1,\"kind\":\"ok\",\"deadline_s\":1,"
        "\"payload\":[]}",
        "{\"lease\":1,\"epoch\":1,\"kind\":\"ok\",\"payload\":{}}",
        "{\"lease\":\"1\",\"epoch\":1,\"kind\":\"ok\",\"deadline_s\":1,"
        "\"payload\":{}}",
        "[]",
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *lease = json_loads(bad[i], 0, NULL);
        struct folder f;

        assert_non_null(lease);
        assert_int_equal(folder_make(&f, x->spool, lease, NULL), ST_INVALID);
        assert_null(f.doc);
        json_decref(lease);
    }
}

static void
waits_double_up_to_a_minute(void **state)
{
    static const double want_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
    struct backoff b = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(want_s) / sizeof(want_s[0]); i++) {
        double s = backoff_next_s(&b);

        assert_true(s <= want_s[i] && s >= 0.8 * want_s[i]);
    }
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            every_end_has_its_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(
            failed_nodes_reach_the_result, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_result_comes_with_parts_files_and_progress, setup, teardown),
        cmocka_unit_test_setup_teardown(
            noise_on_standard_output_is_not_progress, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_end_a_child, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_deadline_ends_a_child_that_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_cancel_ends_even_a_deaf_group, setup, teardown),
        cmocka_unit_test(a_child_that_is_asked_answers_or_is_told_off),
        cmocka_unit_test_setup_teardown(
            a_lease_that_makes_no_sense_gets_no_folder, setup, teardown),
        cmocka_unit_test(waits_double_up_to_a_minute),
    };

    if (argc > 1) /* the child of a test */
        return agent_main(&fake_program, argc, argv);
    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
