/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probes/deploy/answer.h"
#include "search/data/npy.h"

enum { SAMPLES = 6, CLASSES_MAX = 64 };

const json_t *
segments_of(const json_t *plan)
{
    return json_object_get(json_object_get(plan, "mapping"), "segments");
}

bool
is_board(const json_t *plan, int e)
{
    return strcmp(
               json_string_value(json_array_get(segments_of(plan), (size_t)e)),
               "m33") == 0;
}

static double
farthest(const float *a, const float *b, size_t n)
{
    double worst = 0;

    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

/* A sample on its way. */
struct sample {
    float *tensor; /* owned: what the next segment takes in */
    float values[CLASSES_MAX];
    size_t n;
    int left; /* -1: still on its way */
};

static float *
copy_of(const float *v, size_t n)
{
    float *c = malloc(n * sizeof(*c));

    if (c == NULL)
        must(ST_NOMEM, &(struct err){ .text = "out of memory" });
    memcpy(c, v, n * sizeof(*c));
    return c;
}

/* One part for everybody who is still on the way: what it made is in
 * `values`, or is the tensor that goes on. */
static void
run_part(struct bench *b, struct part *p, bool board, bool goes_on,
    struct sample *samples)
{
    if (board)
        part_load(p, b->board);
    for (int i = 0; i < SAMPLES; i++) {
        struct sample *s = &samples[i];

        if (s->left >= 0)
            continue;
        memcpy(p->in, s->tensor, p->n_in * sizeof(float));
        if (board)
            (void)part_run_board(p, b->board);
        else
            part_run_host(p);
        if (goes_on) {
            free(s->tensor);
            s->tensor = copy_of(p->out, p->n_out);
        } else {
            s->n = p->n_out < CLASSES_MAX ? p->n_out : CLASSES_MAX;
            memcpy(s->values, p->out, s->n * sizeof(float));
        }
    }
}

/* All samples along the plan; how many tensors were handed over. */
static int
run_plan(struct bench *b, const json_t *plan, struct sample *samples)
{
    const json_t *exits = json_object_get(plan, "exits");
    int handed_over = 0;

    for (int e = 0; e < b->exits; e++) {
        const json_t *x = json_array_get(exits, (size_t)e);
        bool board = is_board(plan, e), last = e == b->exits - 1;

        for (int i = 0; i < SAMPLES; i++)
            handed_over += samples[i].left < 0 && !board &&
                           (e == 0 || is_board(plan, e - 1));
        run_part(b, &b->segment[e], board, !last, samples);
        if (!last && json_is_true(json_object_get(x, "kept")))
            run_part(b, &b->head[e], board, false, samples);
        for (int i = 0; i < SAMPLES; i++) {
            struct sample *s = &samples[i];
            enum answer_scale scale = SCALE_UNKNOWN;

            if (s->left < 0 &&
                (last ||
                    (json_is_true(json_object_get(x, "kept")) &&
                        answer_of(
                            s->values, s->n, SCORE_MAX_PROBABILITY, &scale)
                                .score >= json_get_number(x, "threshold"))))
                s->left = e;
        }
    }
    return handed_over;
}

/* The whole network here: all its outputs. */
struct whole {
    struct net *net;
    struct binding *binding;
    float *in, *out[EXITS];
    size_t n_in, n_out[EXITS];
};

static void
whole_open(struct bench *b, struct whole *w)
{
    const struct net_options options = NET_OPTIONS_DEFAULT;
    const char *blob = json_get_string(b->analysis, "blob", "");
    struct tensor in = { 0 }, out[EXITS] = { 0 };
    struct net_source source = { .data = b->whole, .len = b->whole_len };
    struct err err = { 0 };
    const struct tensor_info *info;
    size_t n;

    for (int i = 0; i < b->cuts; i++)
        if (strcmp(b->cut[i].hex, blob) == 0)
            source = (struct net_source){ .data = b->cut[i].data,
                .len = b->cut[i].len };
    must(net_open(&w->net, b->rt, &source, &options, &err), &err);
    info = net_inputs(w->net, &n);
    w->n_in = (size_t)tensor_elements(info);
    w->in = calloc(w->n_in, sizeof(float));
    in = (struct tensor){ .data = w->in,
        .bytes = w->n_in * sizeof(float),
        .dtype = DTYPE_F4,
        .rank = info->rank };
    memcpy(in.dims, info->dims, sizeof(in.dims));
    info = net_outputs(w->net, &n);
    for (size_t e = 0; e < n && e < EXITS; e++) {
        w->n_out[e] = (size_t)tensor_elements(&info[e]);
        w->out[e] = calloc(w->n_out[e], sizeof(float));
        out[e] = (struct tensor){ .data = w->out[e],
            .bytes = w->n_out[e] * sizeof(float),
            .dtype = DTYPE_F4,
            .rank = info[e].rank };
        memcpy(out[e].dims, info[e].dims, sizeof(out[e].dims));
    }
    must(net_bind(&w->binding, w->net, &in, out, &err), &err);
}

static void
whole_close(struct whole *w)
{
    binding_free(w->binding);
    net_close(w->net);
    free(w->in);
    for (int e = 0; e < EXITS; e++)
        free(w->out[e]);
}

/* Where a sample leaves if the whole network decides. */
static int
leaves_at(const struct bench *b, const struct whole *w, const json_t *plan)
{
    const json_t *exits = json_object_get(plan, "exits");

    for (int e = 0; e < b->exits - 1; e++) {
        const json_t *x = json_array_get(exits, (size_t)e);
        enum answer_scale scale = SCALE_UNKNOWN;

        if (json_is_true(json_object_get(x, "kept")) &&
            answer_of(w->out[e], w->n_out[e], SCORE_MAX_PROBABILITY, &scale)
                    .score >= json_get_number(x, "threshold"))
            return e;
    }
    return b->exits - 1;
}

static void
draw(const struct npy *images, size_t i, float *out, size_t n)
{
    npy_row(images, i, out);
    for (size_t k = 0; k < n; k++)
        out[k] /= 255;
}

/* Rows that leave at all exits in turn, as far as there are any: few, because
 * an emulated serial line is slow. */
static void
choose(const struct bench *b, const json_t *plan, const struct npy *images,
    struct whole *w, size_t rows[SAMPLES])
{
    const size_t all = (size_t)images->dims[0];
    struct err err = { 0 };
    int n = 0, wanted = b->exits - 1;

    for (size_t i = 0; i < all && n < SAMPLES; i++) {
        draw(images, i, w->in, w->n_in);
        must(net_run(w->net, w->binding, &err), &err);
        if (leaves_at(b, w, plan) != wanted && i + SAMPLES - (size_t)n < all)
            continue;
        rows[n++] = i;
        wanted = wanted ? wanted - 1 : b->exits - 1;
    }
}

struct agreement
run_across(struct bench *b, const json_t *plan)
{
    struct sample samples[SAMPLES] = { 0 };
    size_t rows[SAMPLES] = { 0 };
    struct agreement a = { .samples = SAMPLES };
    struct whole w = { 0 };
    struct npy images;
    struct err err = { 0 };

    whole_open(b, &w);
    must(npy_open(
             &images, OFFRAMP_FIXTURES "/cnn3_images_u8.npy", "images", &err),
        &err);
    choose(b, plan, &images, &w, rows);
    for (size_t i = 0; i < SAMPLES; i++) {
        draw(&images, rows[i], w.in, w.n_in);
        samples[i].tensor = copy_of(w.in, w.n_in);
        samples[i].left = -1;
    }
    a.handed_over = run_plan(b, plan, samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct sample *s = &samples[i];

        draw(&images, rows[i], w.in, w.n_in);
        must(net_run(w.net, w.binding, &err), &err);
        a.left_alike += s->left == leaves_at(b, &w, plan);
        a.worst = fmax(a.worst, farthest(s->values, w.out[s->left], s->n));
        free(s->tensor);
    }
    npy_close(&images);
    whole_close(&w);
    return a;
}
