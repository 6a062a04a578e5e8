/* SPDX-License-Identifier: MIT */
#include "probes/link/frame.h"

#include <string.h>

#include "probes/link/crc32.h"
#include "probes/link/text.h"

enum { HEAD = 6, TAIL = 10 }; /* ">SSSS " and " *CCCCCCCC" */

static bool
is_start(char c)
{
    return c == FRAME_REQUEST || c == FRAME_REPLY;
}

static bool
carries(char c)
{
    return c >= ' ' && c <= '~' && !is_start(c) && c != '*';
}

static void
put_hex(char *at, uint32_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v >>= 4)
        at[i] = "0123456789abcdef"[v & 15];
}

size_t
frame_write(char out[FRAME_LINE], char kind, uint16_t seq, const char *text)
{
    size_t len = strlen(text);

    if (len > FRAME_TEXT)
        return 0;
    for (size_t i = 0; i < len; i++)
        if (!carries(text[i]))
            return 0;
    out[0] = kind;
    put_hex(out + 1, seq, 4);
    out[5] = ' ';
    memcpy(out + HEAD, text, len);
    memcpy(out + HEAD + len, " *", 2);
    put_hex(out + HEAD + len + 2, crc32_of(0, out, HEAD + len), 8);
    out[HEAD + len + TAIL] = '\n';
    return HEAD + len + TAIL + 1;
}

static bool
get_hex(const char *at, int n, uint32_t *v)
{
    *v = 0;
    for (int i = 0; i < n; i++) {
        int d = text_digit(at[i]);

        if (d < 0)
            return false;
        *v = *v << 4 | (uint32_t)d;
    }
    return true;
}

/* The line in `r` without its newline. */
static bool
parse(const struct frame_reader *r, struct frame *out)
{
    uint32_t seq, crc;
    size_t len;

    if (r->len < HEAD + TAIL)
        return false;
    len = r->len - HEAD - TAIL;
    if (r->line[5] != ' ' || memcmp(r->line + HEAD + len, " *", 2) != 0 ||
        !get_hex(r->line + 1, 4, &seq) ||
        !get_hex(r->line + HEAD + len + 2, 8, &crc) ||
        crc != crc32_of(0, r->line, HEAD + len))
        return false;
    *out = (struct frame){
        .kind = r->line[0], .seq = (uint16_t)seq, .crc = crc, .len = len
    };
    memcpy(out->text, r->line + HEAD, len);
    out->text[len] = '\0';
    return true;
}

/* Give up the line under way. */
static void
lose(struct frame_reader *r)
{
    if (r->open)
        r->lost++;
    r->open = false;
    r->len = 0;
}

bool
frame_push(struct frame_reader *r, char byte, struct frame *out)
{
    if (is_start(byte)) {
        lose(r); /* a line that was under way has lost its end */
        r->open = true;
    } else if (!r->open) {
        return false; /* noise between frames, or the rest of a lost one */
    } else if (byte == '\n') {
        bool good = parse(r, out);

        if (!good)
            r->lost++;
        r->open = false;
        r->len = 0;
        return good;
    } else if (r->len == FRAME_LINE - 1 || (byte != '*' && !carries(byte))) {
        lose(r);
        return false;
    }
    r->line[r->len++] = byte;
    return false;
}
