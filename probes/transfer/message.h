/* SPDX-License-Identifier: MIT */
/*
 * message.h -- one exchange of a sweep on a connected socket, as both ends see
 * it.  Private to this folder.
 *
 *     there: bytes there u64, bytes back u64, work u64, then the bytes
 *     back:  what the other end took of its own u64, then the bytes
 *
 * All little endian.  Messages are whole in memory and sent as one, as tensors
 * are (../relay), and before each its end works for `work` ns (work.h).
 */
#ifndef OFFRAMP_TRANSFER_MESSAGE_H
#define OFFRAMP_TRANSFER_MESSAGE_H

#include <stdbool.h>

#include "base/status.h"
#include "probes/transfer/work.h"

struct message_head {
    uint64_t forward, back; /* twice 0: that is all */
    uint64_t work_ns;
};

/* One end; owned by the caller, begun as {0}. */
struct message_end {
    uint8_t *data; /* owned, as is work.arena */
    size_t room;
    struct work work;
};

enum status message_init(struct message_end *e, struct err *err) MUST_CHECK;
void message_clear(struct message_end *e);

bool message_head_write(int fd, const struct message_head *h);
bool message_head_read(int fd, struct message_head *h);

/* Work, then ask; *ns is from the first byte there to the last one back, less
 * what the other end took of its own.  False: the line is broken. */
bool message_ask(
    struct message_end *e, int fd, const struct message_head *h, int64_t *ns);

/* Answer what came with that head. */
bool message_answer(
    struct message_end *e, int fd, const struct message_head *h);

#endif
