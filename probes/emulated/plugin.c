/* SPDX-License-Identifier: MIT */
/*
 * plugin.c -- libofframp-count.so: counts the instructions of one library that
 * a program under qemu-user executes between two marks (count_call.h).
 *
 *     qemu-aarch64 -plugin libofframp-count.so PROGRAM
 *
 * A block adds the number of its instructions when it is entered.  A program
 * without signals leaves a block only at its end, so that is what it executed.
 * Each thread (a vcpu) has a counter of its own.
 */
#include <stdlib.h>
#include <unistd.h>

#include "probes/emulated/count_call.h"
#include "probes/emulated/qemu_plugin.h"

/* QEMU gives the number of a thread that ended to a later one. */
enum { THREADS = 1024 };
static uint64_t executed[THREADS];
static uint64_t from, to, begun;

/* Never freed: QEMU does not tell when it forgets a translation. */
struct block {
    uint64_t at, n;
};

static void
on_exec(unsigned vcpu, void *ctx)
{
    const struct block *b = ctx;

    if (b->at >= from && b->at < to)
        executed[vcpu % THREADS] += b->n;
}

static void
on_block(uint64_t id, struct qemu_plugin_tb *tb)
{
    struct block *b = malloc(sizeof(*b));

    (void)id;
    if (b == NULL)
        abort(); /* a count that misses a block would look like one */
    b->at = qemu_plugin_tb_vaddr(tb);
    b->n = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_exec, QEMU_PLUGIN_NO_REGS, b);
}

static void
on_call(uint64_t id, unsigned vcpu, int64_t number, uint64_t what, uint64_t a,
    uint64_t b, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    const uint64_t own = executed[vcpu % THREADS];

    (void)id, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != COUNT_CALL)
        return;
    if (what == COUNT_RANGE) {
        from = a;
        to = b;
    } else if (what == COUNT_BEGIN) {
        begun = own;
    } else if (what == COUNT_END) {
        const uint64_t n = own - begun;
        ssize_t written = pwrite((int)a, &n, sizeof(n), 0);

        (void)written; /* no answer: the caller sees that */
    }
}

int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

int
qemu_plugin_install(
    uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    qemu_plugin_register_vcpu_syscall_cb(id, on_call);
    return 0;
}
