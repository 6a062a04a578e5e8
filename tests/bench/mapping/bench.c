/* SPDX-License-Identifier: MIT */
/*
 * bench_mapping: the fixture network over an emulated Cortex-M33 and this
 * host.  Costs of every part on both, exits, thresholds and mapping found
 * together for several links, and one of these plans run across both: each
 * sample stops where it may, its tensor is handed over where the mapping says,
 * and what comes out is compared with the whole network's.
 *
 * The board's costs are instructions of an emulator times a declared 25 ns:
 * modelled, not measured.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "across.h"
#include "base/file.h"
#include "base/hash.h"
#include "probes/deploy/answer.h"
#include "probes/mcu/emulator.h"
#include "search/data/map.h"
#include "search/data/npy.h"
#include "search/model/analyse.h"
#include "search/worker/infer.h"

#define MACHINE "mps2-an505"

enum {
    EXITS = 8,
    SAMPLES = 6,
    CLASSES_MAX = 64,
    BOARD_BYTES = 192 << 10,
    CUTS = 64,
    MODEL_MAX = 1 << 24
};

static const double NS_PER_INSTRUCTION = 25; /* 40 MHz, one a cycle */

/* A cut model that the analysis handed out. */
struct cut {
    char hex[HASH_HEX];
    void *data; /* owned until a part takes it */
    size_t len;
};

struct bench {
    struct runtime *rt;
    struct board *board;
    struct cut cut[CUTS];
    int cuts;
    json_t *analysis;
    char *whole; /* the file */
    size_t whole_len;
    int exits;
    struct part segment[EXITS], head[EXITS]; /* the last has no head */
    struct costs costs[2];
};

static enum status
infer(void *ctx, const void *model, size_t len, struct shape_sink *sink,
    struct err *err)
{
    return infer_shapes(((struct bench *)ctx)->rt, model, len, sink, err);
}

static enum status
keep(void *ctx, const void *data, size_t len, char hex[HASH_HEX],
    struct err *err)
{
    struct bench *b = ctx;
    struct cut *c = &b->cut[b->cuts];

    hash_bytes(data, len, hex);
    for (int i = 0; i < b->cuts; i++)
        if (strcmp(b->cut[i].hex, hex) == 0)
            return ST_OK;
    if (b->cuts == CUTS || (c->data = malloc(len)) == NULL)
        return err_nomem(err);
    memcpy(c->data, data, len);
    memcpy(c->hex, hex, sizeof(c->hex));
    c->len = len;
    b->cuts++;
    return ST_OK;
}

static bool
open_part(struct bench *b, const json_t *exit, const char *name, struct part *p)
{
    const char *hex =
        json_get_string(json_object_get(exit, name), "blob", NULL);

    for (int i = 0; hex != NULL && i < b->cuts; i++)
        if (strcmp(b->cut[i].hex, hex) == 0) {
            void *copy = malloc(b->cut[i].len);

            if (copy == NULL)
                return false;
            memcpy(copy, b->cut[i].data, b->cut[i].len);
            part_open(p, b->rt, copy, b->cut[i].len);
            return true;
        }
    return false;
}

static void
cut_network(struct bench *b)
{
    const struct analyse_env env = { b, infer, keep, NULL, NULL };
    struct err err = { 0 };
    json_t *exits;

    must(file_read(OFFRAMP_FIXTURES "/cnn3.onnx", MODEL_MAX, &b->whole,
             &b->whole_len, &err),
        &err);
    must(analyse(&b->analysis, b->whole, b->whole_len, NULL, &env, &err), &err);
    exits = json_object_get(b->analysis, "exits");
    b->exits = (int)json_array_size(exits);
    for (int e = 0; e < b->exits; e++) {
        const json_t *x = json_array_get(exits, (size_t)e);

        if (!open_part(b, x, "segment", &b->segment[e]) ||
            (e < b->exits - 1 && !open_part(b, x, "head", &b->head[e])))
            must(ST_UNPROCESSABLE,
                &(struct err){ .text = "the analysis lacks a part" });
    }
}

static void
start_board(struct bench *b)
{
    struct err err = { 0 };
    struct port *port;

    must(emulator_open(&port, NULL, MACHINE,
             OFFRAMP_BIN "/firmware/" MACHINE ".elf", &err),
        &err);
    must(board_open(&b->board, port, &err), &err);
}

