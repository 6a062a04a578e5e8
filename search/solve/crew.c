/* SPDX-License-Identifier: MIT */
#include "search/solve/crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct member {
    struct crew *crew; /* borrowed */
    pthread_t thread;
    int number;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    struct member *member; /* owned, [n]; started ones only */
    int n;                 /* threads started */
    int busy;              /* of this round */
    unsigned round;
    bool end;
    void (*work)(void *ctx, int member);
    void *ctx; /* borrowed */
};

static void *
serve(void *arg)
{
    struct member *m = arg;
    struct crew *c = m->crew;
    unsigned seen = 0;

    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->round == seen && !c->end)
            pthread_cond_wait(&c->start, &c->lock);
        if (c->end)
            break;
        seen = c->round;
        pthread_mutex_unlock(&c->lock);
        c->work(c->ctx, m->number);
        pthread_mutex_lock(&c->lock);
        if (--c->busy == 0)
            pthread_cond_signal(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

enum status
crew_new(struct crew **out, int members, struct err *err)
{
    struct crew *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (c == NULL)
        return err_nomem(err);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->start, NULL);
    pthread_cond_init(&c->done, NULL);
    c->member = calloc((size_t)members, sizeof(*c->member));
    for (; c->member != NULL && c->n < members - 1; c->n++) {
        struct member *m = &c->member[c->n];

        *m = (struct member){ .crew = c, .number = c->n + 1 };
        if (pthread_create(&m->thread, NULL, serve, m) != 0)
            break;
    }
    if (c->n < members - 1 || c->member == NULL) {
        crew_free(c);
        return err_nomem(err);
    }
    *out = c;
    return ST_OK;
}

void
crew_free(struct crew *c)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->end = true;
    pthread_cond_broadcast(&c->start);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->n; i++)
        pthread_join(c->member[i].thread, NULL);
    pthread_cond_destroy(&c->start);
    pthread_cond_destroy(&c->done);
    pthread_mutex_destroy(&c->lock);
    free(c->member);
    free(c);
}

void
crew_run(struct crew *c, void (*work)(void *ctx, int member), void *ctx)
{
    pthread_mutex_lock(&c->lock);
    c->work = work;
    c->ctx = ctx;
    c->busy = c->n;
    c->round++;
    pthread_cond_broadcast(&c->start);
    pthread_mutex_unlock(&c->lock);
    work(ctx, 0);
    pthread_mutex_lock(&c->lock);
    while (c->busy > 0)
        pthread_cond_wait(&c->done, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
