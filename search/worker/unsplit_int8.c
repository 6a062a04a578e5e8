/* SPDX-License-Identifier: MIT */
#include "search/worker/unsplit_int8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "probes/deploy/runner.h"
#include "probes/nn/image.h"
#include "probes/nn/real.h"

enum { IMAGE_MAX = 1 << 28 };

/* A tensor of the image that is wanted. */
struct taken {
    uint32_t layer; /* that makes it */
    double scale, zero;
    float *values; /* owned, [c][h][w] */
    size_t n;
};

struct board_exit {
    int64_t index;
    double threshold;
    enum score score;
    enum answer_scale answer;
    struct taken out;
};

/* What an exit of the chain is judged by; deploy_chain.c wrote it. */
static enum score
score_in(const json_t *exit)
{
    enum score s = score_find(json_get_string(exit, "score", NULL));

    return s == SCORE_KINDS ? SCORE_MAX_PROBABILITY : s;
}

struct unsplit_int8 {
    char *image;    /* owned */
    uint8_t *arena; /* owned */
    double scale, zero;
    struct board_exit exit[RUNNER_EXITS_MAX];
    int exits;
    struct taken boundary; /* values NULL: nobody is behind */
    struct runner *behind;
    int64_t index[RUNNER_EXITS_MAX]; /* of the stages behind */
    size_t width;
};

static const json_t *
link_at(const json_t *deployment, size_t i)
{
    return json_array_get(json_object_get(deployment, "chain"), i);
}

/* The whole image of a link's board; NULL: it is none, or not in int8. */
static const json_t *
image_of(const json_t *link, const json_t *images)
{
    const json_t *doc =
        json_object_get(images, json_get_string(link, "name", ""));

    return json_is_object(json_object_get(link, "image")) &&
                   strcmp(json_get_string(doc, "type", ""), "int8") == 0
               ? doc
               : NULL;
}

/* How many links from the first on are boards with the first one's image. */
static size_t
boards_in_front(const json_t *deployment, const json_t *images)
{
    const json_t *first = image_of(link_at(deployment, 0), images), *doc;
    size_t n = 0;

    while (first != NULL &&
           (doc = image_of(link_at(deployment, n), images)) != NULL &&
           json_equal(
               json_object_get(doc, "image"), json_object_get(first, "image")))
        n++;
    return n;
}

bool
unsplit_int8_applies(const json_t *deployment, const json_t *images)
{
    const size_t boards = boards_in_front(deployment, images);

    return boards > 0 &&
           json_array_size(json_object_get(deployment, "chain")) <=
               boards + 1 &&
           !json_is_object(
               json_object_get(link_at(deployment, boards), "image"));
}

static const struct nn_image *
head(const struct unsplit_int8 *u)
{
    return (const struct nn_image *)(const void *)u->image;
}

static const struct nn_layer *
layer_at(const struct unsplit_int8 *u, uint32_t i)
{
    return nn_image_layers(u->image) + i;
}

/* Layer `i` of the document as a tensor to take. */
static enum status
take(const struct unsplit_int8 *u, const json_t *doc, json_int_t i,
    struct taken *out, struct err *err)
{
    const json_t *l = json_array_get(json_object_get(doc, "layers"), (size_t)i);

    if (i < 0 || i >= head(u)->n_layers)
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the image has no layer %lld", (long long)i);
    *out = (struct taken){ .layer = (uint32_t)i,
        .scale = json_get_number(l, "scale"),
        .zero = json_get_number(l, "zero"),
        .n = nn_out_count(layer_at(u, (uint32_t)i)) };
    out->values = calloc(out->n, sizeof(float));
    return out->values != NULL ? ST_OK : err_nomem(err);
}

static void
keep(const struct unsplit_int8 *u, struct taken *t)
{
    const struct nn_layer *l = layer_at(u, t->layer);
    const int8_t *q = (const int8_t *)u->arena + l->out;
    const size_t area = (size_t)l->out_h * l->out_w;

    for (size_t i = 0; i < t->n; i++)
        t->values[i] = nn_to_real(
            q[nn_place(i, area, l->out_c)], t->scale, (int64_t)t->zero);
}

/* ---- opening ---- */

