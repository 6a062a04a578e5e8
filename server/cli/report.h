/* SPDX-License-Identifier: MIT */
/* report.h -- a plan for people: Markdown, with plots as SVG files beside it.
 */
#ifndef OFFRAMP_CLI_REPORT_H
#define OFFRAMP_CLI_REPORT_H

#include "base/buf.h"
#include "base/json.h"

/* Append the report on a plan, its search and its validation, whose plots are
 * called front.svg and exits.svg.  ST_NOMEM. */
enum status report_markdown(const json_t *plan, const json_t *search,
    const json_t *validation, struct buf *out, struct err *err) MUST_CHECK;

/* Accuracy against cost: the front that was found, the plan on it, and the
 * network without exits. */
enum status report_front_svg(const json_t *plan, const json_t *search,
    struct buf *out, struct err *err) MUST_CHECK;

/* Share of samples by exit, predicted beside measured. */
enum status report_exits_svg(
    const json_t *validation, struct buf *out, struct err *err) MUST_CHECK;

#endif
