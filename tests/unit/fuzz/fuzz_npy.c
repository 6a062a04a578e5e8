/* SPDX-License-Identifier: MIT */
/* Any bytes as a .npy file: it is refused with words, or every element can be
 * read. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "search/data/npy.h"
#include "unit/fuzz/play.h"

static void
read_all(const struct npy *a)
{
    size_t rows = a->row_elements > 0 ? (size_t)a->dims[0] : 0;
    bool ints = a->type >= NPY_U1;
    float *row = malloc((a->row_elements + 1) * sizeof(*row));

    if (row == NULL)
        abort();
    for (size_t i = 0; i < rows; i++) {
        npy_row(a, i, row);
        for (size_t k = 0; ints && k < a->row_elements; k++)
            (void)npy_int(a, i * a->row_elements + k);
    }
    free(row);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int fd = memfd_create("npy", 0);
    struct err err = { 0 };
    struct npy a;
    char path[64];
    enum status st;

    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    st = npy_open(&a, path, "inputs", &err);
    if (st == ST_OK) {
        read_all(&a);
        npy_close(&a);
    } else if (st != ST_UNPROCESSABLE || err.text[0] == '\0') {
        abort();
    }
    close(fd);
    return 0;
}

#ifndef OFFRAMP_FUZZER

/* Version `major`, header padded to 64 bytes, then elements. */
static size_t
make(uint8_t *out, int major, const char *type, const char *shape, size_t bytes)
{
    size_t before = major == 1 ? 10 : 12, n;
    char text[256];

    n = (size_t)snprintf(text, sizeof(text),
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
    while ((before + n + 1) % 64 != 0)
        text[n++] = ' ';
    text[n++] = '\n';
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (uint8_t)major;
    out[7] = 0;
    memset(out + 8, 0, before - 8);
    out[8] = (uint8_t)n;
    memcpy(out + before, text, n);
    for (size_t i = 0; i < bytes; i++)
        out[before + n + i] = (uint8_t)(i * 37);
    return before + n + bytes;
}

int
main(void)
{
    static const struct {
        int major;
        const char *type, *shape;
        size_t bytes;
    } seeds[] = { { 1, "<f4", "(3, 2, 2)", 48 }, { 2, "|u1", "(4, 5)", 20 },
        { 3, "<i8", "(6,)", 48 }, { 1, "<f2", "(2, 3)", 12 },
        { 1, "<i2", "(5, 1)", 10 } };
    struct rng rng = { 3 };
    uint8_t bytes[512];

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        if (fuzz_play(bytes,
                make(bytes, seeds[i].major, seeds[i].type, seeds[i].shape,
                    seeds[i].bytes),
                3000, &rng) != 0)
            return 1;
    return 0;
}

#endif
