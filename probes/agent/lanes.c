/* SPDX-License-Identifier: MIT */
#include "probes/agent/lanes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

/* Has any device no board, and so the host's processor? */
static bool
has_host(const json_t *devices)
{
    const json_t *d;
    size_t i;

    json_array_foreach(devices, i, d)
    {
        if (json_object_get(d, "board") == NULL)
            return true;
    }
    return false;
}

size_t
lanes_count(const json_t *devices)
{
    size_t i, n = has_host(devices);
    const json_t *d;

    json_array_foreach(devices, i, d)
    {
        n += json_object_get(d, "board") != NULL;
    }
    return n > 0 ? n : 1;
}

json_t *
lanes_devices(const json_t *devices, size_t i, const char **board)
{
    json_t *own = json_array(), *d;
    const bool host = has_host(devices);
    size_t k, at = host; /* lane 0 is the host's, where it is a device */

    *board = NULL;
    json_array_foreach(devices, k, d)
    {
        const bool is_board = json_object_get(d, "board") != NULL;
        const size_t lane = is_board ? at++ : 0;

        if (lane != i)
            continue;
        if (is_board)
            *board = json_string_value(json_object_get(d, "name"));
        if (own != NULL && json_array_append(own, d) < 0) {
            json_decref(own);
            own = NULL;
        }
    }
    return own;
}

/* ---- processes ---- */

/* All of them, for the handler of signals: there is one such set a process. */
static struct {
    pid_t *pids; /* 0: ended */
    size_t n;
} all;

static void
tell_all(void)
{
    for (size_t i = 0; i < all.n; i++)
        if (all.pids[i] > 0)
            kill(all.pids[i], SIGTERM);
}

static void
pass_on(int signal)
{
    int kept = errno;

    (void)signal;
    tell_all();
    errno = kept;
}

static size_t
start_all(pid_t *pids, size_t n, int (*lane)(void *, size_t), void *ctx)
{
    pid_t parent = getpid();
    size_t i;

    for (i = 0; i < n; i++) {
        if ((pids[i] = fork()) < 0) {
            log_error("lane %zu: fork: %s", i, strerror(errno));
            break;
        }
        if (pids[i] > 0)
            continue;
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        _exit(getppid() == parent ? lane(ctx, i) : 1);
    }
    return i;
}

/* Wait for all; the first end ends the others. */
static int
wait_all(void)
{
    size_t left = all.n;
    int worst = 0, status;

    while (left > 0) {
        pid_t pid = waitpid(-1, &status, 0);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            break;
        for (size_t i = 0; i < all.n; i++)
            if (all.pids[i] == pid) {
                int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;

                all.pids[i] = 0;
                left--;
                worst = code > worst ? code : worst;
            }
        tell_all();
    }
    return worst;
}

int
lanes_run(size_t n, int (*lane)(void *ctx, size_t i), void *ctx)
{
    struct sigaction on_end = { .sa_handler = pass_on };
    int code;

    if ((all.pids = calloc(n, sizeof(*all.pids))) == NULL)
        return 1;
    all.n = start_all(all.pids, n, lane, ctx);
    sigaction(SIGTERM, &on_end, NULL);
    sigaction(SIGINT, &on_end, NULL);
    if (all.n < n)
        tell_all();
    code = wait_all();
    return all.n < n && code == 0 ? 1 : code;
}
