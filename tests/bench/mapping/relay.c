/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "probes/deploy/answer.h"
#include "probes/relay/relay.h"
#include "search/data/npy.h"

enum { SAMPLES = 6, CLASSES_MAX = 64, ANSWER_MS = 30000 };

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

/* One part on the board, for everybody who is still on the way: what it made
 * is in `values`, or is the tensor that goes on. */
static void
run_part(struct bench *b, struct part *p, bool goes_on, struct sample *samples)
{
    part_load(p, b->board);
    for (int i = 0; i < SAMPLES; i++) {
        struct sample *s = &samples[i];

        if (s->left >= 0)
            continue;
        memcpy(p->in, s->tensor, p->n_in * sizeof(float));
        (void)part_run_board(p, b->board);
        if (goes_on) {
            free(s->tensor);
            s->tensor = copy_of(p->out, p->n_out);
        } else {
            s->n = p->n_out < CLASSES_MAX ? p->n_out : CLASSES_MAX;
            memcpy(s->values, p->out, s->n * sizeof(float));
        }
    }
}

/* What the plan says of exit e. */
static const json_t *
exit_at(const json_t *plan, int e)
{
    return json_array_get(json_object_get(plan, "exits"), (size_t)e);
}

static bool
is_kept(const struct bench *b, const json_t *plan, int e)
{
    return e == b->exits - 1 ||
           json_is_true(json_object_get(exit_at(plan, e), "kept"));
}

/* Of values at a kept exit; all leave at the last. */
static bool
leaves(const struct bench *b, const json_t *plan, int e, const float *values,
    size_t n)
{
    enum answer_scale scale = SCALE_UNKNOWN;

    return e == b->exits - 1 ||
           answer_of(values, n, SCORE_MAX_PROBABILITY, &scale).score >=
               json_get_number(exit_at(plan, e), "threshold");
}

/* The board's part of the plan, for all samples; the first exit behind it. */
static int
run_board(struct bench *b, const json_t *plan, struct sample *samples)
{
    int e = 0;

    for (; e < b->exits && is_board(plan, e); e++) {
        const bool last = e == b->exits - 1, kept = is_kept(b, plan, e);

        run_part(b, &b->segment[e], !last, samples);
        if (kept && !last)
            run_part(b, &b->head[e], false, samples);
        for (int i = 0; i < SAMPLES; i++)
            if (samples[i].left < 0 && kept &&
                leaves(b, plan, e, samples[i].values, samples[i].n))
                samples[i].left = e;
    }
    return e;
}

/* ---- the host, at the other end of a relay ---- */

struct host {
    struct bench *bench;
    const json_t *plan;
    int from; /* its first segment */
    struct tcp_door *door;
    struct relay_service service;
};

static enum status
run_host(void *ctx, const void *in, struct relay_answer *out, struct err *err)
{
    const struct host *h = ctx;
    struct bench *b = h->bench;

    memcpy(b->segment[h->from].in, in, h->service.bytes_in);
    for (int e = h->from; e < b->exits; e++) {
        const bool last = e == b->exits - 1;
        struct part *s = &b->segment[e], *p = last ? s : &b->head[e];

        part_run_host(s);
        if (!last)
            memcpy(p->in, s->out, s->n_out * sizeof(float));
        if (!last && is_kept(b, h->plan, e))
            part_run_host(p);
        if (is_kept(b, h->plan, e) && leaves(b, h->plan, e, p->out, p->n_out)) {
            out->stage = e;
            out->values = p->out;
            out->n = p->n_out;
            return ST_OK;
        }
        memcpy(b->segment[e + 1].in, s->out, s->n_out * sizeof(float));
    }
    return err_set(err, ST_INTERNAL, NULL, "a sample left nowhere");
}

static void *
serve(void *arg)
{
    struct host *h = arg;
    struct err err = { 0 };
    int64_t served;

    must(relay_serve(h->door, &h->service, ANSWER_MS, &served, &err), &err);
    return NULL;
}

/* Whoever is still on the way, over the product's own relay. */
static int
hand_over(struct bench *b, const json_t *plan, int from, struct sample *samples)
{
    struct host h = { b, plan, from, NULL, { 0 } };
    struct relay_line *line;
    struct relay_answer a;
    struct err err = { 0 };
    pthread_t thread;
    int handed_over = 0;

    h.service = (struct relay_service){ .what = "bench_mapping",
        .bytes_in = b->segment[from].n_in * sizeof(float),
        .run = run_host,
        .ctx = &h };
    must(tcp_listen(&h.door, "127.0.0.1", &err), &err);
    if (pthread_create(&thread, NULL, serve, &h) != 0)
        must(err_nomem(&err), &err);
    must(relay_open(&line,
             &(struct relay_peer){ .name = "host",
                 .host = "127.0.0.1",
                 .port = tcp_port(h.door),
                 .secret = tcp_secret(h.door),
                 .what = h.service.what,
                 .bytes_in = h.service.bytes_in,
                 .answer_ms = ANSWER_MS },
             &err),
        &err);
    for (int i = 0; i < SAMPLES; i++) {
        struct sample *s = &samples[i];

        if (s->left >= 0)
            continue;
        must(relay_run(line, s->tensor, &a, &err), &err);
        s->left = (int)a.stage;
        s->n = a.n < CLASSES_MAX ? a.n : CLASSES_MAX;
        memcpy(s->values, a.values, s->n * sizeof(float));
        handed_over++;
    }
    relay_close(line);
    pthread_join(thread, NULL);
    tcp_close(h.door);
    return handed_over;
}

/* All samples along the plan; how many tensors were handed over. */
static int
run_plan(struct bench *b, const json_t *plan, struct sample *samples)
{
    const int from = run_board(b, plan, samples);

    return from < b->exits ? hand_over(b, plan, from, samples) : 0;
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
    for (int e = 0; e < b->exits; e++)
        if (is_kept(b, plan, e) && leaves(b, plan, e, w->out[e], w->n_out[e]))
            return e;
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
