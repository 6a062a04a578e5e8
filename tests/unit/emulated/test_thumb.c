/* SPDX-License-Identifier: MIT */
/*
 * Classes of Thumb instructions, against those who know better: what the
 * assembler makes of instructions whose class is written beside them, and
 * what the disassembler calls each instruction of our firmware.  Skipped
 * where the cross tools are not installed.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "probes/emulated/thumb.h"
#include "thumb_list.h"

#define FIRMWARE OFFRAMP_BIN "/firmware"

/* Bytes of one instruction, from its first half. */
static size_t
size_of(const uint8_t *b)
{
    return (b[1] & 0xe0) == 0xe0 && (b[1] & 0x18) != 0 ? 4 : 2;
}

/* ---- the assembler ---- */

static void
write_source(const char *path)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(".syntax unified\n.thumb\n", f);
    for (size_t i = 0; i < n_thumb_examples; i++)
        for (const char *const *t = thumb_examples[i].text; *t; t++)
            fprintf(f, "%s\n", *t);
    assert_int_equal(fclose(f), 0);
}

/* The code of all examples; the caller's. */
static uint8_t *
assemble(size_t *len)
{
    char dir[] = "/tmp/offramp-thumb-XXXXXX", command[512], path[64];
    struct err err = { 0 };
    char *code;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/a.s", dir);
    write_source(path);
    snprintf(command, sizeof(command),
        "cd %s && arm-none-eabi-gcc -c -mcpu=cortex-m55 -mfloat-abi=hard -o "
        "a.o "
        "a.s && arm-none-eabi-objcopy -O binary -j .text a.o a.bin",
        dir);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/a.bin", dir);
    if (file_read(path, 1 << 20, &code, len, &err) != ST_OK)
        fail_msg("%s", err.text);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    return (uint8_t *)code;
}

static void
assembled_instructions_are_of_their_class(void **state)
{
    bool seen[INSN_CLASSES] = { false };
    size_t len, at = 0, wrong = 0;
    uint8_t *code = assemble(&len);

    (void)state;
    for (size_t i = 0; i < n_thumb_examples; i++) {
        const struct thumb_example *e = &thumb_examples[i];

        for (const char *const *t = e->text; *t != NULL; t++) {
            struct thumb_insn got;

            assert_true(at + 2 <= len);
            got = thumb_decode(code + at, size_of(code + at));
            if (got.class != e->class || got.words != e->words) {
                print_error("%s: %s, %u words; not %s, %u\n", *t,
                    insn_name(got.class), got.words, insn_name(e->class),
                    e->words);
                wrong++;
            }
            seen[e->class] = true;
            at += size_of(code + at);
        }
    }
    assert_int_equal(at, len);
    assert_int_equal(wrong, 0);
    for (int c = 0; c < INSN_CLASSES; c++)
        assert_true(seen[c]);
    free(code);
}

/* ---- the disassembler ---- */

/* How mnemonics begin; the first one that fits. */
static const struct {
    const char *begin;
    enum insn_count class;
} mnemonics[] = {
    { "ldrd", INSN_load_multiple },
    { "ldm", INSN_load_multiple },
    { "pop", INSN_load_multiple },
    { "vldm", INSN_load_multiple },
    { "vpop", INSN_load_multiple },
    { "ldc", INSN_other },
    { "ldr", INSN_load },
    { "strd", INSN_store_multiple },
    { "stm", INSN_store_multiple },
    { "push", INSN_store_multiple },
    { "vstm", INSN_store_multiple },
    { "vpush", INSN_store_multiple },
    { "stc", INSN_other },
    { "str", INSN_store },
    { "smull", INSN_multiply_long },
    { "umull", INSN_multiply_long },
    { "smlal", INSN_multiply_long },
    { "umlal", INSN_multiply_long },
    { "umaal", INSN_multiply_long },
    { "smlsld", INSN_multiply_long },
    { "mul", INSN_multiply },
    { "mla", INSN_multiply },
    { "mls", INSN_multiply },
    { "smul", INSN_multiply },
    { "smla", INSN_multiply },
    { "smls", INSN_multiply },
    { "smua", INSN_multiply },
    { "smus", INSN_multiply },
    { "smm", INSN_multiply },
    { "usad", INSN_multiply },
    { "sdiv", INSN_divide },
    { "udiv", INSN_divide },
    { "bic", INSN_alu },
    { "bf", INSN_alu },
    { "bkpt", INSN_other },
    { "b", INSN_branch },
    { "cb", INSN_branch },
    { "tb", INSN_branch },
    { "dls", INSN_branch },
    { "wls", INSN_branch },
    { "lsl", INSN_alu },
    { "lsr", INSN_alu },
    { "le", INSN_branch },
    { "lctp", INSN_branch },
    { "vld", INSN_load },
    { "vst", INSN_store },
    { "vml", INSN_fp_accumulate },
    { "vnml", INSN_fp_accumulate },
    { "vfm", INSN_fp_accumulate },
    { "vfnm", INSN_fp_accumulate },
    { "vdiv", INSN_fp_divide },
    { "vsqrt", INSN_fp_divide },
    { "vctp", INSN_vector },
    { "vp", INSN_vector }, /* vpst, vpt, vpnot; vpop and vpush are above */
    { "v", INSN_fp },
    { "it", INSN_other },
    { "nop", INSN_other },
    { "wf", INSN_other },
    { "dsb", INSN_other },
    { "dmb", INSN_other },
    { "isb", INSN_other },
    { "cps", INSN_other },
    { "mrs", INSN_other },
    { "msr", INSN_other },
    { "pld", INSN_other },
    { "svc", INSN_other },
    { "udf", INSN_other },
    { "mrc", INSN_other },
    { "mcr", INSN_other },
    { "cdp", INSN_other },
    { "", INSN_alu },
};

