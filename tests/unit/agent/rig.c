/* SPDX-License-Identifier: MIT */
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "unit/agent/rig.h"

enum { PATIENCE_MS = 60000 };

int
rig_setup(void **state)
{
    struct rig *x = calloc(1, sizeof(*x));

    snprintf(x->spool, sizeof(x->spool), "/tmp/offramp-loop-XXXXXX");
    assert_non_null(mkdtemp(x->spool));
    x->stub = stub_new();
    *state = x;
    return 0;
}

pid_t
rig_start_agent(const struct rig *x)
{
    char log[80];
    int fd;
    pid_t pid;

    snprintf(log, sizeof(log), "%s/agent.log", x->spool);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    if ((pid = fork()) == 0) {
        dup2(fd, STDERR_FILENO);
        execl("/proc/self/exe", "agent", "--server", stub_url(x->stub), "--id",
            "tester", "--device", "bench", "--device", "side:rack=4,arch=toy",
            "--label", "rack=3", "--spool", x->spool, "--token", "secret",
            "--log-level", "debug", (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    close(fd);
    return pid;
}

void
rig_wait_gone(pid_t pid)
{
    struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };

    if (p.fd < 0) /* it is gone already */
        return;
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    close(p.fd);
}

int
rig_stop_agent(struct rig *x, int sig)
{
    int status = 0;

    kill(x->pid, sig);
    rig_wait_gone(x->pid);
    assert_int_equal(waitpid(x->pid, &status, 0), x->pid);
    x->pid = 0;
    return status;
}

int
rig_teardown(void **state)
{
    struct rig *x = *state;

    if (x->pid > 0)
        rig_stop_agent(x, SIGKILL);
    stub_free(x->stub);
    assert_int_equal(file_rmtree(x->spool, NULL), ST_OK);
    free(x);
    return 0;
}

json_t *
rig_lease(int id, const char *kind, const char *blob)
{
    json_t *blobs = json_array(), *payload = json_object();

    if (blob != NULL) {
        json_array_append_new(blobs, json_string(blob));
        json_object_set_new(payload, "blob", json_string(blob));
    }
    return json_pack("{s:i, s:i, s:i, s:s, s:n, s:i, s:s, s:i, s:i, s:o, s:o}",
        "lease", id, "epoch", 10 + id, "task", id, "kind", kind, "job",
        "attempt", 1, "device", "bench", "ttl_s", 30, "deadline_s", 60, "blobs",
        blobs, "payload", payload);
}

const char *
rig_text_of(const json_t *doc, const char *name)
{
    const char *s = json_string_value(json_object_get(doc, name));

    return s ? s : "";
}

bool
rig_has_folder(const struct rig *x, int id)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/tasks/%d-%d", x->spool, id, 10 + id);
    return file_exists(path);
}
