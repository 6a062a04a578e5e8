/* SPDX-License-Identifier: MIT */
/* The agent against a server that misbehaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "unit/agent/fake.h"
#include "unit/agent/rig.h"

/* The pid that a hanging task left; it is there once its heartbeat is. */
static pid_t
hanging_child(const struct rig *x)
{
    char path[128];
    json_t *pid = NULL;
    pid_t out;

    snprintf(path, sizeof(path), "%s/child.pid", x->spool);
    assert_int_equal(json_file_load(path, 100, &pid, NULL), ST_OK);
    out = (pid_t)json_integer_value(pid);
    json_decref(pid);
    return out;
}

/* Wait for a heartbeat that carries this phase of this lease. */
static void
wait_phase(struct rig *x, int id, const char *phase)
{
    for (int i = 0; i < 200; i++) {
        json_t *body = NULL, *first;
        bool seen;

        stub_wait(x->stub, "POST /v1/sessions/s1/heartbeat", &body);
        first = json_array_get(json_object_get(body, "leases"), 0);
        seen = json_integer_value(json_object_get(first, "lease")) == id &&
               strcmp(rig_text_of(first, "phase"), phase) == 0;
        json_decref(body);
        if (seen)
            return;
    }
    fail_msg("no heartbeat says that lease %d is in phase %s", id, phase);
}

static void
a_task_is_leased_run_and_delivered(void **state)
{
    struct rig *x = *state;
    json_t *offer = NULL, *body = NULL, *device, *r;
    char put[128], hex[HASH_HEX];
    int session, result;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "ok", NULL));
    x->pid = rig_start_agent(x);
    session = stub_wait(x->stub, "POST /v1/agents/tester/sessions", &offer);
    assert_string_equal(
        stub_header(x->stub, session, "Authorization"), "Bearer secret");
    device = json_array_get(json_object_get(offer, "devices"), 0);
    assert_string_equal(rig_text_of(device, "name"), "bench");
    assert_string_equal(
        rig_text_of(json_object_get(device, "labels"), "rack"), "3");
    assert_string_equal(
        rig_text_of(json_object_get(device, "env"), "cpu_model"), "fake");
    json_decref(offer);
    result = stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    assert_string_equal(stub_header(x->stub, result, "Lease-Epoch"), "11");
    r = json_object_get(body, "result");
    assert_string_equal(rig_text_of(body, "status"), "done");
    assert_string_equal(
        rig_text_of(r, "token"), ""); /* not the child's business */
    json_decref(body);
    hash_bytes("made\n", 5, hex);
    snprintf(put, sizeof(put), "PUT /v1/blobs/sha256:%s", hex);
    assert_in_range(stub_find(x->stub, put), 1, result - 1);
    assert_in_range(
        stub_find(x->stub, "PUT /v1/leases/1/parts/0"), 1, result - 1);
    assert_in_range(
        stub_find(x->stub, "PUT /v1/leases/1/parts/1"), 1, result - 1);
    assert_int_equal(stub_count(x->stub, "PUT /v1/leases/1/parts/"), 2);
    stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
    assert_false(rig_has_folder(x, 1));
}

static void
blobs_are_checked_and_kept(void **state)
{
    struct rig *x = *state;
    char good[HASH_HEX], bad[HASH_HEX], get[128], path[200];
    json_t *body = NULL;

    hash_bytes("good", 4, good);
    hash_bytes("bad", 3, bad);
    stub_blob(x->stub, good, "good");
    stub_blob(x->stub, bad, "something else");
    stub_up(x->stub);
    x->pid = rig_start_agent(x);
    stub_lease(x->stub, rig_lease(1, "read", good));
    stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    assert_string_equal(
        rig_text_of(json_object_get(body, "result"), "text"), "good");
    json_decref(body);
    stub_lease(x->stub, rig_lease(2, "read", good));
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
    snprintf(get, sizeof(get), "GET /v1/blobs/sha256:%s", good);
    assert_int_equal(stub_count(x->stub, get), 1); /* then from the cache */
    /* A damaged cache is noticed and mended. */
    snprintf(path, sizeof(path), "%s/blobs/%s", x->spool, good);
    assert_int_equal(file_write(path, "g00d", 4, NULL), ST_OK);
    stub_lease(x->stub, rig_lease(3, "read", good));
    stub_wait(x->stub, "PUT /v1/leases/3/result", &body);
    assert_string_equal(
        rig_text_of(json_object_get(body, "result"), "text"), "good");
    json_decref(body);
    assert_int_equal(stub_count(x->stub, get), 2);
    /* A wrong one from the server never reaches a task. */
    stub_lease(x->stub, rig_lease(4, "read", bad));
    stub_wait(x->stub, "PUT /v1/leases/4/result", &body);
    assert_string_equal(rig_text_of(body, "class"), "infra");
    assert_string_equal(rig_text_of(body, "code"), "infra.blob_corrupt");
    json_decref(body);
    snprintf(path, sizeof(path), "%s/blobs/%s", x->spool, bad);
    assert_false(file_exists(path));
}

