/* SPDX-License-Identifier: MIT */
/*
 * text.h -- build and read the words of a frame.
 *
 * A `struct text` writes into memory of the caller and remembers when it was
 * too short; a `struct words` walks over text of the caller.  Numbers are hex
 * without "0x".  Neither allocates; no state, any thread.
 */
#ifndef OFFRAMP_LINK_TEXT_H
#define OFFRAMP_LINK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *at; /* borrowed; always NUL-terminated */
    size_t len, cap;
    bool cut; /* something did not fit */
};

void text_init(struct text *t, char *at, size_t cap);
void text_str(struct text *t, const char *s);
void text_hex(struct text *t, uint64_t v); /* as few digits as do */
void text_bytes(struct text *t, const void *, size_t n); /* two digits each */
void text_dec(struct text *t, uint64_t v);
/* " name=HEX", the way replies list numbers. */
void text_pair(struct text *t, const char *name, uint64_t v);

struct words {
    const char *at;
};

/* The next word; false at the end.  `*len` bytes from `*word`. */
bool words_next(struct words *w, const char **word, size_t *len);
/* The next word as a hex number; false if it is none or over `max`. */
bool words_hex(struct words *w, uint64_t max, uint64_t *v);
/* The next word as bytes; false if odd, no hex, or more than `cap`. */
bool words_bytes(struct words *w, void *out, size_t cap, size_t *n);
/* The number of " name=HEX" anywhere in `s`; false if it is not there. */
bool text_find(const char *s, const char *name, uint64_t *v);

/* 0..15, or -1. */
int text_digit(char c);

#endif
