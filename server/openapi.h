/* SPDX-License-Identifier: MIT */
/* openapi.h -- the text of openapi.yaml, embedded in the program.  Constant;
 * any thread may read it. */
#ifndef OFFRAMP_SERVER_OPENAPI_H
#define OFFRAMP_SERVER_OPENAPI_H

#include <stddef.h>

extern const char openapi_text[]; /* not NUL-terminated */
size_t openapi_length(void);

#endif
