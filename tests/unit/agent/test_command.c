/* SPDX-License-Identifier: MIT */
/* The command line of every agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/agent/fake.h"

static int
run_with(char *const *argv)
{
    int status = 0, null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_t pid = fork();

    if (pid == 0) {
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(null);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
a_wrong_command_line_is_exit_code_two(void **state)
{
    static const struct {
        const char *argv[5];
        int want;
    } cases[] = {
        { { "agent", "--help" }, 0 },
        { { "agent", "--version" }, 0 },
        { { "agent", "man" }, 0 },
        { { "agent", "env" }, 0 },
        { { "agent", "sing" }, 2 },
        { { "agent", "run-task" }, 2 },
        { { "agent", "env", "twice" }, 2 },
        { { "agent", "--bogus" }, 2 },
        { { "agent", "--label", "novalue", "--once" }, 2 },
        { { "agent", "--device", "a:b", "--once" }, 2 },
        { { "agent", "--device", "a:=b", "--once" }, 2 },
        { { "agent", "--device", "a:b=c,", "--once" }, 2 },
        { { "agent", "--device=a", "--device=a:b=c" }, 2 },
        { { "agent", "--log-level", "loud" }, 2 },
        { { "agent", "run-task", "/nowhere/at/all" }, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (run_with((char *const *)cases[i].argv) != cases[i].want)
            fail_msg("%s %s: not %d", cases[i].argv[1],
                cases[i].argv[2] ? cases[i].argv[2] : "", cases[i].want);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_command_line_is_exit_code_two),
    };

    if (argc > 1) /* the agent of a test */
        return agent_main(&fake_program, argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
