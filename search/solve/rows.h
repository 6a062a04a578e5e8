/* SPDX-License-Identifier: MIT */
/* rows.h -- join samples that no plan can tell apart. */
#ifndef OFFRAMP_SEARCH_ROWS_H
#define OFFRAMP_SEARCH_ROWS_H

#include "search/solve/prob.h"

/* Join the rows of `p` that agree in every bin and answer: their weights are
 * added, p->n falls, the columns move together, and p->row says where each
 * one went.  ST_NOMEM. */
enum status rows_join(struct prob *p, struct err *err) MUST_CHECK;

#endif
