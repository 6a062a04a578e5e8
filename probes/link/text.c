/* SPDX-License-Identifier: MIT */
#include "probes/link/text.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void
text_init(struct text *t, char *at, size_t cap)
{
    *t = (struct text){ .at = at, .cap = cap };
    at[0] = '\0';
}

static void
put(struct text *t, char c)
{
    if (t->len + 1 >= t->cap) {
        t->cut = true;
        return;
    }
    t->at[t->len++] = c;
    t->at[t->len] = '\0';
}

void
text_str(struct text *t, const char *s)
{
    for (; *s != '\0'; s++)
        put(t, *s);
}

static void
number(struct text *t, uint64_t v, unsigned base)
{
    char out[20];
    size_t n = 0;

    do {
        out[n++] = digits[v % base];
        v /= base;
    } while (v > 0);
    while (n > 0)
        put(t, out[--n]);
}

void
text_hex(struct text *t, uint64_t v)
{
    number(t, v, 16);
}

void
text_dec(struct text *t, uint64_t v)
{
    number(t, v, 10);
}

void
text_bytes(struct text *t, const void *data, size_t n)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < n; i++) {
        put(t, digits[p[i] >> 4]);
        put(t, digits[p[i] & 15]);
    }
}

void
text_pair(struct text *t, const char *name, uint64_t v)
{
    put(t, ' ');
    text_str(t, name);
    put(t, '=');
    text_hex(t, v);
}

int
text_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
words_next(struct words *w, const char **word, size_t *len)
{
    w->at += strspn(w->at, " ");
    *word = w->at;
    *len = strcspn(w->at, " ");
    w->at += *len;
    return *len > 0;
}

static bool
read_hex(const char *s, size_t len, uint64_t max, uint64_t *v)
{
    uint64_t x = 0;

    if (len == 0 || len > 16)
        return false;
    for (size_t i = 0; i < len; i++) {
        int d = text_digit(s[i]);

        if (d < 0)
            return false;
        x = x << 4 | (uint64_t)d;
    }
    *v = x;
    return x <= max;
}

bool
words_hex(struct words *w, uint64_t max, uint64_t *v)
{
    const char *word;
    size_t len;

    return words_next(w, &word, &len) && read_hex(word, len, max, v);
}

bool
words_bytes(struct words *w, void *out, size_t cap, size_t *n)
{
    uint8_t *p = out;
    const char *word;
    size_t len;

    if (!words_next(w, &word, &len) || len % 2 != 0 || len / 2 > cap)
        return false;
    for (size_t i = 0; i < len / 2; i++) {
        int hi = text_digit(word[2 * i]), lo = text_digit(word[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return false;
        p[i] = (uint8_t)(hi << 4 | lo);
    }
    *n = len / 2;
    return true;
}

bool
text_find(const char *s, const char *name, uint64_t *v)
{
    struct words w = { s };
    size_t n = strlen(name), len;
    const char *word;

    while (words_next(&w, &word, &len))
        if (len > n + 1 && word[n] == '=' && memcmp(word, name, n) == 0)
            return read_hex(word + n + 1, len - n - 1, UINT64_MAX, v);
    return false;
}
