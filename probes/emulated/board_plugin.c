/* SPDX-License-Identifier: MIT */
/*
 * board_plugin.c -- libofframp-insn.so: counts the instructions of an emulated
 * Cortex-M board by class (base/insn.h), between the start of its clock and
 * its reading.
 *
 *     qemu-system-arm -icount shift=0 -plugin libofframp-insn.so,counts=FD ..
 *
 * The firmware knows nothing of it: the clock is SysTick, whose registers are
 * at the same address on every Cortex-M, so a store to its control register
 * begins, and a load of its value puts what was executed since then into the
 * memory behind FD (a struct insn_counts).  With `check=on` it only says that
 * it was loaded.
 *
 * With -icount an instruction reaches a device only as the last of its block:
 * QEMU leaves a block in front of one that is not, and executes it again as a
 * block of its own that counts nothing (docs/devel/tcg-icount.rst).  So only
 * last instructions are watched, and a block is counted piece by piece, each
 * up to a load or store: what was left is never counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "probes/emulated/qemu_plugin.h"
#include "probes/emulated/thumb.h"

enum { SYSTICK_CONTROL = 0xe010, SYSTICK_VALUE = 0xe018, PPB = 0xe000 };

static struct insn_counts executed, begun;
static struct insn_counts *told; /* shared with who started QEMU */
static uint64_t behind;          /* address behind the last instruction */

/* Never freed: QEMU does not tell when it forgets a translation. */
struct block {
    uint64_t at, end;
};

static void
on_block_exec(unsigned vcpu, void *ctx)
{
    const struct block *b = ctx;

    (void)vcpu;
    executed.n[INSN_jump] += b->at != behind;
    behind = b->end;
}

static void
on_memory(unsigned vcpu, uint32_t info, uint64_t address, void *ctx)
{
    const struct block *b = ctx;
    const bool store = qemu_plugin_mem_is_store(info);

    (void)vcpu;
    behind = b->end; /* also of a block that counts nothing */
    if (address >> 16 != PPB)
        return;
    if (store && (address & 0xffff) == SYSTICK_CONTROL)
        begun = executed;
    else if (!store && (address & 0xffff) == SYSTICK_VALUE)
        for (int i = 0; i < INSN_COUNTS; i++)
            told->n[i] = executed.n[i] - begun.n[i];
}

/* Count `piece` each time that its first instruction is executed. */
static void
count_piece(struct qemu_plugin_insn *first, struct insn_counts *piece)
{
    for (int i = 0; i < INSN_COUNTS; i++)
        if (piece->n[i] > 0)
            qemu_plugin_register_vcpu_insn_exec_inline(
                first, QEMU_PLUGIN_ADD_U64, &executed.n[i], piece->n[i]);
    *piece = (struct insn_counts){ 0 };
}

static void
on_block(uint64_t id, struct qemu_plugin_tb *tb)
{
    const size_t n = qemu_plugin_tb_n_insns(tb);
    struct insn_counts piece = { 0 };
    struct qemu_plugin_insn *first = NULL, *insn = NULL;
    struct thumb_insn t = { INSN_other, 0 };
    struct block *b = malloc(sizeof(*b));

    (void)id;
    if (b == NULL)
        abort(); /* counts that miss a block would look like counts */
    for (size_t i = 0; i < n; i++) {
        insn = qemu_plugin_tb_get_insn(tb, i);
        t = thumb_decode(
            qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
        first = first != NULL ? first : insn;
        piece.n[t.class]++;
        piece.n[INSN_word] += t.words;
        if (i + 1 < n && !thumb_touches_memory(t.class))
            continue;
        count_piece(first, &piece);
        first = NULL;
    }
    b->at = qemu_plugin_tb_vaddr(tb);
    b->end = qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn);
    qemu_plugin_register_vcpu_tb_exec_cb(
        tb, on_block_exec, QEMU_PLUGIN_NO_REGS, b);
    if (thumb_touches_memory(t.class))
        qemu_plugin_register_vcpu_mem_cb(
            insn, on_memory, QEMU_PLUGIN_NO_REGS, QEMU_PLUGIN_MEM_RW, b);
}

int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

int
qemu_plugin_install(
    uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    void *at;

    (void)info;
    if (argc == 1 && strcmp(argv[0], "check=on") == 0) {
        puts("offramp-insn");
        fflush(stdout);
        return -1; /* no more is wanted of this QEMU: it ends */
    }
    if (argc != 1 || strncmp(argv[0], "counts=", 7) != 0)
        return -1;
    at = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED,
        atoi(argv[0] + 7), 0);
    if (at == MAP_FAILED)
        return -1;
    told = at;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
    return 0;
}
