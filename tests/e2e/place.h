/* SPDX-License-Identifier: MIT */
/*
 * place.h -- a folder for one offrampd, and calls to it.  Helpers assert: a
 * failure ends the test.
 */
#ifndef OFFRAMP_TEST_E2E_PLACE_H
#define OFFRAMP_TEST_E2E_PLACE_H

#include "base/rest.h"
#include "e2e/daemon.h"

/* What a server may take of memory here. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PLACE_RSS_MAX_KB = 1000000 }; /* shadow memory */
#else
enum { PLACE_RSS_MAX_KB = 50 * 1024 };
#endif

struct place {
    char dir[64], db[96], address[96];
};

/* cmocka's setup and teardown: *state is the struct place. */
int place_setup(void **state);
int place_teardown(void **state);

/* On any port, without a worker; `more` options end with NULLs. */
void place_start(struct daemon *d, const struct place *p, const char *more1,
    const char *more2);
void place_stop(struct daemon *d);

/* One call that must have this status; *out (may be NULL) is its body. */
void place_ask(const char *url, const struct rest_call *call, const char *token,
    int status, char **out);
void place_get(const char *url, const char *path, int status, char **out);

#endif
