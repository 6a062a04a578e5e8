/* SPDX-License-Identifier: MIT */
#include "web/assets.h"

/* X(symbol, path, type, file, length, etag), one row a file; CMake writes it,
 * because C cannot know the length of what the assembler includes. */
#include "web_assets.inc"

#define X(symbol, path, type, file, length, etag)                              \
    extern const unsigned char web_##symbol[];                                 \
    __asm__(".pushsection .rodata\n"                                           \
            ".global web_" #symbol "\n"                                        \
            ".hidden web_" #symbol "\n"                                        \
            "web_" #symbol ":\n"                                               \
            ".incbin \"" file "\"\n"                                           \
            ".popsection\n");
WEB_ASSETS(X)
#undef X

const struct web_asset web_assets[] = {
#define X(symbol, path, type, file, length, etag)                              \
    { path, type, web_##symbol, length, etag },
    WEB_ASSETS(X)
#undef X
    { NULL, NULL, NULL, 0, NULL },
};
