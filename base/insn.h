/* SPDX-License-Identifier: MIT */
/*
 * insn.h -- classes of instructions: as those of an emulated board or an
 * emulated aarch64 program are counted (probes/emulated), as rows show them,
 * and as the owner of a device declares what each takes.
 *
 * Every instruction is of one class, so the classes add up to all that were
 * executed.  Beside them are counts of what makes some instructions take
 * longer, and which are no instructions themselves.  Plain data; any thread.
 */
#ifndef OFFRAMP_BASE_INSN_H
#define OFFRAMP_BASE_INSN_H

#include <stddef.h>
#include <stdint.h>

/* name, what it is.  The order is shared with QEMU's plugin, not stored. */
#define INSN_CLASS_MAP(X)                                                      \
    X(alu, "integer arithmetic, logic, moves, shifts, comparisons, also SIMD") \
    X(multiply, "products of 32 bits, also accumulated, also SIMD")            \
    X(multiply_long, "products of 64 bits, also accumulated")                  \
    X(divide, "SDIV, UDIV")                                                    \
    X(load, "one register or two from memory, floating point too")             \
    X(store, "one register or two to memory, floating point too")              \
    X(load_multiple, "LDM, POP, LDRD, VLDM, LDP: see word")                    \
    X(store_multiple, "STM, PUSH, STRD, VSTM, STP: see word")                  \
    X(branch, "branches and calls, taken or not, loop ends: see jump")         \
    X(fp, "floating point but for the next two, and moves to and from it")     \
    X(fp_accumulate, "VMLA, VFMA, FMADD and their like")                       \
    X(fp_divide, "VDIV, VSQRT, FDIV, FSQRT")                                   \
    X(vector, "MVE and Advanced SIMD but for their loads and stores")          \
    X(vector_load, "loads of MVE and of 128-bit registers")                    \
    X(vector_store, "stores of MVE and of 128-bit registers")                  \
    X(other, "IT, hints, barriers, system registers")

/* No instructions, but what happens in some. */
#define INSN_EXTRA_MAP(X)                                                      \
    X(jump, "times that the next instruction was not the one behind")          \
    X(word, "words of 32 bits that load_multiple and store_multiple moved")

enum insn_count {
#define X(name, text) INSN_##name,
    INSN_CLASS_MAP(X)
#undef X
        INSN_CLASSES,
    INSN_EXTRAS_BEGIN = INSN_CLASSES - 1,
#define X(name, text) INSN_##name,
    INSN_EXTRA_MAP(X)
#undef X
        INSN_COUNTS
};

/* Executed, of each class, and the extras. */
struct insn_counts {
    uint64_t n[INSN_COUNTS];
};

/* "load"; as a row's counter, "insn_load"; in words. */
const char *insn_name(enum insn_count c);
const char *insn_counter(enum insn_count c);
const char *insn_text(enum insn_count c);

/* All instructions: the sum over the classes. */
uint64_t insn_sum(const struct insn_counts *c);

#endif
