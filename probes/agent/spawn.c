/* SPDX-License-Identifier: MIT */
/* spawn.c -- fork and exec of this program; between the two only calls that
 * are safe after a fork of a process with threads. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/agent/child.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHADOWED 1
#elif defined(__has_feature)
#define SHADOWED                                                               \
    (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SHADOWED 0
#endif

const bool spawn_limits_memory = !SHADOWED;

static const rlim_t file_bytes_max = (rlim_t)16 << 30;

static void
limit(int what, int64_t value)
{
    struct rlimit r = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value };

    /* A hard limit of ours that is lower already stays, and is as good. */
    setrlimit(what, &r);
}

static void
set_limits(const struct spawn *s)
{
    struct rlimit cpu = { .rlim_cur = (rlim_t)s->cpu_s,
        .rlim_max = (rlim_t)s->cpu_s + 5 };
    int fd;

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, (int64_t)file_bytes_max);
    if (s->cpu_s > 0)
        setrlimit(RLIMIT_CPU, &cpu); /* SIGXCPU first, SIGKILL after */
    if (s->memory_bytes > 0 && spawn_limits_memory)
        limit(RLIMIT_AS, s->memory_bytes);
    /* Should the machine run out of memory, this one is to go. */
    if ((fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)) >= 0) {
        ssize_t n = write(fd, "1000", 4);

        (void)n; /* refused: it takes its chance with the others */
        close(fd);
    }
}

/* In the child: never returns. */
static void
become(const struct spawn *s, const char *program, pid_t parent, int out_fd,
    int log_fd)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* the agent died in between */
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
        (log_fd >= 0 && dup2(log_fd, STDERR_FILENO) < 0))
        _exit(127);
    /* Readable for itself again (see main.c), which its limits need. */
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    set_limits(s);
    close_range(STDERR_FILENO + 1, ~0u, 0); /* whatever a library opened */
    execv(program, s->argv);
    _exit(127);
}

enum status
spawn_self(const struct spawn *s, pid_t *pid, int *stdout_fd, struct err *err)
{
    const char *emulator = getenv("OFFRAMP_EMULATED");
    const char *program = emulator ? emulator : "/proc/self/exe";
    int out[2], log_fd = -1;
    pid_t parent = getpid();
    enum status st = ST_OK;

    if (s->log_path != NULL &&
        (log_fd = open(s->log_path,
             O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) < 0)
        return err_errno(err, s->log_path);
    if (pipe2(out, O_CLOEXEC) < 0) {
        st = err_errno(err, "pipe");
        goto close_log;
    }
    if ((*pid = fork()) == 0)
        become(s, program, parent, out[1], log_fd);
    close(out[1]);
    if (*pid < 0) {
        st = err_errno(err, "fork");
        close(out[0]);
        goto close_log;
    }
    setpgid(*pid, *pid); /* both sides do it: whoever is first */
    *stdout_fd = out[0];
close_log:
    if (log_fd >= 0)
        close(log_fd);
    return st;
}
