/* SPDX-License-Identifier: MIT */
/* token_cmd.h -- `offrampd token add|list|revoke`. */
#ifndef OFFRAMP_SERVER_TOKEN_CMD_H
#define OFFRAMP_SERVER_TOKEN_CMD_H

#include "base/opt.h"

/* argv[0] is the word "token".  Returns the exit code. */
int token_main(int argc, char **argv);

/* For the man page. */
void token_man(FILE *out);

#endif
