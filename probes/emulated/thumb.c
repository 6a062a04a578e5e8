/* SPDX-License-Identifier: MIT */
#include "probes/emulated/thumb.h"

/* How many words it moves: a bit each in these bits of it, two, or a number in
 * its last eight bits. */
enum { LIST8 = 0xff, LIST9 = 0x1ff, LIST16 = 0xffff, PAIR = -1, NUMBER = -2 };

/* The first row whose bits are those of the instruction decides. */
struct row {
    uint32_t mask, value;
    enum insn_count class;
    int words;
};

static const struct row narrow[] = {
    { 0xc000, 0x0000, INSN_alu, 0 }, /* shift, add, subtract, move, compare */
    { 0xffc0, 0x4340, INSN_multiply, 0 }, /* MULS */
    { 0xfc00, 0x4000, INSN_alu, 0 },      /* data processing */
    { 0xff00, 0x4700, INSN_branch, 0 },   /* BX, BLX, BXNS, BLXNS */
    { 0xfc00, 0x4400, INSN_alu, 0 },      /* high registers */
    { 0xf800, 0x4800, INSN_load, 0 },     /* LDR of a literal */
    { 0xfe00, 0x5600, INSN_load, 0 },     /* LDRSB */
    { 0xf800, 0x5000, INSN_store, 0 },    /* STR, STRH, STRB */
    { 0xf000, 0x5000, INSN_load, 0 },
    { 0xf800, 0x6000, INSN_store, 0 },
    { 0xf800, 0x6800, INSN_load, 0 },
    { 0xf800, 0x7000, INSN_store, 0 },
    { 0xf800, 0x7800, INSN_load, 0 },
    { 0xf800, 0x8000, INSN_store, 0 },
    { 0xf800, 0x8800, INSN_load, 0 },
    { 0xf800, 0x9000, INSN_store, 0 },
    { 0xf800, 0x9800, INSN_load, 0 },
    { 0xf000, 0xa000, INSN_alu, 0 },                /* ADR, ADD of SP */
    { 0xff00, 0xb000, INSN_alu, 0 },                /* ADD, SUB to SP */
    { 0xf500, 0xb100, INSN_branch, 0 },             /* CBZ, CBNZ */
    { 0xff00, 0xb200, INSN_alu, 0 },                /* extend */
    { 0xfe00, 0xb400, INSN_store_multiple, LIST9 }, /* PUSH */
    { 0xffc0, 0xba80, INSN_other, 0 },              /* HLT */
    { 0xff00, 0xba00, INSN_alu, 0 },                /* reverse bytes */
    { 0xfe00, 0xbc00, INSN_load_multiple, LIST9 },  /* POP */
    { 0xf000, 0xb000, INSN_other, 0 },              /* CPS, BKPT, IT, hints */
    { 0xf800, 0xc000, INSN_store_multiple, LIST8 },
    { 0xf800, 0xc800, INSN_load_multiple, LIST8 },
    { 0xfe00, 0xde00, INSN_other, 0 }, /* UDF, SVC */
    { 0xf000, 0xd000, INSN_branch, 0 },
    { 0xf800, 0xe000, INSN_branch, 0 },
    { 0, 0, INSN_other, 0 },
};

/* Loads and stores of the core, branches, data processing. */
static const struct row wide[] = {
    { 0xffffffff, 0xe97fe97f, INSN_other, 0 }, /* SG */
    { 0xffff0000, 0xe89f0000, INSN_other, 0 }, /* CLRM */
    { 0xfe500000, 0xe8000000, INSN_store_multiple, LIST16 },
    { 0xfe500000, 0xe8100000, INSN_load_multiple, LIST16 },
    { 0xfff0f03f, 0xe840f000, INSN_other, 0 },  /* TT */
    { 0xfff0ffe0, 0xe8d0f000, INSN_branch, 0 }, /* TBB, TBH */
    { 0xff700000, 0xe8400000, INSN_store, 0 },  /* exclusive.. */
    { 0xff700000, 0xe8500000, INSN_load, 0 },
    { 0xfe500000, 0xe8400000, INSN_store_multiple, PAIR }, /* STRD */
    { 0xfe500000, 0xe8500000, INSN_load_multiple, PAIR },  /* LDRD */
    { 0xfe000000, 0xea000000, INSN_alu, 0 },    /* shifted register */
    { 0xf8008000, 0xf0000000, INSN_alu, 0 },    /* immediate */
    { 0xffc0ffff, 0xf000e801, INSN_vector, 0 }, /* VCTP */
    { 0xf800d001, 0xf000c001, INSN_branch, 0 }, /* WLS, DLS, LE */
    { 0xfb80d000, 0xf3808000, INSN_other, 0 },  /* system, hints */
    { 0xf8008000, 0xf0008000, INSN_branch, 0 }, /* B, BL */
    { 0xff100000, 0xf8000000, INSN_store, 0 },
    { 0xfe50f000, 0xf810f000, INSN_other, 0 }, /* PLD, PLI */
    { 0xfe100000, 0xf8100000, INSN_load, 0 },
    { 0xff000000, 0xfa000000, INSN_alu, 0 }, /* also SIMD */
    { 0xff800000, 0xfb000000, INSN_multiply, 0 },
    { 0xffd000f0, 0xfb9000f0, INSN_divide, 0 },
    { 0xff800000, 0xfb800000, INSN_multiply_long, 0 },
    { 0, 0, INSN_other, 0 },
};

