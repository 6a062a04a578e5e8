/* SPDX-License-Identifier: MIT */
/* stretch_board.c -- a stretch of a plan on a microcontroller board: the
 * layers of its part of the image, tensors in its own numbers and order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/flag.h"
#include "probes/deploy/answer.h"
#include "probes/mcu/rig.h"
#include "probes/mcu/site.h"
#include "probes/nn/real.h"
#include "probes/relay/stretch.h"
#include "probes/relay/way_energy.h"

enum { IMAGE_MAX = 1 << 28 };

/* How numbers there stand for reals. */
struct scale {
    double scale;
    int64_t zero;
};

/* A tensor that is read from the board. */
struct board_out {
    int64_t layer; /* of the part's image; -1: none */
    struct scale scale;
};

struct board_exit {
    int64_t first, middle, end; /* layers: segment, then head */
    struct board_out out;
    enum answer_scale answer;
};

struct board_stretch {
    struct stretch base;
    struct site_board site;
    struct rig rig;
    char *image; /* owned, as are: */
    size_t len;
    uint8_t *feed, *raw;   /* a tensor as the board has it */
    float *values, *gives; /* as others have it */
    struct scale in;
    struct board_out out; /* what is handed on */
    struct board_exit exit[RUNNER_EXITS_MAX];
};

static const struct nn_layer *
layer_at(const struct board_stretch *b, int64_t i)
{
    return nn_image_layers(b->image) + i;
}

/* ---- tensors ---- */

static void
put_input(struct board_stretch *b, const float *chw)
{
    const struct nn_layer *l = layer_at(b, 0);
    const size_t area = (size_t)l->in_h * l->in_w, n = nn_in_count(l);

    for (size_t i = 0; i < n; i++) {
        const size_t to = nn_place(i, area, l->in_c);

        if (l->type == NN_I8)
            ((int8_t *)b->feed)[to] =
                nn_from_real(chw[i], b->in.scale, b->in.zero);
        else
            memcpy(b->feed + to * sizeof(float), &chw[i], sizeof(float));
    }
}

static enum status
read_tensor(struct board_stretch *b, const struct board_out *o, float *chw,
    size_t *n, struct err *err)
{
    const struct nn_layer *l = layer_at(b, o->layer);
    const size_t area = (size_t)l->out_h * l->out_w;
    enum status st;

    *n = nn_out_count(l);
    st = board_read(
        b->rig.board, l->out, b->raw, *n * nn_type_bytes(l->type), err);
    for (size_t i = 0; st == ST_OK && i < *n; i++) {
        const size_t from = nn_place(i, area, l->out_c);

        if (l->type == NN_I8)
            chw[i] = nn_to_real(
                ((int8_t *)b->raw)[from], o->scale.scale, o->scale.zero);
        else
            memcpy(&chw[i], b->raw + from * sizeof(float), sizeof(float));
    }
    return st;
}

/* ---- running ---- */

static enum status
run_layers(struct board_stretch *b, int64_t first, int64_t end,
    struct stretch_run *out, struct err *err)
{
    double ticks;
    enum status st;

    if (first == end)
        return ST_OK;
    st = rig_run(&b->rig, (uint32_t)first, (uint32_t)end, 1, &ticks, err);
    if (st == ST_OK && b->rig.emulated)
        out->counts += rig_instructions(&b->rig, ticks);
    else if (st == ST_OK)
        out->own_ns += rig_ns(&b->rig, ticks);
    return st;
}

static enum status
ask_exit(
    struct board_stretch *b, int i, struct stretch_run *out, struct err *err)
{
    struct board_exit *x = &b->exit[i];
    const struct stretch_exit *e = &b->base.exit[i];
    struct answer a;
    enum status st;
    size_t n;

    if ((st = run_layers(b, x->middle, x->end, out, err)) != ST_OK ||
        (st = read_tensor(b, &x->out, b->values, &n, err)) != ST_OK)
        return st;
    for (size_t k = 0; k < n; k++)
        if (!isfinite(b->values[k]))
            return err_set(err, ST_UNPROCESSABLE, "model.nan_output",
                "output %s is not a finite number", e->name);
    a = answer_of(b->values, n, e->score, &x->answer);
    out->class = a.class;
    out->score = a.score;
    out->values = b->values;
    out->n = n;
    out->stage = e->index;
    out->left = a.score >= e->threshold;
    return ST_OK;
}

static enum status
run_once(struct board_stretch *b, bool full, struct stretch_run *out,
    struct err *err)
{
    enum status st = rig_feed(&b->rig, err);
    size_t n;

