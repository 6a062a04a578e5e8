/* SPDX-License-Identifier: MIT */
#include "probes/emulated/a64.h"

#include <stddef.h>

/* The first row whose bits are those of the instruction decides. */
struct row {
    uint32_t mask, value;
    enum insn_count class;
    uint32_t words;
};

/* Bits 27 and 25 are 1 and 0.  Bit 26 tells floating point and vectors. */
static const struct row memory[] = {
    { 0xbe400000, 0x0c000000, INSN_vector_store, 0 }, /* ST1 to ST4 */
    { 0xbe400000, 0x0c400000, INSN_vector_load, 0 },
    { 0x3fa00000, 0x08a00000, INSN_load, 0 },  /* CAS: as atomics */
    { 0x3f400000, 0x08000000, INSN_store, 0 }, /* exclusive, ordered */
    { 0x3f400000, 0x08400000, INSN_load, 0 },
    { 0xffe00c00, 0xd9600000, INSN_load, 0 }, /* LDG */
    { 0xff200000, 0xd9200000, INSN_store, 0 },
    { 0x3b200c00, 0x19000400, INSN_other, 0 }, /* CPY, SET */
    { 0x3fe00c00, 0x19000000, INSN_store, 0 }, /* STLUR */
    { 0x3f200c00, 0x19000000, INSN_load, 0 },
    { 0xff000000, 0xd8000000, INSN_other, 0 }, /* PRFM of a literal */
    { 0xff000000, 0x9c000000, INSN_vector_load, 0 },
    { 0x3b000000, 0x18000000, INSN_load, 0 },
    { 0xfe400000, 0x28000000, INSN_store_multiple, 2 }, /* pairs: W, */
    { 0xfe400000, 0x68000000, INSN_store_multiple, 4 }, /* STGP, */
    { 0xfe400000, 0xa8000000, INSN_store_multiple, 4 }, /* X, */
    { 0xfe400000, 0x2c000000, INSN_store_multiple, 2 }, /* S, */
    { 0xfe400000, 0x6c000000, INSN_store_multiple, 4 }, /* D, */
    { 0xfe400000, 0xac000000, INSN_store_multiple, 8 }, /* Q */
    { 0xfe400000, 0x28400000, INSN_load_multiple, 2 },
    { 0xfe400000, 0x68400000, INSN_load_multiple, 2 }, /* LDPSW */
    { 0xfe400000, 0xa8400000, INSN_load_multiple, 4 },
    { 0xfe400000, 0x2c400000, INSN_load_multiple, 2 },
    { 0xfe400000, 0x6c400000, INSN_load_multiple, 4 },
    { 0xfe400000, 0xac400000, INSN_load_multiple, 8 },
    { 0x3f200c00, 0x38200000, INSN_load, 0 },         /* atomics */
    { 0xff200400, 0xf8200400, INSN_load, 0 },         /* LDRAA */
    { 0xfec00000, 0xf8800000, INSN_other, 0 },        /* PRFM */
    { 0xfec00000, 0x3c800000, INSN_vector_store, 0 }, /* Q */
    { 0xfec00000, 0x3cc00000, INSN_vector_load, 0 },
    { 0x3ac00000, 0x38000000, INSN_store, 0 },
    { 0x3a000000, 0x38000000, INSN_load, 0 },
    { 0, 0, INSN_other, 0 },
};

static const struct row others[] = {
    { 0x1c000000, 0x10000000, INSN_alu, 0 }, /* immediate */
    { 0xfe000000, 0x54000000, INSN_branch, 0 },
    { 0xfe000000, 0xd6000000, INSN_branch, 0 }, /* BR, BLR, RET */
    { 0x7c000000, 0x14000000, INSN_branch, 0 }, /* B, BL */
    { 0x7c000000, 0x34000000, INSN_branch, 0 }, /* CBZ, TBZ.. */
    { 0xfe000000, 0xd4000000, INSN_other, 0 },  /* SVC, hints, system */
    { 0xffe00000, 0x1b000000, INSN_multiply, 0 },
    { 0x1f000000, 0x1b000000, INSN_multiply_long, 0 },
    { 0x5fe0f800, 0x1ac00800, INSN_divide, 0 },
    { 0x0e000000, 0x0a000000, INSN_alu, 0 },
    { 0xff000000, 0x1f000000, INSN_fp_accumulate, 0 },
    { 0xff20fc00, 0x1e201800, INSN_fp_divide, 0 },
    { 0xff3ffc00, 0x1e21c000, INSN_fp_divide, 0 }, /* FSQRT */
    { 0x5f000000, 0x1e000000, INSN_fp, 0 },
    { 0x0e000000, 0x0e000000, INSN_vector, 0 },       /* Advanced SIMD */
    { 0xfe000000, 0xe4000000, INSN_vector_store, 0 }, /* SVE */
    { 0x9e000000, 0x84000000, INSN_vector_load, 0 },
    { 0x1e000000, 0x04000000, INSN_vector, 0 },
    { 0, 0, INSN_other, 0 }, /* also SME */
};

struct a64_insn
a64_decode(uint32_t insn)
{
    const struct row *r = (insn & 0x0a000000) == 0x08000000 ? memory : others;

    while ((insn & r->mask) != r->value)
        r++;
    return (struct a64_insn){ r->class, r->words };
}