/* ---- costs ---- */

static void
put_cost(struct cost **at, double ns)
{
    if ((*at = malloc(sizeof(**at))) == NULL)
        must(ST_NOMEM, &(struct err){ .text = "out of memory" });
    **at = (struct cost){ ns, ns, ns };
}

static double
modelled(struct bench *b, struct part *p)
{
    if (p->low == NULL)
        return NAN;
    part_load(p, b->board);
    return NS_PER_INSTRUCTION * (double)part_run_board(p, b->board);
}

static void
set_exit(struct bench *b, int e)
{
    struct costs_exit *board = &b->costs[0].exit[e],
                      *host = &b->costs[1].exit[e];
    struct part *s = &b->segment[e], *h = e < b->exits - 1 ? &b->head[e] : NULL;
    char name[16];

    snprintf(name, sizeof(name), "exit%d", e);
    *board = (struct costs_exit){ .name = strdup(name),
        .input_bytes = (int64_t)(s->n_in * sizeof(float)),
        .segment_bytes = s->low ? (int64_t)part_weights(s) : -1,
        .head_bytes = h && h->low ? (int64_t)part_weights(h) : 0,
        .peak_bytes = s->low ? (int64_t)part_arena(s) : -1,
        .reason = s->low ? NULL : strdup(s->why) };
    *host = (struct costs_exit){ .name = strdup(name),
        .input_bytes = board->input_bytes,
        .segment_bytes = -1,
        .head_bytes = -1,
        .peak_bytes = -1 };
    put_cost(&board->segment, modelled(b, s));
    put_cost(&board->head, h ? modelled(b, h) : 0);
    put_cost(&host->segment, part_time_host(s));
    put_cost(&host->head, h ? part_time_host(h) : 0);
}

static void
set_costs(struct bench *b)
{
    static const char *const names[] = { "m33", "host" };
    static const char *const sources[] = { "modelled", "measured" };

    for (int p = 0; p < 2; p++) {
        b->costs[p] = (struct costs){ .device = strdup(names[p]),
            .source = strdup(sources[p]),
            .metric = { strdup("latency_ns") },
            .metrics = 1,
            .exits = b->exits };
    }
    printf("%-8s %12s %14s %14s %14s %14s %12s\n", "exit", "input bytes",
        "m33 segment", "m33 head", "host segment", "host head", "m33 bytes");
    for (int e = 0; e < b->exits; e++) {
        set_exit(b, e);
        printf("%-8s %12lld", b->costs[0].exit[e].name,
            (long long)b->costs[0].exit[e].input_bytes);
        for (int p = 0; p < 2; p++)
            printf(" %11.3f ms %11.3f ms",
                b->costs[p].exit[e].segment->median / 1e6,
                b->costs[p].exit[e].head->median / 1e6);
        printf(" %12lld\n", (long long)(b->costs[0].exit[e].segment_bytes +
                                        b->costs[0].exit[e].peak_bytes));
    }
}

/* ---- the search ---- */

static json_t *
search(const struct bench *b, const struct records *r, double rate, double drop)
{
    const struct map_processor processors[] = {
        { &b->costs[0], 0, BOARD_BYTES }, { &b->costs[1], 50e3, INFINITY }
    };
    const struct map_link link = { 0, 1, 100e3, 1e9 / rate };
    const struct map_system sys = { processors, 2, &link, 1 };
    struct search_options o;
    struct err err = { 0 };
    json_t *plan;

    search_options_init(&o);
    o.max_drop = drop;
    must(map_records(r, &sys, &o, &plan, &err), &err);
    return plan;
}

static const json_t *
segments_of(const json_t *plan)
{
    return json_object_get(json_object_get(plan, "mapping"), "segments");
}

static bool
is_board(const json_t *plan, int e)
{
    return strcmp(
               json_string_value(json_array_get(segments_of(plan), (size_t)e)),
               "m33") == 0;
}

static int
on_board(const json_t *plan)
{
    int n = 0;

    for (size_t e = 0; e < json_array_size(segments_of(plan)); e++)
        n += is_board(plan, (int)e);
    return n;
}

