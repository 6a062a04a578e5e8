/* SPDX-License-Identifier: MIT */
#include "unit/policy/stream.h"

#include <math.h>

#include "base/rng.h"

/* Nearly normal: twelve uniform numbers less six. */
static double
normal(struct rng *rng)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += rng_unit(rng);
    return sum;
}

static void
make_sample(struct made_stream *m, size_t i, double harder, struct rng *rng)
{
    const double rho = 0.7, fresh = sqrt(1 - rho * rho);
    double difficulty = normal(rng), z = normal(rng), q = normal(rng);

    for (int e = 0; e < STREAM_ARMS; e++) {
        double depth = 1 - pow(1 - (e + 1.0) / STREAM_ARMS, 1.8);
        double margin =
            0.3 + 1.5 * depth - difficulty + 0.5 * z - harder * (1 - depth);
        size_t at = (size_t)e * STREAM_N + i;

        m->right[at] = margin > 0;
        m->score[at] = 1 / (1 + exp(-2.2 * (margin + 0.5 * q)));
        z = rho * z + fresh * normal(rng);
        q = rho * q + fresh * normal(rng);
    }
}

static void
set_setting(struct policy_setting *s, const struct made_stream *m,
    const double *cost, uint64_t seed)
{
    policy_setting_init(s);
    s->arms = STREAM_ARMS;
    s->cost = cost;
    s->offload = m->offload;
    s->seed = seed;
    policy_setting_range(s);
}

void
stream_make(
    struct made_stream *m, double o, double mu, bool shift, uint64_t seed)
{
    struct rng rng = { seed };

    for (size_t i = 0; i < STREAM_N; i++) {
        bool second = shift && i >= STREAM_N / 2;

        m->domain[i] = second;
        make_sample(m, i, second ? 3 : 0, &rng);
    }
    for (int e = 0; e < STREAM_ARMS; e++) {
        m->own[e] = mu * (e + 1) / STREAM_ARMS;
        m->path[e] = m->own[e] + 0.02 * mu * e / STREAM_ARMS;
        m->offload[e] = o * (STREAM_ARMS - 1 - e) / (STREAM_ARMS - 1);
    }
    m->stream = (struct replay_stream){ STREAM_N, STREAM_ARMS, m->score,
        m->right, shift ? m->domain : NULL };
    m->costs = (struct replay_costs){ m->own, m->path, m->offload };
    set_setting(&m->settings.own, m, m->own, seed);
    set_setting(&m->settings.path, m, m->path, seed);
}
