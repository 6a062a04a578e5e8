/* SPDX-License-Identifier: MIT */
/*
 * bench_mcu: networks on every emulated board: instructions a
 * multiply-accumulate step of each layer with every set of kernels that the
 * firmware has, whether counts and bytes are the same in every run, and what a
 * noisy line does.
 *
 *     bench_mcu             all networks on all boards (some minutes)
 *     bench_mcu MACHINE     on one: "mps2-an386"
 *     bench_mcu float32 [MACHINE]  the same in float32
 *     bench_mcu noise       10,000 layer runs with 1 % of the bytes damaged,
 *                           on a board in memory
 *     bench_mcu accuracy    what int8 costs, exit by exit
 *
 * Counts come from an emulator and are no times.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "noise.h"
#include "probes/mcu/board.h"
#include "probes/mcu/emulator.h"
#include "search/data/npy.h"
#include "search/quant/quant.h"

enum { RUN_MS = 60000, CALIBRATE = 100, TEST = 200, RUNS = 3 };

/* A network, ready to be sent. */
struct subject {
    const char *name;
    enum nn_type type;
    struct low_net *net;
    struct quant *quant; /* of int8 */
    void *image;
    size_t len, n_in, in_bytes;
    void *input;
    struct npy images; /* map is NULL: seeded numbers instead */
    struct rng rng;
};

static void
must(enum status st, const struct err *err)
{
    if (st == ST_OK)
        return;
    fprintf(stderr, "bench_mcu: %s\n", err->text);
    exit(1);
}

/* Input `i`: a picture, or numbers that look like nothing. */
static void
draw(struct subject *s, size_t i, float *out)
{
    if (s->images.map != NULL)
        npy_row(&s->images, i, out);
    for (size_t k = 0; k < s->n_in; k++)
        out[k] =
            s->images.map != NULL
                ? out[k] / 255
                : (float)(20 * (rng_unit(&s->rng) + rng_unit(&s->rng) - 1));
}

static int
best(const float *f, const int8_t *q, uint32_t n)
{
    uint32_t b = 0;

    for (uint32_t i = 1; i < n; i++)
        if (f != NULL ? f[i] > f[b] : q[i] > q[b])
            b = i;
    return (int)b;
}

/* How often int8 answers as float does, on inputs that did not calibrate. */
static void
report_agreement(struct subject *s, float *in)
{
    const struct nn_image *head = s->image;
    const struct nn_layer *layers = nn_image_layers(s->image);
    int last = s->net->n_outputs - 1, same = 0;
    uint32_t classes = layers[head->n_layers - 1].out_c;
    uint32_t at = quant_output_at(s->quant, last, s->image);
    uint8_t *arena = calloc(1, head->arena_bytes);
    struct nn_run r = { .image = s->image, .arena = arena };

    for (size_t i = CALIBRATE; arena != NULL && i < CALIBRATE + TEST; i++) {
        draw(s, i, in);
        quant_observe(s->quant, in); /* its float output; scales are fixed */
        quant_input(s->quant, in, (int8_t *)arena + head->in);
        for (uint32_t k = 0; k < head->n_layers; k++) {
            r.layer = &layers[k];
            nn_run(&r);
        }
        same += best(quant_output(s->quant, last), NULL, classes) ==
                best(NULL, (int8_t *)arena + at, classes);
    }
    printf("%s: image %zu bytes, arena %u bytes; int8 answers as float on %d "
           "of %d %s\n",
        s->name, s->len, head->arena_bytes, same, TEST,
        s->images.map != NULL ? "pictures" : "seeded inputs (no recordings)");
    free(arena);
}

/* Scales, the image, and how well it answers. */
static void
quantise(struct subject *s, float *in)
{
    struct err err = { 0 };

    must(quant_new(&s->quant, s->net, &err), &err);
    for (size_t i = 0; i < CALIBRATE; i++) {
        draw(s, i, in);
        quant_observe(s->quant, in);
    }
    must(quant_image(s->quant, &s->image, &s->len, &err), &err);
    draw(s, 0, in);
    quant_input(s->quant, in, s->input);
    s->in_bytes = s->n_in;
    report_agreement(s, in);
}

