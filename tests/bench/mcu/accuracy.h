/* SPDX-License-Identifier: MIT */
/* accuracy.h -- what int8 costs in accuracy, network by network. */
#ifndef OFFRAMP_BENCH_ACCURACY_H
#define OFFRAMP_BENCH_ACCURACY_H

/* Prints what float and int8 get right at each exit, on rows that did not
 * calibrate. */
void accuracy_report(void);

#endif
