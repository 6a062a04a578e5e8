/* SPDX-License-Identifier: MIT */
/* cases.h -- the cases of fixtures/api: which there are, and one by its file's
 * name. */
#ifndef OFFRAMP_TESTS_API_CASES_H
#define OFFRAMP_TESTS_API_CASES_H

#include <dirent.h>

#include "steps.h"

/* Their files by name, as scandir(): the caller frees each and the list. */
int cases_list(struct dirent ***files);

/* Run one in an open world; a mismatch fails the test (steps.h). */
void case_run(struct world *w, const char *file);

#endif
