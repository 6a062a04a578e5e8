/* SPDX-License-Identifier: MIT */
/* run_search.h -- `offramp search` in a process of its own, because a verb
 * keeps its options. */
#ifndef OFFRAMP_TESTS_RUN_SEARCH_H
#define OFFRAMP_TESTS_RUN_SEARCH_H

enum { RUN_OUT_MAX = 65536 };

/* Run the verb with these words (NULL ends them); what it printed goes to
 * `out`, its exit code is returned. */
int run_search(const char *const *words, char out[RUN_OUT_MAX]);

#endif
