/* SPDX-License-Identifier: MIT */
/*
 * bench_links: do links foretell what hand-overs take, and does a sweep find
 * the rate and delay of a link that has known ones?
 *
 *     bench_links handover                two ends on this machine
 *     bench_links shaped                  through a link of shape.h
 *     bench_links answer HOST             one end (veth.sh): tells its door
 *     bench_links ask HOST PORT SECRET    the other
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ends.h"
#include "handover.h"
#include "shape.h"

static const int64_t WORK_NS = 300000; /* as the task `link` has it */

static const struct sweep_policy policy = { .ci_rel = 0.03,
    .max_rounds = 20,
    .budget_ns = 12000000000,
    .max_bytes = 1 << 18,
    .seed = 1 };

static void
handover(void)
{
    handover_table("both ends on one core", 0, 0);
    handover_table("an end on each of two cores", 0, 1);
}

/* One way: the base is half of there and back. */
static void
print_line(const char *name, const struct sweep *s)
{
    for (int way = 0; way < SWEEP_WAYS; way++) {
        const struct line_interval *f = &s->way[way].fit;

        printf("%-24s %-7s %9.1f us [%9.1f, %9.1f] %9.3f ns/B [%9.3f, %9.3f]"
               "  residual %.3f, worst %.3f\n",
            name, way == SWEEP_SEND ? "send" : "receive", f->base.value / 2e3,
            f->base.lo / 2e3, f->base.hi / 2e3, f->slope.value, f->slope.lo,
            f->slope.hi, f->line.residual_rel, f->line.worst_rel);
    }
}

static void
sweep_through(const struct shape *shape, struct sweep *out)
{
    struct ends e;
    pid_t link;
    int port;

    ends_start(&e, -1, ends_answer, NULL);
    link = shape_start(shape, tcp_port(e.door), &port);
    ends_sweep("127.0.0.1", port, tcp_secret(e.door), &policy, WORK_NS, out);
    ends_stop(&e);
    shape_stop(link);
}

static void
shaped(void)
{
    static const struct shape shapes[] = { { 2e6, 2000000 },
        { 12.5e6, 1000000 }, { 12.5e6, 5000000 }, { 50e6, 2000000 } };
    const struct shape none = { INFINITY, 0 };
    struct sweep alone, s;
    char name[32];

    sweep_through(&none, &alone);
    print_line("baseline: link alone", &alone);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        sweep_through(&shapes[i], &s);
        snprintf(name, sizeof(name), "%.1f MB/s, %.1f ms",
            shapes[i].bytes_per_s / 1e6, (double)shapes[i].delay_ns / 1e6);
        print_line(name, &s);
        for (int way = 0; way < SWEEP_WAYS; way++) {
            const double base =
                s.way[way].fit.base.value - alone.way[way].fit.base.value;

            printf("%-24s %-7s base %.3f of it (less the link alone %.3f), "
                   "rate %.3f\n",
                "", "",
                s.way[way].fit.base.value / 2 / (double)shapes[i].delay_ns,
                base / 2 / (double)shapes[i].delay_ns,
                1e9 / s.way[way].fit.slope.value / shapes[i].bytes_per_s);
        }
    }
}

static void
answer(const char *host)
{
    struct tcp_door *d;
    struct err err = { 0 };

    must(tcp_listen(&d, host, &err), &err);
    printf("%d %s\n", tcp_port(d), tcp_secret(d));
    fflush(stdout);
    ends_answer(d, NULL);
    tcp_close(d);
}

int
main(int argc, char **argv)
{
    struct err err = { 0 };

    must(hash_start(&err), &err);
    if (argc == 2 && strcmp(argv[1], "handover") == 0) {
        handover();
    } else if (argc == 2 && strcmp(argv[1], "shaped") == 0) {
        shaped();
    } else if (argc == 3 && strcmp(argv[1], "answer") == 0) {
        answer(argv[2]);
    } else if (argc == 5 && strcmp(argv[1], "ask") == 0) {
        struct sweep s;

        ends_sweep(argv[2], atoi(argv[3]), argv[4], &policy, WORK_NS, &s);
        print_line("link", &s);
    } else {
        fprintf(stderr, "usage: bench_links handover | shaped | answer HOST | "
                        "ask HOST PORT SECRET\n");
        return 2;
    }
    return 0;
}