static enum status
load(struct unsplit_int8 *u, struct task *t, const json_t *doc, struct err *err)
{
    const json_t *feed = json_array_get(json_object_get(doc, "feeds"), 0);
    struct nn_fault fault = { 0 };
    char path[PATH_MAX];
    size_t len;
    enum status st;

    u->scale = json_get_number(feed, "scale");
    u->zero = json_get_number(feed, "zero");
    if ((st = task_blob_path(
             t, json_get_string(doc, "image", ""), path, err)) != ST_OK ||
        (st = file_read(path, IMAGE_MAX, &u->image, &len, err)) != ST_OK)
        return st;
    if (!nn_image_check(u->image, len, SIZE_MAX, &fault) || !(u->scale > 0))
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the board's image is damaged or of an older version: profile the "
            "board again");
    u->arena = calloc(1, head(u)->arena_bytes);
    return u->arena != NULL ? ST_OK : err_nomem(err);
}

static json_int_t
output_layer(const json_t *doc, const char *name)
{
    const json_t *o;
    size_t i;

    json_array_foreach(json_object_get(doc, "outputs"), i, o)
    {
        if (strcmp(json_get_string(o, "name", ""), name) == 0)
            return json_integer_value(json_object_get(o, "layer"));
    }
    return -1;
}

static enum status
add_exits(struct unsplit_int8 *u, const json_t *link, const json_t *doc,
    struct err *err)
{
    const json_t *x;
    enum status st = ST_OK;
    size_t i;

    json_array_foreach(json_object_get(link, "exits"), i, x)
    {
        struct board_exit *e = &u->exit[u->exits];

        if (st != ST_OK || !json_is_true(json_object_get(x, "kept")))
            continue;
        e->index = json_integer_value(json_object_get(x, "index"));
        e->score = score_in(x);
        e->threshold = json_is_true(json_object_get(x, "last"))
                           ? -INFINITY
                           : json_get_number(x, "threshold");
        st = take(u, doc, output_layer(doc, json_get_string(x, "name", "")),
            &e->out, err);
        /* int8 probabilities need not add up to 1. */
        if (st == ST_OK && layer_at(u, e->out.layer)->op == NN_SOFTMAX)
            e->answer = SCALE_PROBABILITY;
        u->exits++;
        u->width = e->out.n > u->width ? e->out.n : u->width;
    }
    return st;
}

/* The layer of the whole image that makes what the part hands on. */
static enum status
add_boundary(struct unsplit_int8 *u, const json_t *link, const json_t *doc,
    struct err *err)
{
    const json_t *gives =
        json_object_get(json_object_get(link, "image"), "gives");

    return json_is_object(gives)
               ? take(u, doc, json_integer_value(json_object_get(gives, "of")),
                     &u->boundary, err)
               : ST_OK;
}

static enum status
out_path(const struct task *t, const json_t *x, const char *part,
    char path[PATH_MAX])
{
    const char *hex = json_get_string(x, part, NULL);

    path[0] = '\0';
    if (hex != NULL &&
        snprintf(path, PATH_MAX, "%s/out/%s", t->dir, hex) >= PATH_MAX)
        return ST_INTERNAL;
    return ST_OK;
}

static enum status
open_behind(struct unsplit_int8 *u, struct task *t, const json_t *link,
    struct runtime *rt, struct err *err)
{
    const json_t *exits = json_object_get(link, "exits"), *x;
    struct runner_stage stage[RUNNER_EXITS_MAX];
    char(*path)[2][PATH_MAX];
    const size_t n = json_array_size(exits);
    enum status st = ST_OK;
    size_t i;

    if (n == 0)
        return ST_OK;
    if ((path = malloc(n * sizeof(*path))) == NULL)
        return err_nomem(err);
    json_array_foreach(exits, i, x)
    {
        if (out_path(t, x, "segment", path[i][0]) != ST_OK ||
            out_path(t, x, "head", path[i][1]) != ST_OK)
            st = err_set(err, ST_INTERNAL, NULL, "too long a folder name");
        u->index[i] = json_integer_value(json_object_get(x, "index"));
        stage[i] = (struct runner_stage){ .segment.path =
                                              path[i][0][0] ? path[i][0] : NULL,
            .head.path = path[i][1][0] ? path[i][1] : NULL,
            .output = json_is_true(json_object_get(x, "kept"))
                          ? json_get_string(x, "name", "")
                          : NULL,
            .threshold = json_is_true(json_object_get(x, "last"))
                             ? -INFINITY
                             : json_get_number(x, "threshold"),
            .score = score_in(x) };
    }
    if (st == ST_OK)
        st = runner_open_part(&u->behind, rt, stage, (int)n, err);
    free(path);
    for (i = 0; st == ST_OK && i < n; i++)
        if (stage[i].output != NULL) {
            size_t values;

            (void)runner_output(u->behind, (int)i, &values);
            u->width = values > u->width ? values : u->width;
        }
    return st;
}

