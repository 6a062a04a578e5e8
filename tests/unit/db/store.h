/* SPDX-License-Identifier: MIT */
/*
 * store.h -- a store in a folder of its own, and the few things that most
 * tests need in it.  Helpers assert: a failure ends the test.  The clock of
 * tests starts at T0 and moves only where a test says so.
 */
#ifndef OFFRAMP_TEST_DB_STORE_H
#define OFFRAMP_TEST_DB_STORE_H

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "db/agent.h"
#include "db/db.h"
#include "db/device.h"
#include "db/job.h"
#include "db/measure.h"
#include "db/model.h"
#include "db/profile.h"
#include "db/queue.h"

/* Rows that are added borrow their text, but own what they read: no const. */
#define TEXT(s) ((char *)(s))

#define T0        INT64_C(1800000000000)
#define TTL_MS    30000
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (INT64_C(24) * 60 * MINUTE_MS)

struct store {
    char dir[PATH_MAX];
    char path[PATH_MAX]; /* of the SQLite file */
    struct db *db;
    char model[HASH_HEX]; /* a model that is ready; store_model() */
};

/* cmocka's setup and teardown: *state is the struct store. */
int store_setup(void **state);
int store_teardown(void **state);

/* Another connection to the same file; db_close() it. */
struct db *store_again(const struct store *s);

/* Add a blob and a model of it that is ready. */
void store_model(struct store *s);

/* Open a session of `agent` for all kinds of tasks, with these devices;
 * its id is written to `id`. */
void store_session(struct db *db, const char *agent, const char *const *devices,
    size_t n, int64_t now_ms, char id[65]);

/* A job of store_model()'s model with one task for these devices. */
int64_t store_job(struct store *s, const char *owner, int64_t priority,
    const char *const *devices, size_t n, int64_t *task);

/* Lease for one device (NULL: as a worker).  ST_WAIT leaves all zeroed. */
enum status store_lease(struct db *db, const char *session, const char *device,
    int64_t now_ms, struct lease *lease, struct task *task);

/* Finish with body `text`, fail with `class`: the status and nothing else. */
enum status store_finish(struct db *db, const struct lease *l, const char *text,
    int64_t now_ms, bool *replay);
enum status store_fail(struct db *db, const struct lease *l,
    enum fail_class class, const char *text, int64_t now_ms);

/* A whole task. */
struct task store_task(struct db *db, int64_t id);

/* One integer from any SQL, read beside the store's own functions. */
int64_t store_int(const struct store *s, const char *sql);

/* A profile of `task`'s on `device`. */
int64_t store_profile(struct store *s, int64_t job, int64_t task,
    const char *device, const char *fingerprint, int64_t now_ms);

/* A measured layer row with numbers around `ns`. */
struct measure store_row(int64_t profile, const char *key, double ns);

/* Two probes "a" and "b" with a device of that name each, and a model: what
 * the tests of the queue start from. */
struct bench {
    struct store *s;
    struct db *db;     /* of `s` */
    char a[65], b[65]; /* sessions */
    struct lease l;    /* the newest lease and its task; drop() them */
    struct task t;
};

extern const char *const dev_a[1], *const dev_b[1], *const dev_ab[2];

struct bench bench(void **state);
void drop(struct bench *b);

/* A job on device a and its profile. */
int64_t store_profiled(
    struct bench *b, const char *fingerprint, int64_t now_ms);

/* Add a row with these epochs. */
enum { STORE_EPOCHS = 4 };
extern const double store_epochs_ns[STORE_EPOCHS];
int64_t store_measure(struct bench *b, const struct measure *m);

enum task_state state_of(struct db *db, int64_t task);
enum run_state job_state(struct db *db, int64_t id, int64_t *version);

#define OK(call)                                                               \
    do {                                                                       \
        err_clear(&err);                                                       \
        if ((call) != ST_OK)                                                   \
            fail_msg("%s: %s", #call, err.text);                               \
    } while (0)

#endif
