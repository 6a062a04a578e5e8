/* SPDX-License-Identifier: MIT */
#include "probes/measure/golden.h"

#include <stdlib.h>
#include <string.h>

/* Matrix product: stays in the first-level cache.  Stream: 8 MiB, beyond the
 * second level of most boards.  Tiny: a few hundred operations. */
enum { SIDE = 32, STREAM = 1 << 20, TINY = 64 };

struct golden {
    enum golden_kind kind;
    float a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE];
    double *stream;       /* owned; only of the memory kernel */
    volatile double sink; /* makes the work observable */
};

static void
run_compute(struct golden *g)
{
    memset(g->c, 0, sizeof(g->c));
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++)
            for (int j = 0; j < SIDE; j++)
                g->c[i * SIDE + j] += g->a[i * SIDE + k] * g->b[k * SIDE + j];
    g->sink = g->c[SIDE + 1];
}

static void
run_memory(struct golden *g)
{
    double sum = 0;

    for (size_t i = 0; i < STREAM; i++)
        sum += g->stream[i];
    g->sink = sum;
}

static void
run_tiny(struct golden *g)
{
    float x = g->a[0];

    for (int i = 0; i < TINY; i++)
        x = x * 0.5f + g->a[i];
    g->sink = x;
}

static const struct {
    const char *name;
    void (*run)(struct golden *g);
} kernels[GOLDEN_COUNT] = {
    [GOLDEN_COMPUTE] = { "golden.compute", run_compute },
    [GOLDEN_MEMORY] = { "golden.memory", run_memory },
    [GOLDEN_TINY] = { "golden.tiny", run_tiny },
};

const char *
golden_name(enum golden_kind kind)
{
    return kernels[kind].name;
}

enum status
golden_open(struct golden **out, enum golden_kind kind, struct err *err)
{
    struct golden *g = calloc(1, sizeof(*g));

    *out = NULL;
    if (g == NULL)
        return err_nomem(err);
    g->kind = kind;
    for (int i = 0; i < SIDE * SIDE; i++) {
        g->a[i] = 0.5f + (float)(i % 17) / 34;
        g->b[i] = 0.5f + (float)(i % 13) / 26;
    }
    if (kind == GOLDEN_MEMORY) {
        if ((g->stream = malloc(STREAM * sizeof(double))) == NULL) {
            golden_close(g);
            return err_nomem(err);
        }
        for (size_t i = 0; i < STREAM; i++)
            g->stream[i] = (double)(i % 7 + 1);
    }
    *out = g;
    return ST_OK;
}

void
golden_close(struct golden *g)
{
    if (g == NULL)
        return;
    free(g->stream);
    free(g);
}

static enum status
run(void *ctx, int64_t n, struct err *err)
{
    struct golden *g = ctx;

    (void)err;
    for (int64_t i = 0; i < n; i++)
        kernels[g->kind].run(g);
    return ST_OK;
}

void
golden_subject(struct golden *g, struct subject *s)
{
    *s = (struct subject){ .run = run, .ctx = g };
}