static void
an_unwanted_result_is_dropped(void **state)
{
    static const int refusals[] = { 410, 409, 404 };
    struct rig *x = *state;

    stub_up(x->stub);
    x->pid = rig_start_agent(x);
    for (int i = 0; i < 3; i++) {
        char call[64];

        stub_result_status(x->stub, refusals[i]);
        stub_lease(x->stub, rig_lease(1 + i, "noisy", NULL));
        snprintf(call, sizeof(call), "PUT /v1/leases/%d/result", 1 + i);
        stub_wait(x->stub, call, NULL);
        stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
        assert_int_equal(stub_count(x->stub, call), 1);
        assert_false(rig_has_folder(x, 1 + i));
    }
}

static void
a_refused_result_becomes_a_failure(void **state)
{
    struct rig *x = *state;
    json_t *body = NULL;

    stub_up(x->stub);
    stub_result_status(x->stub, 422);
    stub_lease(x->stub, rig_lease(1, "noisy", NULL));
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    assert_string_equal(rig_text_of(body, "status"), "done");
    json_decref(body);
    stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    assert_string_equal(rig_text_of(body, "class"), "infra");
    assert_string_equal(rig_text_of(body, "code"), "infra.result_refused");
    json_decref(body);
    stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
    assert_false(rig_has_folder(x, 1));
}

static void
a_server_may_come_late_and_go(void **state)
{
    struct rig *x = *state;

    x->pid = rig_start_agent(x); /* nobody listens yet */
    stub_lease(x->stub, rig_lease(1, "noisy", NULL));
    stub_up(x->stub);
    stub_wait(x->stub, "PUT /v1/leases/1/result", NULL);
    stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
    stub_down(x->stub);
    stub_lease(x->stub, rig_lease(2, "noisy", NULL));
    stub_up(x->stub);
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
    /* It knew the session still: no other was opened. */
    assert_int_equal(stub_count(x->stub, "POST /v1/agents/"), 1);
}

static void
an_unsent_result_survives_the_agent(void **state)
{
    struct rig *x = *state;
    json_t *first = NULL, *again = NULL;
    int result;

    stub_up(x->stub);
    stub_result_status(x->stub, 503);
    stub_lease(x->stub, rig_lease(1, "noisy", NULL));
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "PUT /v1/leases/1/result", &first);
    rig_stop_agent(x, SIGKILL);
    assert_true(rig_has_folder(x, 1));
    stub_result_status(x->stub, 201);
    x->pid = rig_start_agent(x);
    result = stub_wait(x->stub, "PUT /v1/leases/1/result", &again);
    assert_string_equal(stub_header(x->stub, result, "Lease-Epoch"), "11");
    assert_true(json_equal(first, again));
    /* Before a new session voids the lease. */
    assert_int_equal(stub_count(x->stub, "POST /v1/agents/"), 1);
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", NULL);
    assert_false(rig_has_folder(x, 1));
    json_decref(first);
    json_decref(again);
}

static void
a_killed_agent_takes_its_child_along(void **state)
{
    struct rig *x = *state;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "hang", NULL));
    x->pid = rig_start_agent(x);
    wait_phase(x, 1, "hang");
    rig_stop_agent(x, SIGKILL);
    rig_wait_gone(hanging_child(x));
    assert_true(rig_has_folder(x, 1));
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", NULL);
    assert_false(rig_has_folder(x, 1));
    /* Neither a result nor given back: the new session ends the lease as a
     * failed attempt, for the task may have been the cause. */
    assert_int_equal(stub_count(x->stub, "PUT /v1/leases/1"), 0);
    assert_int_equal(stub_count(x->stub, "POST /v1/leases/1"), 0);
}

static void
the_devices_of_one_host_take_turns(void **state)
{
    static const struct {
        const char *name, *rack, *arch; /* NULL: the machine's */
    } want[] = { { "bench", "3", NULL }, { "side", "4", "toy" } };
    struct rig *x = *state;
    json_t *offer = NULL, *ask = NULL;
    struct utsname u;

    uname(&u);
    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "hang", NULL));
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", &offer);
    stub_wait(x->stub, "POST /v1/sessions/s1/lease", &ask);
    for (size_t i = 0; i < 2; i++) {
        const json_t *device =
            json_array_get(json_object_get(offer, "devices"), i);
        const json_t *labels = json_object_get(device, "labels");

        assert_string_equal(rig_text_of(device, "name"), want[i].name);
        assert_string_equal(rig_text_of(labels, "rack"), want[i].rack);
        assert_string_equal(rig_text_of(labels, "arch"),
            want[i].arch ? want[i].arch : u.machine);
        assert_string_equal(json_string_value(json_array_get(
                                json_object_get(ask, "devices"), i)),
            want[i].name);
    }
    json_decref(offer);
    json_decref(ask);
    /* While one of them works, none asks for more. */
    wait_phase(x, 1, "hang");
    stub_lease(x->stub, rig_lease(2, "noisy", NULL));
    wait_phase(x, 1, "hang");
    assert_int_equal(stub_count(x->stub, "POST /v1/sessions/s1/lease"), 1);
    stub_cancel(x->stub, 1);
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
}

