/* SPDX-License-Identifier: MIT */
/*
 * fault.h -- make the n-th allocation, or the n-th write, fail.
 *
 * Allocations are those of our own objects (linked with --wrap) and of
 * SQLite (its memory hook); writes are SQLite's, through a layer over its
 * default file system.  One thread.
 */
#ifndef OFFRAMP_TEST_DB_FAULT_H
#define OFFRAMP_TEST_DB_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind { FAULT_ALLOC, FAULT_SQLITE_ALLOC, FAULT_WRITE };

/* Put the hooks in place.  Call first in main. */
void fault_install(void);

/* Let the n-th (from 1) event of this kind fail, once. */
void fault_arm(enum fault_kind kind, int64_t n);

/* Stop; true if the fault was reached. */
bool fault_disarm(void);

/* Blocks that our own objects have allocated and not freed. */
int64_t fault_live(void);

#endif
