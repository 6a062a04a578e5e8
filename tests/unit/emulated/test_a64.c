/* SPDX-License-Identifier: MIT */
/*
 * Classes of A64 instructions: a few whose encoding is known, and every one of
 * the cross C library against what the disassembler calls it.  The second test
 * is skipped where the cross tools are not installed.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/emulated/a64.h"

#define LIBRARIES "/usr/aarch64-linux-gnu/lib"

static void
known_instructions_are_of_their_class(void **state)
{
    static const struct {
        uint32_t insn;
        enum insn_count class;
        uint32_t words;
    } known[] = {
        { 0x910003fd, INSN_alu, 0 },            /* mov x29, sp */
        { 0xb4000040, INSN_branch, 0 },         /* cbz x0, . + 8 */
        { 0xd65f03c0, INSN_branch, 0 },         /* ret */
        { 0x94000001, INSN_branch, 0 },         /* bl . + 4 */
        { 0xd503201f, INSN_other, 0 },          /* nop */
        { 0xd4000001, INSN_other, 0 },          /* svc #0 */
        { 0x1b027c20, INSN_multiply, 0 },       /* mul w0, w1, w2 */
        { 0x9b027c20, INSN_multiply_long, 0 },  /* mul x0, x1, x2 */
        { 0x9b427c20, INSN_multiply_long, 0 },  /* smulh x0, x1, x2 */
        { 0x1ac20c20, INSN_divide, 0 },         /* sdiv w0, w1, w2 */
        { 0xf9400020, INSN_load, 0 },           /* ldr x0, [x1] */
        { 0xbd400020, INSN_load, 0 },           /* ldr s0, [x1] */
        { 0x3dc00020, INSN_vector_load, 0 },    /* ldr q0, [x1] */
        { 0x4cdf7820, INSN_vector_load, 0 },    /* ld1 {v0.4s}, [x1], #16 */
        { 0xf9000020, INSN_store, 0 },          /* str x0, [x1] */
        { 0x3d800020, INSN_vector_store, 0 },   /* str q0, [x1] */
        { 0xa9bf7bfd, INSN_store_multiple, 4 }, /* stp x29, x30, [sp, #-16]! */
        { 0xa8c17bfd, INSN_load_multiple, 4 },  /* ldp x29, x30, [sp], #16 */
        { 0xad400420, INSN_load_multiple, 8 },  /* ldp q0, q1, [x1] */
        { 0x29400440, INSN_load_multiple, 2 },  /* ldp w0, w1, [x2] */
        { 0xf8200041, INSN_load, 0 },           /* ldadd x0, x1, [x2] */
        { 0xf9800020, INSN_other, 0 },          /* prfm pldl1keep, [x1] */
        { 0x1e222820, INSN_fp, 0 },             /* fadd s0, s1, s2 */
        { 0x1f020c20, INSN_fp_accumulate, 0 },  /* fmadd s0, s1, s2, s3 */
        { 0x1e221820, INSN_fp_divide, 0 },      /* fdiv s0, s1, s2 */
        { 0x4e22cc20, INSN_vector, 0 },         /* fmla v0.4s, v1.4s, v2.4s */
        { 0x4e040c20, INSN_vector, 0 },         /* dup v0.4s, w1 */
        { 0x00000000, INSN_other, 0 },          /* udf #0 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const struct a64_insn got = a64_decode(known[i].insn);

        if (got.class != known[i].class || got.words != known[i].words)
            fail_msg("%08x is %s, %u words; not %s, %u", known[i].insn,
                insn_name(got.class), got.words, insn_name(known[i].class),
                known[i].words);
    }
}

/* ---- the disassembler ---- */

