/* SPDX-License-Identifier: MIT */
/* link_find.h -- a measured link by the names of its ends, for the verbs that
 * count with one. */
#ifndef OFFRAMP_CLI_LINK_FIND_H
#define OFFRAMP_CLI_LINK_FIND_H

#include "server/cli/client.h"

/* Sending n bytes one way takes base_ns + n * byte_ns. */
struct link_way {
    int64_t id;     /* of the measurement */
    double base_ns; /* before the first byte */
    double byte_ns; /* of each */
};

/* The newest measurement between the ends "FROM,TO": what FROM sends to TO,
 * or, where only the link from TO to FROM was measured, what TO received from
 * FROM.  ST_INVALID "cli.arguments" for another form of name; ST_NOT_FOUND
 * "link.not_found" says how to measure it. */
enum status link_find(struct client *c, const char *name, struct link_way *out,
    struct err *err) MUST_CHECK;

#endif