static enum insn_count
class_of(const char *mnemonic, const char *operands)
{
    size_t i = 0;

    while (strncmp(mnemonic, mnemonics[i].begin, strlen(mnemonics[i].begin)))
        i++;
    /* On Q registers it is MVE, but for moves of one lane, which cores without
     * it have, too. */
    if (mnemonic[0] != 'v' || strchr(operands, 'q') == NULL ||
        (strncmp(mnemonic, "vmov.", 5) == 0 && strchr(operands, '[') != NULL))
        return mnemonics[i].class;
    return mnemonics[i].class == INSN_load    ? INSN_vector_load
           : mnemonics[i].class == INSN_store ? INSN_vector_store
                                              : INSN_vector;
}

/* "   9ac:\tf8d3 4000 \tldr.w\tr4, [r3]": its bytes; 0 of other lines, and
 * of what is no instruction. */
static size_t
read_line(char *line, uint8_t bytes[4], char **mnemonic, char **operands)
{
    char *hex = strchr(line, '\t'), *end;
    unsigned high = 0, low = 0;
    int n;

    if (hex == NULL || !isspace((unsigned char)line[0]))
        return 0;
    if ((*mnemonic = strchr(hex + 1, '\t')) == NULL)
        return 0;
    *(*mnemonic)++ = '\0';
    n = sscanf(hex + 1, "%4x %4x", &high, &low);
    if (n < 1)
        return 0;
    if ((*mnemonic)[0] == '.' || (*mnemonic)[0] == '@' ||
        strstr(*mnemonic, "undefined") || strstr(*mnemonic, "UNPREDICTABLE"))
        return 0;
    end = *mnemonic + strcspn(*mnemonic, "\t\n");
    *operands = *end == '\t' ? end + 1 : end;
    *end = '\0';
    bytes[0] = (uint8_t)high;
    bytes[1] = (uint8_t)(high >> 8);
    bytes[2] = (uint8_t)low;
    bytes[3] = (uint8_t)(low >> 8);
    return n == 2 ? 4 : 2;
}

static void
the_firmware_is_classed_as_the_disassembler_names_it(void **state)
{
    static const char *const boards[] = { "mps2-an385", "mps2-an386",
        "mps2-an500", "mps2-an505", "mps3-an547" };
    size_t n = 0, wrong = 0;
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
        FILE *f;

        snprintf(text, sizeof(text),
            "arm-none-eabi-objdump -d %s " FIRMWARE "/%s.elf",
            strcmp(boards[i], "mps3-an547") == 0 ? "-m armv8.1-m.main" : "",
            boards[i]);
        f = popen(text, "r");
        assert_non_null(f);
        while (fgets(text, sizeof(text), f) != NULL) {
            char *mnemonic, *operands;
            uint8_t bytes[4];
            size_t size = read_line(text, bytes, &mnemonic, &operands);
            enum insn_count got;

            if (size == 0)
                continue;
            n++;
            got = thumb_decode(bytes, size).class;
            if (got == class_of(mnemonic, operands))
                continue;
            print_error("%s: %s %s is %s, not %s\n", boards[i], mnemonic,
                operands, insn_name(got),
                insn_name(class_of(mnemonic, operands)));
            wrong++;
        }
        assert_int_equal(pclose(f), 0);
    }
    assert_true(n > 10000);
    assert_int_equal(wrong, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(assembled_instructions_are_of_their_class),
        cmocka_unit_test(the_firmware_is_classed_as_the_disassembler_names_it),
    };

    if (!file_exists(FIRMWARE "/mps2-an385.elf")) {
        puts("skipped: no firmware; install gcc-arm-none-eabi and build again");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
