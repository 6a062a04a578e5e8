/* SPDX-License-Identifier: MIT */
/* The agent with tasks that mean it harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/agent/fake.h"
#include "unit/agent/rig.h"

/* No path reaches into what the task "deep" left: go there step by step. */
static void
remove_deep(const struct rig *x)
{
    char command[160];

    snprintf(command, sizeof(command), "rm -rf %s/tasks/.[0-9]*", x->spool);
    assert_int_equal(system(command), 0);
}

static void
what_a_task_leaves_behind_stops_nothing(void **state)
{
    static const struct {
        const char *kind, *status, *code; /* of the result; NULL: none comes */
    } cases[] = {
        { "litter", "done", "" },
        { "pipe_out", "failed", "infra.result_refused" },
        { "pipes", "failed", "model.crashed" },
        { "deep", "done", "" },
        { "gone", NULL, NULL },
    };
    struct rig *x = *state;
    int n = (int)(sizeof(cases) / sizeof(cases[0]));

    stub_up(x->stub);
    x->pid = rig_start_agent(x);
    for (int i = 0; i < n; i++) {
        json_t *body = NULL;
        char call[64];

        stub_lease(x->stub, rig_lease(1 + i, cases[i].kind, NULL));
        snprintf(call, sizeof(call), "PUT /v1/leases/%d/result", 1 + i);
        if (cases[i].status == NULL) { /* asked for, and asked again after it */
            stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
            stub_wait(x->stub, "POST /v1/sessions/s1/lease", NULL);
            continue;
        }
        stub_wait(x->stub, call, &body);
        if (strcmp(rig_text_of(body, "status"), cases[i].status) != 0 ||
            strcmp(rig_text_of(body, "code"), cases[i].code) != 0)
            fail_msg("%s: %s, %s", cases[i].kind, rig_text_of(body, "code"),
                rig_text_of(body, "detail"));
        json_decref(body);
    }
    stub_lease(x->stub, rig_lease(1 + n, "noisy", NULL));
    stub_wait(x->stub, "PUT /v1/leases/6/result", NULL);
    /* What ruined its own folder is left to run out: given back it would
     * come again for ever. */
    assert_int_equal(stub_count(x->stub, "PUT /v1/leases/5/"), 0);
    assert_int_equal(stub_count(x->stub, "POST /v1/leases/"), 0);
    for (int i = 0; i < n; i++)
        assert_false(rig_has_folder(x, 1 + i));
    remove_deep(x);
}

static void
a_child_sees_nothing_of_the_agents(void **state)
{
    struct rig *x = *state;
    json_t *body = NULL, *seen;

    stub_up(x->stub);
    stub_lease(x->stub, rig_lease(1, "look", NULL));
    x->pid = rig_start_agent(x);
    stub_wait(x->stub, "PUT /v1/leases/1/result", &body);
    seen = json_object_get(body, "result");
    assert_int_equal(json_integer_value(json_object_get(seen, "fds")), 1);
    assert_true(json_is_true(json_object_get(seen, "no_new_privs")));
    if (geteuid() != 0) /* to root nothing is closed */
        assert_true(json_is_false(json_object_get(seen, "environ")));
    json_decref(body);
}

#define WITH_STUB(test)                                                        \
    cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_STUB(what_a_task_leaves_behind_stops_nothing),
        WITH_STUB(a_child_sees_nothing_of_the_agents),
    };

    if (argc > 1) /* the agent of a test, or its child */
        return agent_main(&fake_program, argc, argv);
    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
