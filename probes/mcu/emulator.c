/* SPDX-License-Identifier: MIT */
#include "probes/mcu/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "probes/mcu/emulator_internal.h"

struct emulator {
    struct port port;
    char *program, *machine, *firmware;
    struct emulator_counter counter;
    pid_t pid; /* 0: none */
    int line;  /* -1: none */
};

const struct emulator_machine emulator_machines[] = {
    { "mps2-an385", "cortex-m3" },
    { "mps2-an386", "cortex-m4" },
    { "mps2-an500", "cortex-m7" },
    { "mps2-an505", "cortex-m33" },
    { "mps3-an547", "cortex-m55" },
    { NULL, NULL },
};

const struct emulator_machine *
emulator_find(const char *name)
{
    const struct emulator_machine *m = emulator_machines;

    while (m->name != NULL && strcmp(m->name, name) != 0)
        m++;
    return m->name != NULL ? m : NULL;
}

static void
stop(struct emulator *e)
{
    if (e->line >= 0)
        close(e->line);
    e->line = -1;
    if (e->pid == 0)
        return;
    kill(e->pid, SIGKILL);
    while (waitpid(e->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    e->pid = 0;
}

/* In the child: become the emulator; the errno goes to `told` if it fails. */
static _Noreturn void
become(const struct emulator *e, int line, int told, pid_t parent)
{
    const char *const counted = e->counter.option;
    const char *const argv[] = { e->program, "-M", e->machine, "-icount",
        "shift=0", "-nodefaults", "-display", "none", "-monitor", "none",
        "-serial", "stdio", "-kernel", e->firmware, counted ? "-plugin" : NULL,
        counted, NULL };
    ssize_t n;
    int no;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (counted != NULL)
        fcntl(e->counter.fd, F_SETFD, 0); /* the plugin's, too */
    if (getppid() == parent && dup2(line, 0) >= 0 && dup2(line, 1) >= 0)
        execvp(e->program, (char *const *)argv);
    no = errno;
    n = write(told, &no, sizeof(no));
    _exit(n == sizeof(no) ? 127 : 126);
}

static enum status
launch(struct emulator *e, int line, struct err *err)
{
    pid_t parent = getpid();
    int told[2], no = 0;
    ssize_t n;

    if (pipe2(told, O_CLOEXEC) < 0)
        return err_errno(err, "pipe");
    e->pid = fork();
    if (e->pid == 0)
        become(e, line, told[1], parent);
    close(told[1]);
    if (e->pid < 0) {
        e->pid = 0;
        close(told[0]);
        return err_errno(err, "fork");
    }
    while ((n = read(told[0], &no, sizeof(no))) < 0 && errno == EINTR)
        ;
    close(told[0]);
    if (n == 0)
        return ST_OK; /* closed by the successful exec */
    return err_set(err, ST_UNAVAILABLE, "infra.no_emulator",
        "%s: %s: install QEMU for Arm systems (Debian: qemu-system-arm)",
        e->program, strerror(no));
}

static enum status
emulator_restart(struct port *p, struct err *err)
{
    struct emulator *e = (struct emulator *)p;
    enum status st;
    int ends[2];

    stop(e);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_errno(err, "socketpair");
    st = launch(e, ends[1], err);
    close(ends[1]);
    e->line = ends[0];
    if (st != ST_OK)
        stop(e);
    return st;
}

static enum status
ended(const struct emulator *e, struct err *err)
{
    return err_set(err, ST_UNAVAILABLE, "infra.emulator_ended",
        "%s -M %s ended by itself: it may be too old for the machine (7.0 or "
        "newer is needed); its own words are in the log",
        e->program, e->machine);
}

static enum status
emulator_read(struct port *p, void *at, size_t cap, int timeout_ms, size_t *n,
    struct err *err)
{
    struct emulator *e = (struct emulator *)p;
    struct pollfd fd = { .fd = e->line, .events = POLLIN };
    ssize_t got;

    *n = 0;
    if (e->line < 0)
        return ended(e, err);
    if (poll(&fd, 1, timeout_ms) <= 0)
        return ST_OK;
    got = read(e->line, at, cap);
    if (got <= 0)
        return ended(e, err);
    *n = (size_t)got;
    return ST_OK;
}

static enum status
emulator_write(struct port *p, const void *data, size_t len, struct err *err)
{
    struct emulator *e = (struct emulator *)p;
    const char *at = data;

    while (len > 0) {
        ssize_t n = e->line < 0 ? -1 : send(e->line, at, len, MSG_NOSIGNAL);

        if (n < 0 && e->line >= 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ended(e, err);
        at += n;
        len -= (size_t)n;
    }
    return ST_OK;
}

static void
emulator_counts(struct port *p, struct insn_counts *out)
{
    *out = *((struct emulator *)p)->counter.at;
}

static void
emulator_close(struct port *p)
{
    struct emulator *e = (struct emulator *)p;

    stop(e);
    emulator_counter_close(&e->counter);
    free(e->program);
    free(e->machine);
    free(e->firmware);
    free(e);
}

static const struct port_ops ops = {
    .read = emulator_read,
    .write = emulator_write,
    .restart = emulator_restart,
    .close = emulator_close,
};

/* The same where our plugin counts. */
static const struct port_ops ops_counted = {
    .read = emulator_read,
    .write = emulator_write,
    .restart = emulator_restart,
    .counts = emulator_counts,
    .close = emulator_close,
};

static void
count_if_it_can(struct emulator *e)
{
    char why[128] = "out of memory";

    emulator_counter_open(&e->counter, e->program, e->firmware, why);
    if (e->counter.option != NULL)
        e->port.ops = &ops_counted;
    else
        log_info(
            "%s: instructions are not counted by class: %s", e->machine, why);
}

enum status
emulator_open(struct port **out, const char *program, const char *machine,
    const char *firmware, struct err *err)
{
    struct emulator *e;
    enum status st;

    *out = NULL;
    if (!file_exists(firmware))
        return err_set(err, ST_UNAVAILABLE, "infra.no_firmware",
            "%s is not there: it is built where arm-none-eabi-gcc is "
            "installed",
            firmware);
    if ((e = calloc(1, sizeof(*e))) == NULL)
        return err_nomem(err);
    e->port.ops = &ops;
    e->counter.fd = -1;
    e->line = -1;
    e->program = strdup(program ? program : "qemu-system-arm");
    e->machine = strdup(machine);
    e->firmware = strdup(firmware);
    st = e->program && e->machine && e->firmware ? ST_OK : err_nomem(err);
    if (st == ST_OK) {
        count_if_it_can(e);
        st = emulator_restart(&e->port, err);
    }
    if (st != ST_OK) {
        emulator_close(&e->port);
        return st;
    }
    *out = &e->port;
    return ST_OK;
}