/* How mnemonics begin; the first one that fits. */
static const struct {
    const char *begin;
    enum insn_count class;
} mnemonics[] = {
    { "ldp", INSN_load_multiple },
    { "ldnp", INSN_load_multiple },
    { "ld1", INSN_vector_load },
    { "ld2", INSN_vector_load },
    { "ld3", INSN_vector_load },
    { "ld4", INSN_vector_load },
    { "ldnt1", INSN_vector_load },
    { "ldff1", INSN_vector_load },
    { "ldnf1", INSN_vector_load },
    { "ld", INSN_load },
    { "cas", INSN_load },
    { "swp", INSN_load },
    { "stp", INSN_store_multiple },
    { "stnp", INSN_store_multiple },
    { "stgp", INSN_store_multiple },
    { "st2g", INSN_store },
    { "st1", INSN_vector_store },
    { "st2", INSN_vector_store },
    { "st3", INSN_vector_store },
    { "st4", INSN_vector_store },
    { "stnt1", INSN_vector_store },
    { "stadd", INSN_load }, /* atomics that leave what they load */
    { "stclr", INSN_load },
    { "steor", INSN_load },
    { "stset", INSN_load },
    { "stsm", INSN_load },
    { "stum", INSN_load },
    { "st", INSN_store },
    { "prf", INSN_other },
    { "bic", INSN_alu },
    { "bf", INSN_alu },
    { "brk", INSN_other },
    { "bti", INSN_other },
    { "b", INSN_branch },
    { "ret", INSN_branch },
    { "eret", INSN_branch },
    { "cb", INSN_branch },
    { "tb", INSN_branch },
    { "mul", INSN_multiply },
    { "madd", INSN_multiply },
    { "msub", INSN_multiply },
    { "mneg", INSN_multiply },
    { "smull", INSN_multiply_long },
    { "umull", INSN_multiply_long },
    { "smadd", INSN_multiply_long },
    { "umadd", INSN_multiply_long },
    { "smsub", INSN_multiply_long },
    { "umsub", INSN_multiply_long },
    { "smneg", INSN_multiply_long },
    { "umneg", INSN_multiply_long },
    { "smulh", INSN_multiply_long },
    { "umulh", INSN_multiply_long },
    { "sdiv", INSN_divide },
    { "udiv", INSN_divide },
    { "fmadd", INSN_fp_accumulate },
    { "fmsub", INSN_fp_accumulate },
    { "fnmadd", INSN_fp_accumulate },
    { "fnmsub", INSN_fp_accumulate },
    { "fdiv", INSN_fp_divide },
    { "fsqrt", INSN_fp_divide },
    { "fabd", INSN_vector }, /* of one number, but only in Advanced SIMD */
    { "fcme", INSN_vector },
    { "fcmg", INSN_vector },
    { "fcml", INSN_vector },
    { "fac", INSN_vector },
    { "frecp", INSN_vector },
    { "frsqrt", INSN_vector },
    { "fmulx", INSN_vector },
    { "f", INSN_fp },
    { "scvtf", INSN_fp },
    { "ucvtf", INSN_fp },
    { "nop", INSN_other },
    { "hint", INSN_other },
    { "yield", INSN_other },
    { "wf", INSN_other },
    { "sev", INSN_other },
    { "mrs", INSN_other },
    { "msr", INSN_other },
    { "sys", INSN_other },
    { "dc", INSN_other },
    { "ic", INSN_other },
    { "dmb", INSN_other },
    { "dsb", INSN_other },
    { "isb", INSN_other },
    { "clrex", INSN_other },
    { "svc", INSN_other },
    { "hlt", INSN_other },
    { "udf", INSN_other },
    { "xpaclri", INSN_other },
    { "pac", INSN_other },
    { "aut", INSN_other },
    { "cnt", INSN_vector }, /* of SVE's registers without naming one */
    { "inc", INSN_vector },
    { "dec", INSN_vector },
    { "addvl", INSN_vector },
    { "rdvl", INSN_vector },
    { "", INSN_alu },
};

/* Does an operand begin with one of `letters` and a digit? */
static bool
has_register(const char *operands, const char *letters)
{
    for (const char *at = operands; *at != '\0'; at++)
        if (strchr(letters, *at) != NULL && isdigit((unsigned char)at[1]) &&
            (at == operands || !isalnum((unsigned char)at[-1])))
            return true;
    return false;
}