static void
a_heartbeat_can_cancel(void **state)
{
    struct rig *x = *state;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "hang", NULL));
    x->pid = rig_start_agent(x);
    wait_phase(x, 1, "hang");
    stub_cancel(x->stub, 1);
    rig_wait_gone(hanging_child(x));
    stub_lease(x->stub, rig_lease(2, "noisy", NULL));
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
    assert_int_equal(stub_count(x->stub, "PUT /v1/leases/1/"), 0);
    assert_false(rig_has_folder(x, 1));
}

static void
a_heartbeat_can_ask_a_task_to_end_with_what_it_has(void **state)
{
    struct rig *x = *state;
    json_t *body = NULL;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "ends", NULL));
    x->pid = rig_start_agent(x);
    wait_phase(x, 1, "hang");
    stub_finish(x->stub, 1);
    stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    assert_string_equal(
        json_get_string(json_object_get(body, "result"), "so_far", ""), "much");
    json_decref(body);
    stub_lease(x->stub, rig_lease(2, "noisy", NULL));
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
    assert_false(rig_has_folder(x, 1));
}

static void
a_forgotten_session_is_opened_again(void **state)
{
    struct rig *x = *state;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "hang", NULL));
    x->pid = rig_start_agent(x);
    wait_phase(x, 1, "hang");
    stub_forget_session(x->stub);
    rig_wait_gone(hanging_child(x)); /* its lease went with the session */
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", NULL);
    stub_wait(x->stub, "POST /v1/sessions/s2/heartbeat", NULL);
    stub_lease(x->stub, rig_lease(2, "noisy", NULL));
    stub_wait(x->stub, "PUT /v1/leases/2/result", NULL);
    /* Also while it only waits for work. */
    stub_forget_session(x->stub);
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", NULL);
    stub_wait(x->stub, "POST /v1/sessions/s3/lease", NULL);
}

static void
a_terminated_agent_leaves_in_order(void **state)
{
    struct rig *x = *state;
    int status, release, end;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "hang", NULL));
    x->pid = rig_start_agent(x);
    wait_phase(x, 1, "hang");
    status = rig_stop_agent(x, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    rig_wait_gone(hanging_child(x));
    release = stub_find(x->stub, "POST /v1/leases/1:release");
    end = stub_find(x->stub, "DELETE /v1/sessions/s1");
    assert_true(release > 0 && end > release);
    assert_false(rig_has_folder(x, 1));
}

static void
a_drained_agent_leases_nothing_until_it_may(void **state)
{
    struct rig *x = *state;
    int polls;

    stub_up(x->stub);
    stub_drain(x->stub, true);
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL); /* was under way */
    for (int i = 0; i < 5; i++)
        stub_wait(x->stub, "POST /v1/sessions/s1/heartbeat", NULL);
    polls = stub_count(x->stub, "POST /v1/sessions/s1/lease");
    stub_lease(x->stub, rig_lease(1, "noisy", NULL));
    for (int i = 0; i < 10; i++)
        stub_wait(x->stub, "POST /v1/sessions/s1/heartbeat", NULL);
    assert_int_equal(stub_count(x->stub, "POST /v1/sessions/s1/lease"), polls);
    stub_drain(x->stub, false);
    stub_wait(x->stub, "PUT /v1/leases/1/result", NULL);
}

static void
a_spool_has_one_agent(void **state)
{
    struct rig *x = *state;
    int status = 0;
    pid_t second;

    stub_up(x->stub);
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "POST /v1/agents/tester/sessions", NULL);
    second = rig_start_agent(x);
    rig_wait_gone(second);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(stub_count(x->stub, "POST /v1/agents/"), 1);
}

#define WITH_STUB(test)                                                        \
    cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_STUB(a_task_is_leased_run_and_delivered),
        WITH_STUB(blobs_are_checked_and_kept),
        WITH_STUB(an_unwanted_result_is_dropped),
        WITH_STUB(a_refused_result_becomes_a_failure),
        WITH_STUB(a_server_may_come_late_and_go),
        WITH_STUB(an_unsent_result_survives_the_agent),
        WITH_STUB(a_killed_agent_takes_its_child_along),
        WITH_STUB(the_devices_of_one_host_take_turns),
        WITH_STUB(a_heartbeat_can_cancel),
        WITH_STUB(a_heartbeat_can_ask_a_task_to_end_with_what_it_has),
        WITH_STUB(a_forgotten_session_is_opened_again),
        WITH_STUB(a_terminated_agent_leaves_in_order),
        WITH_STUB(a_drained_agent_leases_nothing_until_it_may),
        WITH_STUB(a_spool_has_one_agent),
    };

    if (argc > 1) /* the agent of a test, or its child */
        return agent_main(&fake_program, argc, argv);
    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
