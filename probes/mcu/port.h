/* SPDX-License-Identifier: MIT */
/*
 * port.h -- a way for bytes to and from a board: an emulator's pipe, a serial
 * device, or memory in tests.  Everything above is the same for all of them.
 *
 * A port belongs to one thread; port_close() accepts NULL.
 */
#ifndef OFFRAMP_MCU_PORT_H
#define OFFRAMP_MCU_PORT_H

#include <stddef.h>

#include "base/insn.h"
#include "base/status.h"

struct port {
    const struct port_ops *ops; /* the first member of every kind */
};

struct port_ops {
    /* MUST: wait up to `timeout_ms` for bytes; *n is 0 if none came.  ST_IO
     * or ST_UNAVAILABLE: the other end is gone. */
    enum status (*read)(struct port *p, void *at, size_t cap, int timeout_ms,
        size_t *n, struct err *err);
    /* MUST: write all of it. */
    enum status (*write)(
        struct port *p, const void *data, size_t len, struct err *err);
    /* MAY: start the board anew (a reset line, a new emulator). */
    enum status (*restart)(struct port *p, struct err *err);
    /* MAY: what the board executed from the last start of its clock to the
     * last reading, by class. */
    void (*counts)(struct port *p, struct insn_counts *out);
    void (*close)(struct port *p); /* MUST */
};

static inline void
port_close(struct port *p)
{
    if (p != NULL)
        p->ops->close(p);
}

#endif