static enum status
check_boundary(
    const struct unsplit_int8 *u, const json_t *link, struct err *err)
{
    const json_t *takes = json_array_get(json_object_get(link, "takes"), 0);
    const struct tensor *t =
        u->behind != NULL
            ? runner_tensor(u->behind, json_get_string(takes, "name", ""))
            : NULL;

    if (u->behind == NULL ||
        (t != NULL && t->bytes == u->boundary.n * sizeof(float)))
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "model.boundary",
        "what the board hands on is not what the segments behind it take");
}

enum status
unsplit_int8_open(struct unsplit_int8 **out, struct task *t,
    const json_t *deployment, const json_t *images, struct runtime *rt,
    struct err *err)
{
    const json_t *doc = image_of(link_at(deployment, 0), images);
    const size_t boards = boards_in_front(deployment, images);
    const json_t *behind = link_at(deployment, boards);
    struct unsplit_int8 *u = calloc(1, sizeof(*u));
    enum status st;

    *out = NULL;
    if (u == NULL)
        return err_nomem(err);
    st = load(u, t, doc, err);
    for (size_t i = 0; st == ST_OK && i < boards; i++)
        st = add_exits(u, link_at(deployment, i), doc, err);
    if (st == ST_OK &&
        (st = add_boundary(u, link_at(deployment, boards - 1), doc, err)) ==
            ST_OK &&
        (st = open_behind(u, t, behind, rt, err)) == ST_OK)
        st = check_boundary(u, behind, err);
    if (st != ST_OK) {
        unsplit_int8_close(u);
        return st;
    }
    *out = u;
    return ST_OK;
}

void
unsplit_int8_close(struct unsplit_int8 *u)
{
    if (u == NULL)
        return;
    runner_close(u->behind);
    for (int i = 0; i < u->exits; i++)
        free(u->exit[i].out.values);
    free(u->boundary.values);
    free(u->arena);
    free(u->image);
    free(u);
}

/* ---- running ---- */

static void
run_image(struct unsplit_int8 *u, const float *row)
{
    const struct nn_layer *first = layer_at(u, 0);
    const size_t area = (size_t)first->in_h * first->in_w;
    struct nn_run r = { .image = (const uint8_t *)u->image,
        .arena = u->arena,
        .kernels = NN_PLAIN };

    for (size_t i = 0; i < nn_in_count(first); i++)
        ((int8_t *)u->arena + head(u)->in)[nn_place(i, area, first->in_c)] =
            nn_from_real(row[i], u->scale, (int64_t)u->zero);
    for (uint32_t i = 0; i < head(u)->n_layers; i++) {
        r.layer = layer_at(u, i);
        nn_run(&r);
        for (int e = 0; e < u->exits; e++)
            if (u->exit[e].out.layer == i)
                keep(u, &u->exit[e].out);
        if (u->boundary.values != NULL && u->boundary.layer == i)
            keep(u, &u->boundary);
    }
}

static enum status
no_exit(struct err *err)
{
    return err_set(err, ST_UNPROCESSABLE, "relay.no_exit",
        "a sample left at no exit of the last processor");
}

enum status
unsplit_int8_run(struct unsplit_int8 *u, const float *row, int64_t *exit,
    const float **values, size_t *n, struct err *err)
{
    struct runner_answer a;
    enum status st;
    size_t in;

    run_image(u, row);
    for (int e = 0; e < u->exits; e++) {
        struct board_exit *x = &u->exit[e];

        *exit = x->index;
        *values = x->out.values;
        *n = x->out.n;
        if (answer_of(x->out.values, x->out.n, x->score, &x->answer).score >=
            x->threshold)
            return ST_OK;
    }
    if (u->behind == NULL)
        return no_exit(err);
    memcpy(runner_input(u->behind, &in), u->boundary.values,
        u->boundary.n * sizeof(float));
    if ((st = runner_run(u->behind, &a, err)) != ST_OK)
        return st;
    if (a.stage < 0)
        return no_exit(err);
    *exit = u->index[a.stage];
    *values = runner_output(u->behind, a.stage, n);
    return ST_OK;
}

size_t
unsplit_int8_width(const struct unsplit_int8 *u)
{
    return u->width;
}

size_t
unsplit_int8_row(const struct unsplit_int8 *u)
{
    return (size_t)nn_in_count(layer_at(u, 0)) * sizeof(float);
}
