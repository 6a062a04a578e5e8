/* SPDX-License-Identifier: MIT */
#include "web/assets.h"

/* WEB_ASSETS(X): X(symbol, path, type, file, length, etag), one row a file;
 * CMake writes it, because C cannot know the length of what the assembler
 * includes. */
#include "web_assets.inc"

#define INCLUDE(symbol, path, type, file, length, etag)                        \
    extern const unsigned char web_##symbol[];                                 \
    __asm__(".pushsection .rodata\n"                                           \
            ".global web_" #symbol "\n"                                        \
            ".hidden web_" #symbol "\n"                                        \
            "web_" #symbol ":\n"                                               \
            ".incbin \"" file "\"\n"                                           \
            ".popsection\n");
WEB_ASSETS(INCLUDE)

#define ROW(symbol, path, type, file, length, etag)                            \
    { path, type, web_##symbol, length, etag },
const struct web_asset web_assets[] = { WEB_ASSETS(ROW){
    NULL, NULL, NULL, 0, NULL } };