/* Given up where its bound told that it cannot be the best. */
static void
print_alone(const char *name, double ns)
{
    if (isnan(ns))
        printf("; %s alone is dearer, or cannot", name);
    else
        printf("; %s alone %.3f ms", name, ns / 1e6);
}

/* Do some samples, but not all, come to the host? */
static bool
hands_over(const json_t *plan)
{
    const json_t *host = json_array_get(
        json_object_get(json_object_get(plan, "mapping"), "processors"), 1);
    double reach = json_get_number(host, "reach");

    return reach > 0 && reach < 1;
}

static void
print_plan(const json_t *plan, double rate, double drop)
{
    const json_t *cal = json_object_get(plan, "calibration"), *o, *x;
    double alone[2] = { NAN, NAN };
    size_t i, n = json_array_size(segments_of(plan));

    json_array_foreach(
        json_object_get(json_object_get(plan, "mapping"), "options"), i, o)
    {
        const json_t *s = json_object_get(o, "segments");
        const char *first = json_string_value(json_array_get(s, 0));

        if (strcmp(first, json_string_value(json_array_get(s, n - 1))) == 0)
            alone[strcmp(first, "host") == 0] = json_get_number(o, "cost");
    }
    printf("%8.0f B/s, drop %.3f: %-8s m33 runs %d of %zu, exits kept", rate,
        drop, json_get_string(plan, "status", "?"), on_board(plan), n);
    json_array_foreach(json_object_get(plan, "exits"), i, x)
        printf(" %s", json_is_true(json_object_get(x, "kept")) ? "y" : "n");
    printf("  mean %8.3f ms", json_get_number(cal, "cost") / 1e6);
    print_alone("m33", alone[0]);
    print_alone("host", alone[1]);
    printf("\n");
}

/* ---- across both ---- */

struct agreement {
    double worst; /* |difference| of an output */
    int samples, left_alike, handed_over;
};

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
                (last || (json_is_true(json_object_get(x, "kept")) &&
                             answer_of(s->values, s->n, &scale).score >=
                                 json_get_number(x, "threshold"))))
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
            answer_of(w->out[e], w->n_out[e], &scale).score >=
                json_get_number(x, "threshold"))
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

static struct agreement
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

int
main(void)
{
    static const double rates[] = { 1e3, 3e3, 1e4 };
    static const double drops[] = { 0, 0.005, 0.01 };
    static struct bench b;
    struct records records = { 0 };
    struct err err = { 0 };
    struct agreement a = { 0 };
    json_t *split = NULL;

    must(hash_start(&err), &err);
    must(runtime_onnx_open(&b.rt, NULL, &err), &err);
    must(records_load(OFFRAMP_FIXTURES "/cnn3_records.csv", &records, &err),
        &err);
    cut_network(&b);
    start_board(&b);
    printf("%s under QEMU (%s; modelled: 25 ns an instruction) and this host "
           "(a plain timing loop)\n",
        b.board->name, b.board->core);
    set_costs(&b);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
        for (size_t k = 0; k < sizeof(drops) / sizeof(drops[0]); k++) {
            json_t *plan = search(&b, &records, rates[i], drops[k]);

            print_plan(plan, rates[i], drops[k]);
            if (split == NULL && hands_over(plan))
                split = json_incref(plan);
            json_decref(plan);
        }
    if (split == NULL) {
        fprintf(stderr, "bench_mapping: no link splits the network\n");
        return 1;
    }
    a = run_across(&b, split);
    printf("the first split plan, across both: %d samples, %d handed over, %d "
           "leave where the whole network says, outputs within %.2g\n",
        a.samples, a.handed_over, a.left_alike, a.worst);
    json_decref(split);
    json_decref(b.analysis);
    for (int e = 0; e < b.exits; e++) {
        part_close(&b.segment[e]);
        if (e < b.exits - 1)
            part_close(&b.head[e]);
    }
    for (int i = 0; i < b.cuts; i++)
        free(b.cut[i].data);
    for (int p = 0; p < 2; p++)
        costs_clear(&b.costs[p]);
    free(b.whole);
    records_clear(&records);
    board_close(b.board);
    runtime_close(b.rt);
    return a.left_alike == a.samples && a.worst <= 1e-5 ? 0 : 1;
}
