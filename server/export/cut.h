/* SPDX-License-Identifier: MIT */
/*
 * cut.h -- what a network costs in pieces, as a plan uses it.
 *
 * Segments measured alone pay for a cut at every exit: files exchange tensors
 * in a plain layout, and nothing is fused across them.  A plan that drops an
 * exit runs the two segments as one file and does not pay.  So where the joint
 * file was measured too, the cost of the cut goes from the segment before an
 * exit to that exit's head: then the sum over the kept exits is right,
 * whichever are kept.  Pure; nothing is owned.
 */
#ifndef OFFRAMP_SERVER_EXPORT_CUT_H
#define OFFRAMP_SERVER_EXPORT_CUT_H

#include <jansson.h>
#include <stdbool.h>

/* Is the cost of the cut known at every exit but the last? */
bool cut_known(const json_t *rows, const json_t *exits);

/*
 * Latency of `part` ("segment" or "head") of exit `index` with cuts so
 * accounted, as [median, lo, hi]; rows must pass cut_known().  The interval
 * takes the measurements for independent (root of the sum of squares).  A cut
 * never makes a part cost less than nothing.  NULL: out of memory.
 */
json_t *cut_latency(const json_t *rows, const char *part, size_t index);

#endif
