/* SPDX-License-Identifier: MIT */
/* OFFRAMP_OPENAPI is the file's path, given by CMake. */
#include "server/openapi.h"

extern const char openapi_end[];

__asm__(".pushsection .rodata\n"
        ".global openapi_text\n"
        ".hidden openapi_text\n"
        "openapi_text:\n"
        ".incbin \"" OFFRAMP_OPENAPI "\"\n"
        ".global openapi_end\n"
        ".hidden openapi_end\n"
        "openapi_end:\n"
        ".popsection\n");

size_t
openapi_length(void)
{
    return (size_t)(openapi_end - openapi_text);
}