static void
keep_float(struct subject *s, float *in)
{
    struct err err = { 0 };

    must(low_image(s->net, &s->image, &s->len, &err), &err);
    draw(s, 0, in);
    low_input(s->net, in, s->input);
    s->in_bytes = s->n_in * sizeof(float);
    printf("%s in float32: image %zu bytes\n", s->name, s->len);
}

static void
prepare(struct subject *s, const char *model, const char *images)
{
    struct err err = { 0 };
    char *data;
    size_t len;
    float *in;

    s->rng = (struct rng){ 1 };
    must(file_read(model, 1 << 26, &data, &len, &err), &err);
    must(low_make(&s->net, data, len, &err), &err);
    free(data);
    if (images != NULL)
        must(npy_open(&s->images, images, "images", &err), &err);
    s->n_in = (size_t)s->net->in_h * s->net->in_w * s->net->in_c;
    in = malloc(s->n_in * sizeof(float));
    s->input = malloc(s->n_in * sizeof(float));
    if (in == NULL || s->input == NULL)
        must(err_nomem(&err), &err);
    (s->type == NN_I8 ? quantise : keep_float)(s, in);
    free(in);
}

/* What a run of all layers gave. */
struct result {
    uint64_t ticks[NN_LAYERS_MAX];
    uint32_t crc[NN_LAYERS_MAX];
};

static void
run_layers(struct board *b, const struct subject *s, enum nn_kernels kernels,
    struct result *out)
{
    struct err err = { 0 };
    struct board_run run;

    must(board_kernels(b, kernels, &err), &err);
    must(board_input(b, s->input, s->in_bytes, &err), &err);
    for (int i = 0; i < s->net->n_layers; i++) {
        must(board_run(b, (uint32_t)i, (uint32_t)i + 1, 1, RUN_MS, &run, &err),
            &err);
        out->ticks[i] = run.ticks;
        out->crc[i] = run.crc;
    }
}

static struct board *
start(const char *machine, const struct subject *s)
{
    char firmware[512];
    struct err err = { 0 };
    struct port *port;
    struct board *b;

    snprintf(
        firmware, sizeof(firmware), OFFRAMP_BIN "/firmware/%s.elf", machine);
    must(emulator_open(&port, NULL, machine, firmware, &err), &err);
    must(board_open(&b, port, &err), &err);
    must(board_load(b, s->image, s->len, &err), &err);
    return b;
}

/* Ticks to instructions: what -icount shift=0 makes of the board's clock. */
static double
instructions(const struct board *b, uint64_t ticks)
{
    return (double)ticks * 1e9 /
           ((double)b->clock_hz * EMULATOR_NS_PER_INSTRUCTION);
}

static bool
has(const struct board *b, int set)
{
    return (b->kernels >> set & 1) != 0;
}

/* Instructions, and those for one multiply-accumulate step. */
static void
print_counts(const struct board *b, uint64_t ticks, double macs)
{
    double n = instructions(b, ticks);

    printf(" %10.0f", n);
    if (macs > 0)
        printf(" %7.2f", n / macs);
    else
        printf(" %7s", "-");
}

static void
print_layer(const struct board *b, const struct low_layer *l,
    const struct result *sets, int i)
{
    double macs = (double)nn_macs(&l->l);

    printf("  %-22s %-9s %9.0f", l->name, nn_op_name(l->l.op), macs);
    for (int k = 0; k < NN_KERNEL_SETS; k++)
        if (has(b, k))
            print_counts(b, sets[k].ticks[i], macs);
    printf(" %6.2f\n",
        (double)sets[NN_PLAIN].ticks[i] / (double)sets[board_best(b)].ticks[i]);
}

/* The dearest layer of a kind, in instructions for each step. */
static double
dearest(const struct board *b, const struct subject *s, const struct result *r,
    enum nn_op op)
{
    double worst = 0;

    for (int i = 0; i < s->net->n_layers; i++) {
        const struct nn_layer *l = &s->net->layers[i].l;

        if (l->op == op && (op != NN_CONV || l->kernel_h * l->kernel_w == 1))
            worst =
                fmax(worst, instructions(b, r->ticks[i]) / (double)nn_macs(l));
    }
    return worst;
}

