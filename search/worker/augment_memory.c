/* SPDX-License-Identifier: MIT */
/* What the device has room for: weights of the network and of all kept heads,
 * beside the activations at their peak.  A plan that keeps fewer of them needs
 * less, so every plan of the network fits where the whole of it does. */
#include "search/worker/augment.h"

#include <math.h>

static int64_t
weights_of(const struct augment *a, const struct aug_head *h)
{
    return head_params(&h->head, &a->plain.site[h->site]) *
           (int64_t)sizeof(float);
}

/* While a head runs its boundary's tensor is needed on, and what its widest
 * layer reads and writes. */
static int64_t
peak_of(const struct augment *a, const struct aug_head *h)
{
    const struct front *f = &h->head.front;
    const size_t windows = f->out[0] * f->out[1];
    size_t most = front_width(f);

    for (int i = 0; i < h->head.n; i++) {
        const struct head_layer *l = &h->head.layer[i];
        const size_t n = (l->in + l->out) * (l->conv ? windows : 1);

        most = n > most ? n : most;
    }
    return a->plain.site[h->site].bytes + (int64_t)(most * sizeof(float));
}

static int64_t
larger(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

enum status
augment_memory_plain(struct augment *a, struct err *err)
{
    struct aug_memory *m = &a->memory;

    m->weights = a->plain.params * (int64_t)sizeof(float);
    return peak_activation_bytes(&m->peak, &a->plain.layers, a->plain.g, err);
}

void
augment_memory_check(const struct augment *a, struct aug_head *h)
{
    const struct aug_memory *m = &a->memory;
    double need = (double)(m->weights + weights_of(a, h) +
                           larger(m->peak, peak_of(a, h)));

    if (isnan(a->opt.memory_bytes) || need <= a->opt.memory_bytes)
        return;
    h->reject = REJECT_MEMORY;
    h->number = need - a->opt.memory_bytes;
}

/* Weights and peak with all heads that are kept; the one with most weights. */
static struct aug_head *
add_up(struct augment *a)
{
    struct aug_memory *m = &a->memory;
    struct aug_head *heaviest = NULL;

    m->weights_kept = m->weights;
    m->peak_kept = m->peak;
    for (size_t i = 0; i < a->n_heads; i++) {
        struct aug_head *h = &a->head[i];

        if (h->reject != REJECT_NOT)
            continue;
        m->weights_kept += weights_of(a, h);
        m->peak_kept = larger(m->peak_kept, peak_of(a, h));
        if (heaviest == NULL || weights_of(a, h) > weights_of(a, heaviest))
            heaviest = h;
    }
    return heaviest;
}

void
augment_memory_fit(struct augment *a)
{
    const struct aug_memory *m = &a->memory;
    struct aug_head *h;

    while ((h = add_up(a)) != NULL) {
        double over =
            (double)(m->weights_kept + m->peak_kept) - a->opt.memory_bytes;

        if (isnan(over) || over <= 0)
            return;
        h->reject = REJECT_MEMORY;
        h->number = over;
    }
}
