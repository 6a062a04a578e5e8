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

#include "relay.h"
#include "base/file.h"
#include "probes/mcu/emulator.h"
#include "search/model/analyse.h"
#include "search/worker/infer.h"

#define MACHINE "mps2-an505"

enum { BOARD_BYTES = 192 << 10, MODEL_MAX = 1 << 24 };

static const double NS_PER_INSTRUCTION = 25; /* 40 MHz, one a cycle */

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
