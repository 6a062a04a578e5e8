/* SPDX-License-Identifier: MIT */
/*
 * place.h -- which boundaries get an exit.
 *
 * With F the multiplications of the whole network and E exits, exit e (from
 * 0) goes to the first boundary that has at least this much behind it
 * (PTEENet, IEEE Access 10, 2022, and its released code): `linear`
 * F (e+1)/(E+1), `fine` F (1 - 0.95^(e+1)), `pareto` F (1 - 0.8^(e+1)),
 * `golden` F 1.618^(e-E).  `natural` takes boundaries whose activation is
 * smaller than the input (Bakhtiarnia et al., arXiv 2205.11269); `all` takes
 * every one, evenly thinned to E.
 */
#ifndef OFFRAMP_HEADS_PLACE_H
#define OFFRAMP_HEADS_PLACE_H

#include <jansson.h>

#include "search/model/plain.h"

/*
 * Choose among the boundaries whose reason is SITE_OK: the others of them get
 * SITE_RULE or SITE_LIMIT.  `rule` is a word or an array of boundary indices;
 * NULL: "all".  ST_INVALID (code "augment.rule") for an unknown word or an
 * index out of range; ST_UNPROCESSABLE (code "augment.no_candidates") where
 * nothing is left.
 */
enum status place(
    struct plain *p, const json_t *rule, int max, struct err *err) MUST_CHECK;

#endif
