/* SPDX-License-Identifier: MIT */
#include "probes/mcu/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/mcu/emulator_internal.h"

enum { LEAST_MAJOR = 7, TOLD_MAX = 256 };

static _Noreturn void
become(const char *const argv[], int to)
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(to, STDOUT_FILENO) >= 0 &&
        dup2(nothing, STDERR_FILENO) >= 0)
        execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Its exit status is the answer to whether it is there. */
bool
emulator_ask(const char *const argv[], char *told, size_t cap)
{
    size_t len = 0;
    int ends[2], status = -1;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    if ((pid = fork()) == 0)
        become(argv, ends[1]);
    close(ends[1]);
    while (pid > 0 && len < cap - 1) {
        n = read(ends[0], told + len, cap - 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    told[len] = '\0';
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

enum status
emulator_version(const char *program, char *out, size_t cap, struct err *err)
{
    const char *name = program ? program : "qemu-system-arm", *at;
    const char *const argv[] = { name, "--version", NULL };
    char told[TOLD_MAX];
    size_t len;

    if (!emulator_ask(argv, told, sizeof(told)))
        return err_set(err, ST_UNAVAILABLE, "infra.no_emulator",
            "%s cannot be run: install QEMU for Arm systems (Debian: "
            "qemu-system-arm)",
            name);
    at = strstr(told, "version ");
    at = at != NULL ? at + strlen("version ") : "";
    len = strspn(at, "0123456789.");
    snprintf(out, cap, "%.*s", (int)len, at);
    if (strtol(out, NULL, 10) >= LEAST_MAJOR)
        return ST_OK;
    return err_set(err, ST_UNAVAILABLE, "infra.old_emulator",
        "%s is version %s: %d.0 or newer has all the boards", name,
        len > 0 ? out : "unknown", LEAST_MAJOR);
}
