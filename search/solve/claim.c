/* SPDX-License-Identifier: MIT */
#include "search/solve/claim.h"

/* A claim with room for what it points at. */
struct told {
    struct solve_claim claim;
    struct solve_span part[SOLVE_EXITS_MAX];
    const double *threshold[SOLVE_EXITS_MAX];
    int thresholds[SOLVE_EXITS_MAX];
    const int32_t *accept[SOLVE_EXITS_MAX], *refuse[SOLVE_EXITS_MAX];
};

static void
told_init(struct told *t, const struct prob *p, const struct box *b)
{
    *t = (struct told){ .claim = { .part = t->part,
                            .threshold = t->threshold,
                            .thresholds = t->thresholds,
                            .accept = t->accept,
                            .refuse = t->refuse,
                            .row = p->row } };
    for (int e = 0; e < p->exits - 1; e++)
        t->part[e].drop = true; /* exits that the limits leave out */
    for (int j = 0; j < p->k; j++) {
        const struct span *s = &b->at[j];

        t->part[p->exit[j]] = (struct solve_span){ s->lo, s->m, s->off };
        t->threshold[p->exit[j]] = p->threshold[j];
        t->thresholds[p->exit[j]] = p->top[j];
    }
}

void
claim_tell(const struct prob *p, const struct dual *d,
    const struct solve_options *o, const struct claim *c, uint32_t *row)
{
    struct told t;

    told_init(&t, p, &c->box);
    t.claim.looked = c->prices == NULL;
    t.claim.shift = d->shift;
    if (c->prices != NULL) {
        t.claim.wrong = (int64_t)c->prices->wrong;
        t.claim.row = row;
        for (size_t i = 0; i < p->samples; i++)
            row[i] = c->prices->map[p->row[i]];
    }
    for (int j = 0; j < p->k && c->prices != NULL; j++) {
        t.accept[p->exit[j]] = c->prices->accept + (size_t)j * c->prices->n;
        t.refuse[p->exit[j]] = c->prices->refuse + (size_t)j * c->prices->n;
    }
    o->claim(o->claim_ctx, &t.claim);
}

void
claim_all(const struct prob *p, const struct solve_options *o, bool looked)
{
    struct told t;
    struct box all;

    box_all(p, &all);
    told_init(&t, p, &all);
    t.claim.looked = looked;
    for (int j = 0; j <= p->k && !looked; j++)
        t.claim.wrong += (p->seg[j] + p->head[j]) * p->total;
    t.claim.wrong += !looked;
    o->claim(o->claim_ctx, &t.claim);
}