    out->counts = b->rig.emulated ? 0 : NAN;
    out->own_ns = b->rig.emulated ? NAN : 0;
    for (int i = 0; st == ST_OK && i < b->base.exits; i++) {
        const struct board_exit *x = &b->exit[i];

        st = run_layers(b, x->first, x->middle, out, err);
        if (st == ST_OK && b->base.exit[i].kept &&
            (!full || i == b->base.exits - 1))
            st = ask_exit(b, i, out, err);
        if (st != ST_OK || out->left)
            return st;
    }
    out->gives = b->gives;
    return st == ST_OK && b->out.layer >= 0
               ? read_tensor(b, &b->out, b->gives, &n, err)
               : st;
}

/* A board that is lost in the middle is brought back, and the sample begun
 * anew. */
static enum status
run_mended(struct board_stretch *b, const void *in, bool full,
    struct stretch_run *out, struct err *err)
{
    enum status st;

    put_input(b, in);
    while ((st = run_once(b, full, out, err)) != ST_OK)
        if ((st = rig_mend(&b->rig, st, err)) != ST_OK)
            return st;
    return ST_OK;
}

static enum status
run(struct stretch *s, const void *in, struct stretch_run *out, struct err *err)
{
    return run_mended((struct board_stretch *)s, in, false, out, err);
}

static enum status
run_full(
    struct stretch *s, const void *in, struct stretch_run *out, struct err *err)
{
    return run_mended((struct board_stretch *)s, in, true, out, err);
}

/* Of a real board; an emulator takes none of a board's energy. */
static enum status
energy(struct stretch *s, const size_t *left, json_t **out, int64_t *flags,
    struct err *err)
{
    struct board_stretch *b = (struct board_stretch *)s;
    struct way way[RUNNER_EXITS_MAX];
    size_t n = 0;

    if (b->rig.emulated) {
        *flags |= FLAG(no_energy_sensor);
        return ST_OK;
    }
    for (int i = 0; i < s->exits; i++)
        if (s->exit[i].kept) {
            way[n] = (struct way){ (uint32_t)b->exit[i].end, left[n] };
            n++;
        }
    return way_energy(&b->rig, b->site.name, way, n, out, flags, err);
}

/* ---- opening ---- */

static enum status
read_scale(
    const json_t *o, const char *path, struct scale *out, struct err *err)
{
    const struct json_field fields[] = {
        { "scale", JF_REAL, true, &out->scale, 1e-30, 1e30 },
        { "zero", JF_INT, true, &out->zero, -128, 127 },
    };

    return JSON_PICK(o, path, fields, err);
}

static enum status
read_out(const struct board_stretch *b, const json_t *o, const char *path,
    struct board_out *out, struct err *err)
{
    const uint32_t n = ((struct nn_image *)(void *)b->image)->n_layers;
    const struct json_field fields[] = {
        { "layer", JF_INT, true, &out->layer, 0, (double)n - 1 },
    };
    enum status st;

    out->layer = -1;
    if (o == NULL || json_is_null(o))
        return ST_OK;
    if ((st = JSON_PICK(o, path, fields, err)) != ST_OK)
        return st;
    return read_scale(o, path, &out->scale, err);
}

static enum status
read_step(const struct board_stretch *b, const json_t *step,
    struct board_exit *x, struct err *err)
{
    const uint32_t most = ((struct nn_image *)(void *)b->image)->n_layers;
    int64_t v[3] = { 0 };
    size_t n;
    enum status st =
        json_read_ints(step, "payload.stretch.image.steps", v, 3, &n, err);

    if (st != ST_OK)
        return st;
    if (n != 3 || v[0] < 0 || v[1] < v[0] || v[2] < v[1] || v[2] > most)
        return err_set(err, ST_INVALID, "request.field",
            "payload.stretch.image.steps: layers out of order");
    x->first = v[0];
    x->middle = v[1];
    x->end = v[2];
    return ST_OK;
}

static enum status
read_parts(struct board_stretch *b, const json_t *doc, struct err *err)
{
    const json_t *steps = json_object_get(doc, "steps");
    const json_t *outs = json_object_get(doc, "outs");
    enum status st = read_scale(
        json_object_get(doc, "in"), "payload.stretch.image.in", &b->in, err);

    if (st == ST_OK)
        st = read_out(b, json_object_get(doc, "gives"),
            "payload.stretch.image.gives", &b->out, err);
    for (int i = 0; st == ST_OK && i < b->base.exits; i++) {
        if ((st = read_step(b, json_array_get(steps, (size_t)i), &b->exit[i],
                 err)) == ST_OK)
            st = read_out(b, json_array_get(outs, (size_t)i),
                "payload.stretch.image.outs", &b->exit[i].out, err);
        /* int8 probabilities need not add up to 1. */
        if (st == ST_OK && b->exit[i].out.layer >= 0 &&
            layer_at(b, b->exit[i].out.layer)->op == NN_SOFTMAX)
            b->exit[i].answer = SCALE_PROBABILITY;
        if (st == ST_OK && b->base.exit[i].kept && b->exit[i].out.layer < 0)
            st = err_set(err, ST_INVALID, "request.field",
                "payload.stretch.image.outs: exit %s has none",
                b->base.exit[i].name);
    }
    return st;
}

