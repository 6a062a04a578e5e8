/* SPDX-License-Identifier: MIT */
#include "probes/measure/pass_cold.h"

#include "probes/measure/cold.h"

static void
flush(void *ctx)
{
    cold_flush(ctx);
}

enum status
pass_cold(struct profiler *p, struct pass *pass, size_t from, size_t to,
    struct err *err)
{
    const struct profile_hooks *h = &p->setup->hooks;
    struct cold *cold = NULL;
    enum status st = h->flush != NULL ? ST_OK : cold_open(&cold, err);

    for (size_t i = from; i < to; i++) {
        struct subject *s = &pass->jobs[i].subject;

        s->n = 1; /* a second one would find everything warm */
        s->before = h->flush != NULL ? h->flush : flush;
        s->before_ctx = h->flush != NULL ? h->ctx : cold;
    }
    if (st == ST_OK)
        st = pass_rounds(p, pass, from, to, err);
    cold_close(cold);
    return st;
}