/* A conversion between floating-point registers is one of Advanced SIMD. */
static bool
converts_in_place(const char *mnemonic, const char *operands)
{
    const size_t len = strlen(mnemonic);

    return (strcmp(mnemonic + 1, "cvtf") == 0 ||
               (strncmp(mnemonic, "fcvt", 4) == 0 && len == 6)) &&
           !has_register(operands, "wx") && strstr(operands, "zr") == NULL;
}

static enum insn_count
class_of(const char *mnemonic, const char *operands)
{
    const bool vector = has_register(operands, "vzp");
    enum insn_count class;
    size_t i = 0;

    while (strncmp(mnemonic, mnemonics[i].begin, strlen(mnemonics[i].begin)))
        i++;
    class = mnemonics[i].class;
    if (class == INSN_load || class == INSN_store)
        return !vector && operands[0] != 'q' ? class
               : class == INSN_load          ? INSN_vector_load
                                             : INSN_vector_store;
    if (class == INSN_load_multiple || class == INSN_store_multiple ||
        class == INSN_vector_load || class == INSN_vector_store)
        return class;
    if (strncmp(mnemonic, "adr", 3) == 0)
        return INSN_alu; /* its operand is an address, such as d670 */
    if (strcmp(mnemonic, "fmov") == 0 && strstr(operands, ".d[1]") != NULL)
        return INSN_fp;
    if (vector || converts_in_place(mnemonic, operands))
        return INSN_vector;
    if (class == INSN_multiply && operands[0] == 'x')
        return INSN_multiply_long;
    if (class == INSN_alu && has_register(operands, "bhsdq"))
        return INSN_vector; /* whole numbers in those registers */
    if (class == INSN_other && operands[0] != '\0' &&
        (mnemonic[0] == 'a' || mnemonic[0] == 'p') && mnemonic[1] != 'r')
        return INSN_alu; /* PACIA, AUTIA with registers are no hints */
    return class;
}

/* "   9ac:\td503201f \tnop": false of other lines and of what is none. */
static bool
read_line(char *line, uint32_t *insn, char **mnemonic, char **operands)
{
    char *hex = strchr(line, '\t'), *end;

    if (hex == NULL || !isspace((unsigned char)line[0]) ||
        (*mnemonic = strchr(hex + 1, '\t')) == NULL)
        return false;
    *(*mnemonic)++ = '\0';
    *insn = (uint32_t)strtoul(hex + 1, NULL, 16);
    end = *mnemonic + strcspn(*mnemonic, "\t\n");
    *operands = *end == '\t' ? end + 1 : end;
    *end = '\0';
    (*operands)[strcspn(*operands, "<\n/")] = '\0';
    return (*mnemonic)[0] != '.' && strstr(*mnemonic, "undefined") == NULL;
}

static void
the_c_library_is_classed_as_the_disassembler_names_it(void **state)
{
    static const char *const files[] = { "libc.so.6", "libm.so.6",
        "libgcc_s.so.1" };
    size_t n = 0, wrong = 0;
    char text[512];

    (void)state;
    if (!file_exists(LIBRARIES "/libc.so.6") ||
        system("aarch64-linux-gnu-objdump --version >/dev/null 2>&1") != 0) {
        print_message("skipped: gcc-aarch64-linux-gnu is not installed\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        FILE *f;

        snprintf(text, sizeof(text),
            "aarch64-linux-gnu-objdump -d " LIBRARIES "/%s", files[i]);
        f = popen(text, "r");
        assert_non_null(f);
        while (fgets(text, sizeof(text), f) != NULL) {
            char *mnemonic, *operands;
            enum insn_count got, want;
            uint32_t insn;

            if (!read_line(text, &insn, &mnemonic, &operands))
                continue;
            n++;
            got = a64_decode(insn).class;
            want = class_of(mnemonic, operands);
            if (got == want)
                continue;
            if (wrong++ < 20)
                print_error("%s: %s %s (%08x) is %s, not %s\n", files[i],
                    mnemonic, operands, insn, insn_name(got), insn_name(want));
        }
        assert_int_equal(pclose(f), 0);
    }
    assert_true(n > 100000);
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instructions_are_of_their_class),
        cmocka_unit_test(the_c_library_is_classed_as_the_disassembler_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
