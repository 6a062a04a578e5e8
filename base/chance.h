/* SPDX-License-Identifier: MIT */
/*
 * chance.h -- is a classifier no better than guessing?  A network that is fed
 * wrongly (normalisation, layout, order of labels) answers like that, and all
 * that is found for it is worth nothing: results say so in `warnings`.
 */
#ifndef OFFRAMP_BASE_CHANCE_H
#define OFFRAMP_BASE_CHANCE_H

#include <stdbool.h>

#include "base/json.h"

/* Is that share of `n` samples hardly more than a guess among `classes` gets?
 * So where the lower end of its 95 % interval (Wilson, 1927) is not a tenth of
 * the way from a guess to all; false where there is nothing to judge. */
bool chance_like(double accuracy, int64_t n, int64_t classes);

/* [{"code":"accuracy.chance","detail"}], or [] where there is nothing to warn
 * of; NULL: out of memory.  The caller owns it. */
json_t *chance_warnings(double accuracy, int64_t n, int64_t classes);

#endif