/* Others count in float32 throughout. */
static enum status
check_sizes(const struct board_stretch *b, struct err *err)
{
    const struct stretch *s = &b->base;
    const size_t in = nn_in_count(layer_at(b, 0)) * sizeof(float);
    const size_t out =
        b->out.layer < 0
            ? 0
            : nn_out_count(layer_at(b, b->out.layer)) * sizeof(float);

    if (s->takes.n == 1 && s->takes.bytes == in && s->gives.n <= 1 &&
        s->gives.bytes == out)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "relay.tensors",
        "the board takes %zu bytes and hands on %zu as float32; the plan has "
        "%zu and %zu",
        in, out, s->takes.bytes, s->gives.bytes);
}

static enum status
load_image(struct board_stretch *b, const struct task *t, const json_t *doc,
    struct err *err)
{
    struct nn_fault fault = { .what = "image" };
    char path[PATH_MAX];
    enum status st =
        task_blob_path(t, json_get_string(doc, "image", ""), path, err);

    if (st == ST_OK)
        st = file_read(path, IMAGE_MAX, &b->image, &b->len, err);
    if (st == ST_OK && !nn_image_check(b->image, b->len, SIZE_MAX, &fault))
        st = err_set(err, ST_UNPROCESSABLE, "model.image",
            "the board's part is damaged: %s of layer %u", fault.what,
            fault.layer);
    return st;
}

static enum status
allocate(struct board_stretch *b, struct err *err)
{
    size_t most = 1;

    for (uint32_t i = 0; i < ((struct nn_image *)(void *)b->image)->n_layers;
         i++)
        most = nn_out_count(layer_at(b, i)) > most
                   ? (size_t)nn_out_count(layer_at(b, i))
                   : most;
    b->feed = calloc(nn_in_count(layer_at(b, 0)), sizeof(float));
    b->raw = calloc(most, sizeof(float));
    b->values = calloc(most, sizeof(float));
    b->gives = calloc(most, sizeof(float));
    return b->feed && b->raw && b->values && b->gives ? ST_OK : err_nomem(err);
}

static enum status
open_board(struct board_stretch *b, const struct task *t, const char *type,
    struct err *err)
{
    const char *device = json_get_string(t->lease, "device", "");
    struct board *board = NULL;
    enum status st;

    if ((st = site_find(device, &b->site, err)) != ST_OK ||
        (st = site_open(&b->site, &board, err)) != ST_OK ||
        (st = rig_init(&b->rig, board, site_emulated(&b->site), err)) !=
            ST_OK ||
        (st = site_stable(&b->site, board, type, &b->base.stable,
             b->base.fingerprint, err)) != ST_OK)
        return st;
    b->base.timeless = b->rig.emulated;
    b->base.own_clock = !b->rig.emulated;
    return rig_load(&b->rig, b->image, b->len, b->feed, err);
}

static void
board_stretch_close(struct stretch *s)
{
    struct board_stretch *b = (struct board_stretch *)s;

    if (b->rig.board != NULL)
        rig_clear(&b->rig);
    free(b->image);
    free(b->feed);
    free(b->raw);
    free(b->values);
    free(b->gives);
    free(b);
}

static json_t *
trouble(const struct stretch *s)
{
    return rig_trouble(&((const struct board_stretch *)s)->rig);
}

static const struct stretch_ops ops = { run, run_full, energy, trouble,
    board_stretch_close };

enum status
stretch_board_open(struct stretch **out, const struct stretch *base,
    const json_t *doc, struct task *t, struct err *err)
{
    struct board_stretch *b = calloc(1, sizeof(*b));
    enum status st;

    *out = NULL;
    if (b == NULL)
        return err_nomem(err);
    b->base = *base;
    b->base.ops = &ops;
    if ((st = load_image(b, t, doc, err)) == ST_OK &&
        (st = read_parts(b, doc, err)) == ST_OK &&
        (st = check_sizes(b, err)) == ST_OK && (st = allocate(b, err)) == ST_OK)
        st = open_board(b, t, json_get_string(doc, "type", NULL), err);
    if (st != ST_OK) {
        stretch_close(&b->base);
        return st;
    }
    *out = &b->base;
    return ST_OK;
}