static void
print_sum(const struct board *b, const struct subject *s,
    const struct result *sets, int set)
{
    uint64_t sum = 0, plain = 0;

    for (int i = 0; i < s->net->n_layers; i++) {
        sum += sets[set].ticks[i];
        plain += sets[NN_PLAIN].ticks[i];
    }
    printf("  all layers, %s: %.0f instructions (ratio %.2f); dearest "
           "pointwise convolution %.2f a MAC, depthwise %.2f\n",
        nn_kernels_name((enum nn_kernels)set), instructions(b, sum),
        (double)plain / (double)sum, dearest(b, s, &sets[set], NN_CONV),
        dearest(b, s, &sets[set], NN_DEPTHWISE));
}

static void
print_board(
    const struct board *b, const struct subject *s, const struct result *sets)
{
    printf("\n%s on %s (%s)\n  %-22s %-9s %9s", s->name, b->core, b->name,
        "layer", "op", "MAC");
    for (int k = 0; k < NN_KERNEL_SETS; k++)
        if (has(b, k))
            printf(" %10s %7s", nn_kernels_name((enum nn_kernels)k), "/MAC");
    printf(" %6s\n", "ratio");
    for (int i = 0; i < s->net->n_layers; i++)
        print_layer(b, &s->net->layers[i], sets, i);
    for (int k = 0; k < NN_KERNEL_SETS; k++)
        if (has(b, k))
            print_sum(b, s, sets, k);
}

/* One board, three emulators: the same counts, and from every set of kernels
 * the same bytes (float32 is added up in another order). */
static bool
profile(const char *machine, const struct subject *s)
{
    static struct result first[NN_KERNEL_SETS], again;
    bool same = true;

    memset(first, 0, sizeof(first));
    memset(&again, 0, sizeof(again));
    for (int i = 0; i < RUNS; i++) {
        struct board *b = start(machine, s);

        for (int k = 0; k < NN_KERNEL_SETS; k++) {
            if (!has(b, k))
                continue;
            run_layers(b, s, (enum nn_kernels)k, i == 0 ? &first[k] : &again);
            same =
                same &&
                (i == 0 || memcmp(&first[k], &again, sizeof(again)) == 0) &&
                (s->type == NN_F32 || memcmp(first[k].crc, first[NN_PLAIN].crc,
                                          sizeof(again.crc)) == 0);
        }
        if (i == 0)
            print_board(b, s, first);
        board_close(b);
    }
    printf(
        "  %d runs: counts and bytes %s\n", RUNS, same ? "the same" : "DIFFER");
    return same;
}

int
main(int argc, char **argv)
{
    struct subject subjects[] = { { .name = "cnn3" }, { .name = "ds_cnn" } };
    struct err err = { 0 };
    const char *only = argc > 1 ? argv[1] : NULL;
    bool good = true;
    size_t n = 1;

    must(hash_start(&err), &err);
    if (only != NULL && strcmp(only, "float32") == 0) {
        subjects[0].type = subjects[1].type = NN_F32;
        only = argc > 2 ? argv[2] : NULL;
    }
    if (only != NULL && strcmp(only, "noise") == 0)
        return noise_report() ? 0 : 1;
    if (only != NULL && strcmp(only, "accuracy") == 0) {
        accuracy_report();
        return 0;
    }
    prepare(&subjects[0], OFFRAMP_FIXTURES "/cnn3.onnx",
        OFFRAMP_FIXTURES "/cnn3_images_u8.npy");
    if (file_exists(OFFRAMP_SHARED_DATA "/models/ds_cnn_kws01.onnx"))
        prepare(&subjects[n++], OFFRAMP_SHARED_DATA "/models/ds_cnn_kws01.onnx",
            NULL);
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; emulator_machines[k].name != NULL; k++)
            if (only == NULL || strcmp(only, emulator_machines[k].name) == 0)
                good = profile(emulator_machines[k].name, &subjects[i]) && good;
        quant_free(subjects[i].quant);
        low_free(subjects[i].net);
        npy_close(&subjects[i].images);
        free(subjects[i].image);
        free(subjects[i].input);
    }
    return good ? 0 : 1;
}
