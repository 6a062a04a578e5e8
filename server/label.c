/* SPDX-License-Identifier: MIT */
#include "server/label.h"

enum status
label_add(struct buf *out, const char *s, struct err *err)
{
    enum status st = ST_OK;

    for (; *s != '\0' && st == ST_OK; s++) {
        if (*s == '\n')
            st = buf_addstr(out, "\\n", err);
        else if (*s == '"' || *s == '\\')
            st = buf_addf(out, err, "\\%c", *s);
        else
            st = buf_add(
                out, (unsigned char)*s < ' ' || *s == 127 ? " " : s, 1, err);
    }
    return st;
}
