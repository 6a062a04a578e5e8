/* SPDX-License-Identifier: MIT */
#include "ends.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void
must(enum status st, const struct err *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "bench_links: %s\n", err->text);
    exit(1);
}

void
ends_pin(int cpu)
{
    cpu_set_t one;

    if (cpu < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) < 0)
        must(ST_UNAVAILABLE,
            &(struct err){ .text = "a processor cannot be chosen" });
}

void
ends_start(struct ends *e, int cpu, void (*run)(struct tcp_door *d, void *ctx),
    void *ctx)
{
    struct err err = { 0 };

    must(tcp_listen(&e->door, "127.0.0.1", &err), &err);
    fflush(stdout);
    if ((e->child = fork()) < 0)
        must(ST_UNAVAILABLE, &(struct err){ .text = "no second process" });
    if (e->child > 0)
        return;
    ends_pin(cpu);
    run(e->door, ctx);
    _exit(0);
}

void
ends_stop(struct ends *e)
{
    int how;

    tcp_close(e->door);
    if (waitpid(e->child, &how, 0) < 0 || how != 0)
        must(ST_INTERNAL, &(struct err){ .text = "the other end failed" });
}

void
ends_answer(struct tcp_door *d, void *ctx)
{
    struct err err = { 0 };
    int64_t n;

    (void)ctx;
    must(tcp_answer(d, ENDS_WAIT_MS, &n, &err), &err);
}

void
ends_sweep(const char *host, int port, const char *secret,
    const struct sweep_policy *p, int64_t work_ns, struct sweep *out)
{
    struct tcp_line *line;
    struct exchange x;
    struct err err = { 0 };

    must(tcp_visit(&line, host, port, secret, &err), &err);
    x = tcp_exchange(line, work_ns);
    must(sweep_run(&x, p, out, &err), &err);
    tcp_leave(line);
}
