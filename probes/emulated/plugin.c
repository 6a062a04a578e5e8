/* SPDX-License-Identifier: MIT */
/*
 * plugin.c -- libofframp-count.so: counts the instructions of one library that
 * a program under qemu-user executes between two marks (count_call.h), by class
 * (base/insn.h).
 *
 *     qemu-aarch64 -plugin libofframp-count.so PROGRAM
 *
 * A block adds its instructions when it is entered.  A program
 * without signals leaves a block only at its end, so that is what it executed.
 * Each thread (a vcpu) has a counter of its own.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/emulated/a64.h"
#include "probes/emulated/count_call.h"
#include "probes/emulated/qemu_plugin.h"

/* QEMU gives the number of a thread that ended to a later one. */
enum { THREADS = 1024, A64_BYTES = 4 };

struct thread {
    struct insn_counts executed, begun;
    uint64_t behind; /* address behind the last block's end */
};
static struct thread threads[THREADS];
static uint64_t from, to;

/* Never freed: QEMU does not tell when it forgets a translation. */
struct block {
    uint64_t at, end;
    uint32_t n[INSN_COUNTS];
};

static void
on_exec(unsigned vcpu, void *ctx)
{
    struct thread *t = &threads[vcpu % THREADS];
    const struct block *b = ctx;

    if (b->at >= from && b->at < to) {
        for (int i = 0; i < INSN_COUNTS; i++)
            t->executed.n[i] += b->n[i];
        t->executed.n[INSN_jump] += b->at != t->behind;
    }
    t->behind = b->end;
}

static void
on_block(uint64_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    struct block *b = calloc(1, sizeof(*b));

    (void)id;
    if (b == NULL)
        abort(); /* a count that misses a block would look like one */
    b->at = qemu_plugin_tb_vaddr(tb);
    b->end = b->at + n * A64_BYTES;
    for (size_t i = 0; i < n; i++) {
        struct a64_insn a;
        uint32_t bits;

        memcpy(&bits, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)),
            sizeof(bits));
        a = a64_decode(bits);
        b->n[a.class]++;
        b->n[INSN_word] += a.words;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_exec, QEMU_PLUGIN_NO_REGS, b);
}

static void
on_call(uint64_t id, unsigned vcpu, int64_t number, uint64_t what, uint64_t a,
    uint64_t b, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    struct thread *t = &threads[vcpu % THREADS];

    (void)id, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != COUNT_CALL)
        return;
    if (what == COUNT_RANGE) {
        from = a;
        to = b;
    } else if (what == COUNT_BEGIN) {
        t->begun = t->executed;
    } else if (what == COUNT_END) {
        struct insn_counts n;
        ssize_t written;

        for (int i = 0; i < INSN_COUNTS; i++)
            n.n[i] = t->executed.n[i] - t->begun.n[i];
        written = pwrite((int)a, &n, sizeof(n), 0);
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
