/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/cli/cli.h"
#include "unit/cli/run_search.h"

int
cli_fail(const struct err *err)
{
    printf("failed: %s [%s]\n", err->text, err->code);
    return err->status == ST_INVALID || err->status == ST_UNPROCESSABLE ? 2 : 1;
}

int
run_search(const char *const *words, char out[RUN_OUT_MAX])
{
    char *argv[24] = { strdup("search") };
    size_t len = 0;
    int argc = 1, fd[2], status;
    ssize_t n;
    pid_t pid;

    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = strdup(words[argc - 1]);
    fflush(stdout);
    assert_int_equal(pipe(fd), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        status = cli_search(argc, argv);
        fflush(stdout);
        _exit(status);
    }
    close(fd[1]);
    while (len < RUN_OUT_MAX - 1 &&
           (n = read(fd[0], out + len, RUN_OUT_MAX - 1 - len)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    close(fd[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return WEXITSTATUS(status);
}
