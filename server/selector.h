/* SPDX-License-Identifier: MIT */
/*
 * selector.h -- the words by which a person means devices.
 *
 *   localhost          the device of that name
 *   any                every device
 *   arch=x86_64,npu,site!=cellar
 *                      those with these labels: of this value, of any value,
 *                      not of this value (or without the label at all)
 *
 * A word that is no device's name is a label.  `name` stands for the device's
 * name, unless a label is called so.  Pure functions; any thread.
 */
#ifndef OFFRAMP_SERVER_SELECTOR_H
#define OFFRAMP_SERVER_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

/* ST_INVALID names `path` and the part that makes no sense. */
enum status selector_check(
    const char *path, const char *selector, struct err *err) MUST_CHECK;

/*
 * Does a device have what a checked selector asks for by labels?  If not,
 * `lacks` (`cap` bytes) says the first thing that it lacks: "lacks arch=riscv64
 * (has x86_64)".
 */
bool selector_match(const char *selector, const char *name,
    const json_t *labels, char *lacks, size_t cap);

#endif
