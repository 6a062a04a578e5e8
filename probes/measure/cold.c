/* SPDX-License-Identifier: MIT */
#include "probes/measure/cold.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/measure/sysfile.h"

enum { CACHES = 8, LINE = 64 };
static const size_t UNKNOWN_BYTES = 64 << 20, MOST_BYTES = 1 << 30;
static const char cache_dir[] = "/sys/devices/system/cpu/cpu0/cache";

struct cold {
    size_t n;
    volatile uint8_t bytes[];
};

/* "32768K" as the kernel writes it; 0: no such text. */
static size_t
size_of(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 0;

    return n > MOST_BYTES >> shift ? MOST_BYTES : (size_t)n << shift;
}

size_t
cold_bytes(const char *dir)
{
    size_t largest = 0;

    for (int i = 0; i < CACHES; i++) {
        char path[256], text[32];
        size_t n;

        snprintf(path, sizeof(path), "%s/index%d/size", dir, i);
        if (!sysfile_text(path, text, sizeof(text)))
            break;
        if ((n = size_of(text)) > largest)
            largest = n;
    }
    if (largest == 0)
        return UNKNOWN_BYTES;
    return largest < MOST_BYTES / 2 ? 2 * largest : MOST_BYTES;
}

enum status
cold_open(struct cold **out, struct err *err)
{
    size_t n = cold_bytes(cache_dir);
    struct cold *c = malloc(sizeof(*c) + n);

    *out = c;
    if (c == NULL)
        return err_nomem(err);
    c->n = n;
    memset((void *)c->bytes, 1, n); /* now the pages are there */
    return ST_OK;
}

void
cold_close(struct cold *c)
{
    free(c);
}

void
cold_flush(struct cold *c)
{
    for (size_t i = 0; i < c->n; i += LINE)
        c->bytes[i]++;
}
