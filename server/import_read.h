/* SPDX-License-Identifier: MIT */
/*
 * import_read.h -- a native table (offramp.export/1) of another server, read
 * and checked as strictly as a probe's result.
 */
#ifndef OFFRAMP_SERVER_IMPORT_READ_H
#define OFFRAMP_SERVER_IMPORT_READ_H

#include "db/import.h"
#include "db/profile.h"
#include "server/row_read.h"

struct import_in {
    struct profile profile; /* its documents are owned, names borrowed */
    struct import from;     /* its documents are owned, names borrowed */
    char sha256[65];        /* of the document; from.sha256 */
    struct row_in *row;     /* owned, n */
    size_t n;
    json_t *rows; /* owned: what the rows' text is borrowed from */
};

/* Read `doc`, which must outlive *in.  ST_INVALID or ST_UNPROCESSABLE names
 * the member.  Call import_in_clear() in every case. */
enum status import_read(const json_t *doc, int64_t now_ms, struct import_in *in,
    struct err *err) MUST_CHECK;
void import_in_clear(struct import_in *in);

#endif