/* The coprocessor space, 1110 11.. and 1111 11..: bits 11 to 8 tell floating
 * point (9 half, 10 single, 11 double) from MVE (14, 15; 8 complex; and all of
 * 111. 1111). */
static const struct row coprocessor[] = {
    { 0xef000000, 0xef000000, INSN_vector, 0 },
    { 0xff900f50, 0xee800b10, INSN_vector, 0 }, /* VDUP */
    { 0xffa00fe0, 0xec000f00, INSN_vector, 0 }, /* VMOV, two lanes */
    { 0xff100f80, 0xed100f80, INSN_load, 0 },   /* VLDR, VSTR of P0, FPSCR */
    { 0xff100f80, 0xed000f80, INSN_store, 0 },
    { 0xff300f80, 0xec300f80, INSN_load, 0 },
    { 0xff300f80, 0xec200f80, INSN_store, 0 },
    { 0xee100e00, 0xec100e00, INSN_vector_load, 0 },
    { 0xee100e00, 0xec000e00, INSN_vector_store, 0 },
    { 0xee000e00, 0xee000e00, INSN_vector, 0 },
    { 0xfe000f00, 0xfc000800, INSN_vector, 0 }, /* VCADD, VCMLA */
    { 0xffe00e00, 0xec400a00, INSN_fp, 0 },     /* VMOV, two */
    { 0xff300e00, 0xed100a00, INSN_load, 0 },   /* VLDR */
    { 0xff300e00, 0xed000a00, INSN_store, 0 },  /* VSTR */
    { 0xff300f00, 0xed100900, INSN_load, 0 },   /* .. of a half */
    { 0xff300f00, 0xed000900, INSN_store, 0 },
    { 0xff9f0e00, 0xec9f0a00, INSN_other, 0 }, /* VSCCLRM */
    { 0xfe100e00, 0xec100a00, INSN_load_multiple, NUMBER },
    { 0xfe100e00, 0xec000a00, INSN_store_multiple, NUMBER },
    { 0xffa00e10, 0xee000a00, INSN_fp_accumulate, 0 }, /* VMLA, VNMLA.. */
    { 0xffa00f10, 0xee000900, INSN_fp_accumulate, 0 },
    { 0xffb00e10, 0xee900a00, INSN_fp_accumulate, 0 }, /* VFNMA, VFNMS */
    { 0xffb00f10, 0xee900900, INSN_fp_accumulate, 0 },
    { 0xffb00e10, 0xeea00a00, INSN_fp_accumulate, 0 }, /* VFMA, VFMS */
    { 0xffb00f10, 0xeea00900, INSN_fp_accumulate, 0 },
    { 0xffb00e10, 0xee800a00, INSN_fp_divide, 0 },
    { 0xffb00f10, 0xee800900, INSN_fp_divide, 0 },
    { 0xffbf0ed0, 0xeeb10ac0, INSN_fp_divide, 0 }, /* VSQRT */
    { 0xffbf0fd0, 0xeeb109c0, INSN_fp_divide, 0 },
    { 0xef000e00, 0xee000a00, INSN_fp, 0 },
    { 0xef000f00, 0xee000900, INSN_fp, 0 },
    { 0, 0, INSN_other, 0 },
};

static uint32_t
words_of(uint32_t insn, int words)
{
    if (words == PAIR)
        return 2;
    if (words == NUMBER)
        return insn & 0xff;
    return (uint32_t)__builtin_popcount(insn & (uint32_t)words);
}

struct thumb_insn
thumb_decode(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    uint32_t insn = b[0] | (uint32_t)b[1] << 8;
    const struct row *r = narrow;

    if (size == 4) {
        insn = insn << 16 | b[2] | (uint32_t)b[3] << 8;
        r = (insn & 0xec000000) == 0xec000000 ? coprocessor : wide;
    }
    while ((insn & r->mask) != r->value)
        r++;
    return (struct thumb_insn){ r->class, words_of(insn, r->words) };
}

bool thumb_touches_memory(enum insn_count class)
{
    return class == INSN_load || class == INSN_store ||
           class == INSN_load_multiple || class == INSN_store_multiple ||
           class == INSN_vector_load || class == INSN_vector_store;
}
