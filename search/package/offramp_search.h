/* SPDX-License-Identifier: MIT */
/*
 * offramp_search.h -- early-exit thresholds with a proof: the public header
 * of libofframp_search.  offramp_search(3) has an overview and an example.
 *
 * Pure C: no file, no clock, no global.  A caller owns what it passes in and
 * what it is given; every function may be called from any thread.
 */
#ifndef OFFRAMP_SEARCH_H
#define OFFRAMP_SEARCH_H

#ifdef __cplusplus
extern "C" {
#endif

#include "search/baseline/baseline.h"
#include "search/certify/bootstrap.h"
#include "search/certify/metrics.h"
#include "search/certify/promise.h"
#include "search/solve/solve.h"

#ifdef __cplusplus
}
#endif

#endif
