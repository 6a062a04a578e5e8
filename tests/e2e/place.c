/* SPDX-License-Identifier: MIT */
#include "e2e/place.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"

int
place_setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    assert_int_equal(hash_start(NULL), ST_OK);
    snprintf(p->dir, sizeof(p->dir), "/tmp/offramp-daemon-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->db, sizeof(p->db), "%s/s.db", p->dir);
    snprintf(p->address, sizeof(p->address), "%s/address", p->dir);
    *state = p;
    return 0;
}

int
place_teardown(void **state)
{
    struct place *p = *state;

    assert_int_equal(file_rmtree(p->dir, NULL), ST_OK);
    free(p);
    return 0;
}

void
place_start(struct daemon *d, const struct place *p, const char *more1,
    const char *more2)
{
    const char *const options[] = { "--db", p->db, "--listen", "127.0.0.1:0",
        "--no-worker", "--log-level", "warn", more1, more2, NULL };

    daemon_start(d, options);
}

void
place_stop(struct daemon *d)
{
    assert_int_equal(daemon_end(d, SIGTERM), 0);
}

void
place_ask(const char *url, const struct rest_call *call, const char *token,
    int status, char **out)
{
    struct rest_answer a = { 0 };
    struct err err = { 0 };
    struct rest *r;

    assert_int_equal(rest_open(&r, url, token, &err), ST_OK);
    if (rest_do(r, call, &a, &err) != ST_OK)
        fail_msg("%s: %s", call->path, err.text);
    if (a.http != status)
        fail_msg("%s: %d %s", call->path, a.http, a.body);
    if (out != NULL) {
        *out = a.body;
        a.body = NULL;
    }
    rest_answer_clear(&a);
    rest_close(r);
}

void
place_get(const char *url, const char *path, int status, char **out)
{
    place_ask(url, &(struct rest_call){ .method = "GET", .path = path }, NULL,
        status, out);
}
