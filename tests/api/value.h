/* SPDX-License-Identifier: MIT */
/*
 * value.h -- what stands for something else in a case.
 *
 * "${job}" is what an earlier step saved as `job`: the value itself where it
 * is the whole string, its text inside a longer one.  {"$file": "x.json"} is
 * that file of fixtures/api/data, with the members of `with` in place of its
 * own (a path such as "/rows/0/min_ns" names what is replaced).
 */
#ifndef OFFRAMP_TESTS_API_VALUE_H
#define OFFRAMP_TESTS_API_VALUE_H

#include <jansson.h>

/* A copy of `v` with everything put in; the caller owns it.  Unknown names
 * and files fail the test. */
json_t *value_expand(const json_t *v, const json_t *vars);

/* The same for text; the caller frees. */
char *value_text(const char *text, const json_t *vars);

/* What `pointer` ("/tasks/0/id") leads to, borrowed; NULL where nothing. */
json_t *value_at(const json_t *v, const char *pointer);

#endif
