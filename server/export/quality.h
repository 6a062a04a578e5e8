/* SPDX-License-Identifier: MIT */
/*
 * quality.h -- how far the costs of a profile can be trusted, in a few words
 * that go with them into a plan.  Pure; nothing is owned.
 */
#ifndef OFFRAMP_SERVER_EXPORT_QUALITY_H
#define OFFRAMP_SERVER_EXPORT_QUALITY_H

#include "server/export/export.h"

/*
 * {"grade", "flags", "full_ns", "whole_ns", "moved_rel"} of the parts that a
 * search adds up: their worst grade and all their flags.  full_ns is the
 * network without its early exits, measured along with them, and whole_ns all
 * of it, measured in another pass (both null where unknown).  moved_rel says
 * by how much the machine changed between the two, beyond what early heads
 * explain: above 0 it was slower while the parts were measured.
 * The caller owns the result; NULL: out of memory.
 */
json_t *export_quality(const struct export_input *in);

#endif
