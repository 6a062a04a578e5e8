/* SPDX-License-Identifier: MIT */
#include "base/plain.h"

#include <stdint.h>
#include <string.h>

static bool
is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
           (c >= 0x7f && c < 0xa0);
}

/* Bytes of the character that `s` begins with; 0: it is none, or a control
 * character. */
static size_t
step(const uint8_t *s, size_t n)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    uint32_t c = s[0];
    size_t more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : 3;

    if ((more == 3 && c >> 3 != 30) || more >= n)
        return 0;
    c &= more == 0 ? 0x7fu : 0x3fu >> more;
    for (size_t k = 1; k <= more; k++) {
        if (s[k] >> 6 != 2)
            return 0;
        c = c << 6 | (s[k] & 0x3fu);
    }
    if (c < least[more] || c > 0x10ffff || (c >> 11) == 0x1b || is_control(c))
        return 0;
    return more + 1;
}

bool
plain_text(const char *text, size_t n)
{
    const uint8_t *s = (const uint8_t *)text;

    for (size_t i = 0, k; i < n; i += k)
        if ((k = step(s + i, n - i)) == 0)
            return false;
    return true;
}

void
plain_mend(char *text)
{
    uint8_t *s = (uint8_t *)text;
    size_t n = strlen(text);

    for (size_t i = 0, k; i < n; i += k)
        if ((k = step(s + i, n - i)) == 0) {
            s[i] = '?';
            k = 1;
        }
}
