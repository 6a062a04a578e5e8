/* SPDX-License-Identifier: MIT */
/*
 * Results of agents with something wrong in them: each is taken, or refused
 * with the member named, and never harms the server.
 *
 * The cases of fixtures/api are run up to where an agent hands in a result;
 * the first byte of an input chooses one of these places, the others bend its
 * result (bend.h).  What is taken is rolled back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "bend.h"
#include "server/accept.h"
#include "cases.h"
#include "unit/fuzz/play.h"

enum { PLACES = 64 };

/* Where a result is awaited. */
struct place {
    struct world world;
    struct task task;
    json_t *result; /* as the case has it */
};

static struct place *places[PLACES];
static size_t n_places, taken, refused;
static struct place *making;

/* Has a task of this kind enough places? */
static bool
has_enough(enum task_kind kind)
{
    int n = 0;

    for (size_t i = 0; i < n_places; i++)
        n += places[i]->task.kind == kind;
    return n >= 3;
}

/* Look at each call: is it the one that a case is run up to? */
static bool
watch(struct world *w, struct call *c, const char *request,
    const json_t *headers, const struct call_body *body)
{
    struct lease lease = { 0 };
    long long id;
    json_t *doc = NULL;

    if (making->result == NULL &&
        sscanf(request, "PUT /v1/leases/%lld/result", &id) == 1 &&
        json_parse(body->data, body->len, &doc, NULL) == ST_OK &&
        json_is_object(json_object_get(doc, "result")) &&
        db_lease_get(w->db, id, &lease, NULL) == ST_OK &&
        db_task_get(w->db, lease.task, &making->task, NULL) == ST_OK) {
        if (has_enough(making->task.kind))
            task_clear(&making->task);
        else
            making->result = json_incref(json_object_get(doc, "result"));
        w->over = making->result != NULL;
    }
    lease_clear(&lease);
    json_decref(doc);
    call_make(c, w->server, w->db, request, headers, body, w->now_ms);
    return w->over || call_send(c, body);
}

static void
make_place(const char *file)
{
    struct place *p = calloc(1, sizeof(*p));

    if (p == NULL)
        abort();
    making = p;
    world_open(&p->world);
    p->world.start = watch;
    case_run(&p->world, file);
    if (p->result != NULL && n_places < PLACES) {
        places[n_places++] = p;
        return;
    }
    world_close(&p->world);
    free(p);
}

static void
make_places(void)
{
    struct dirent **files;
    int n = cases_list(&files);

    if (n <= 0 || hash_start(NULL) != ST_OK)
        abort();
    log_init("fuzz_accept", LOG_ERROR);
    for (int i = 0; i < n; i++) {
        make_place(files[i]->d_name);
        free(files[i]);
    }
    free(files);
}

struct trial {
    const struct place *place;
    const json_t *result;
    enum status st;
    struct err err;
};

static enum status
try_it(struct db *db, void *ctx, struct err *err)
{
    struct trial *t = ctx;
    const struct task *task = &t->place->task;

    t->st = accept_kinds[task->kind].accept(
        db, task, t->result, t->place->world.now_ms, &t->err);
    return err_set(err, ST_CONFLICT, NULL, "only tried");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct trial t = { 0 };
    json_t *result;

    if (n_places == 0)
        make_places();
    if (len == 0)
        return 0;
    t.place = places[data[0] % n_places];
    t.result = result = json_deep_copy(t.place->result);
    bend(result, data + 1, len - 1);
    if (db_tx(t.place->world.db, try_it, &t, NULL) != ST_CONFLICT)
        abort();
    if (t.st != ST_OK && ((t.st != ST_INVALID && t.st != ST_UNPROCESSABLE &&
                              t.st != ST_CONFLICT && t.st != ST_NOT_FOUND) ||
                             t.err.text[0] == '\0')) {
        fprintf(stderr, "%s: status %d, %s: %s\n",
            task_kind_words[t.place->task.kind], (int)t.st, t.err.code,
            t.err.text);
        json_dumpf(result, stderr, JSON_INDENT(1));
        abort();
    }
    taken += t.st == ST_OK;
    refused += t.st != ST_OK;
    json_decref(result);
    return 0;
}

#ifndef OFFRAMP_FUZZER

enum { ROUNDS = 6000 };

static void
close_places(void)
{
    for (size_t i = 0; i < n_places; i++) {
        json_decref(places[i]->result);
        task_clear(&places[i]->task);
        world_close(&places[i]->world);
        free(places[i]);
    }
}

int
main(void)
{
    unsigned kinds = 0;
    struct rng rng = { 17 };

    for (int i = 0; i < ROUNDS; i++) {
        uint8_t bytes[1 + 4 * 3];
        size_t edits = rng_below(&rng, 4);

        for (size_t k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)rng_next(&rng);
        for (size_t k = 1; k < sizeof(bytes); k += 4)
            bytes[k] = (uint8_t)(rng_below(&rng, 2) * bytes[k]);
        LLVMFuzzerTestOneInput(bytes, 1 + 4 * edits);
    }
    for (size_t i = 0; i < n_places; i++)
        kinds |= 1U << places[i]->task.kind;
    printf("%zu places of %d kinds, %zu results taken, %zu refused\n", n_places,
        __builtin_popcount(kinds), taken, refused);
    close_places();
    return taken == 0 || refused == 0;
}

#endif
