/* SPDX-License-Identifier: MIT */
#include "search/heads/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
head_kind_word(enum head_kind k)
{
    static const char *const words[] = {
#define X(name, word) word,
        HEAD_MAP(X)
#undef X
    };
    return words[k];
}

struct front
front_grid(const struct site *s, const size_t most[2])
{
    struct front f = { .channels = s->channels };

    for (int i = 0; i < 2; i++) {
        f.kernel[i] = (s->extent[i] + most[i] - 1) / most[i];
        f.out[i] = s->extent[i] / f.kernel[i];
    }
    return f;
}

size_t
front_width(const struct front *f)
{
    return f->channels * f->out[0] * f->out[1];
}

bool
front_equal(const struct front *a, const struct front *b)
{
    return a->out[0] == b->out[0] && a->out[1] == b->out[1] &&
           a->kernel[0] == b->kernel[0] && a->kernel[1] == b->kernel[1];
}

void
head_clear(struct head *h)
{
    for (int i = 0; i < h->n; i++) {
        free(h->layer[i].weight);
        free(h->layer[i].bias);
    }
    free(h->sure.weight);
    free(h->sure.bias);
    *h = (struct head){ 0 };
}

size_t
head_taps(const struct site *s)
{
    return s->rank == 4 ? 9 : 3;
}

static int64_t
layer_weights(const struct head_layer *l, const struct site *s)
{
    return (int64_t)(l->in * l->out * (l->conv ? head_taps(s) : 1));
}

int64_t
head_macs(const struct head *h, const struct site *s)
{
    int64_t windows = (int64_t)(h->front.out[0] * h->front.out[1]);
    int64_t sum = (int64_t)(h->sure.in * h->sure.out);

    for (int i = 0; i < h->n; i++)
        sum +=
            layer_weights(&h->layer[i], s) * (h->layer[i].conv ? windows : 1);
    return sum;
}

int64_t
head_params(const struct head *h, const struct site *s)
{
    int64_t sum = (int64_t)((h->sure.in + 1) * h->sure.out);

    for (int i = 0; i < h->n; i++)
        sum += layer_weights(&h->layer[i], s) + (int64_t)h->layer[i].out;
    return sum;
}

/* ---- nodes ---- */

/* One node STEM/what that reads `in`; its name goes to `out`, which may be
 * where `in` is. */
static Onnx__NodeProto *
step(struct attach *a, const char *op, const char *stem, const char *what,
    const char *in, char out[ATTACH_NAME])
{
    char name[ATTACH_NAME];
    Onnx__NodeProto *n;

    snprintf(name, sizeof(name), "%.60s/%.30s", stem, what);
    n = attach_node(a, op, &in, 1, name);
    memcpy(out, name, sizeof(name));
    return n;
}

/* The same with two inputs. */
static Onnx__NodeProto *
join(struct attach *a, const char *op, const char *stem, const char *what,
    const char *x, const char *y, char out[ATTACH_NAME])
{
    const char *const in[] = { x, y };
    char name[ATTACH_NAME];
    Onnx__NodeProto *n;

    snprintf(name, sizeof(name), "%.60s/%.30s", stem, what);
    n = attach_node(a, op, in, 2, name);
    memcpy(out, name, sizeof(name));
    return n;
}

const char *
front_write(struct attach *a, const struct site *s, const struct front *f,
    const char *stem, bool flat, char name[ATTACH_NAME])
{
    static const int64_t swap[] = { 0, 2, 1 };
    const int64_t kernel[] = { (int64_t)f->kernel[0], (int64_t)f->kernel[1] };
    const size_t sides = s->rank > 3 ? 2 : 1;
    const char *in = s->tensor;
    Onnx__NodeProto *n;

    if (s->form == FORM_VECTOR)
        return in;
    if (s->form == FORM_SEQUENCE) {
        n = step(a, "Transpose", stem, "channels_first", in, name);
        attach_ints(a, n, "perm", swap, 3);
        in = name;
    }
    if (f->out[0] * f->out[1] == 1) {
        (void)step(a, "GlobalAveragePool", stem, "pool", in, name);
        in = name;
    } else if (f->kernel[0] * f->kernel[1] > 1) {
        n = step(a, "AveragePool", stem, "pool", in, name);
        attach_ints(a, n, "kernel_shape", kernel + 2 - sides, sides);
        attach_ints(a, n, "strides", kernel + 2 - sides, sides);
        in = name;
    }
    if (!flat)
        return in;
    attach_int(a, step(a, "Flatten", stem, "features", in, name), "axis", 1);
    return name;
}

/* A node with weights: STEM/what reads `in`. */
static Onnx__NodeProto *
weigh(struct attach *a, const char *op, const struct head_layer *l,
    const char *stem, const char *what, const char *in_name,
    char out[ATTACH_NAME], size_t rank)
{
    const int64_t dims[] = { (int64_t)l->out, (int64_t)l->in, 3, 3 };
    char name[ATTACH_NAME], w[ATTACH_NAME], b[ATTACH_NAME];
    const char *const in[] = { in_name, w, b };
    Onnx__NodeProto *n;

    snprintf(name, sizeof(name), "%.60s/%.24s", stem, what);
    snprintf(w, sizeof(w), "%.60s/%.24s.weight", stem, what);
    snprintf(b, sizeof(b), "%.60s/%.24s.bias", stem, what);
    attach_tensor(a, w, dims, rank, l->weight);
    attach_tensor(a, b, dims, 1, l->bias);
    n = attach_node(a, op, in, 3, name);
    memcpy(out, name, sizeof(name));
    return n;
}

static void
write_conv(struct attach *a, const struct site *s, const struct head_layer *l,
    const char *stem, const char *what, const char *in, char out[ATTACH_NAME])
{
    static const int64_t three[] = { 3, 3 }, one[] = { 1, 1, 1, 1 };
    const size_t sides = s->rank == 4 ? 2 : 1;
    Onnx__NodeProto *n = weigh(a, "Conv", l, stem, what, in, out, 2 + sides);

    attach_ints(a, n, "kernel_shape", three, sides);
    attach_ints(a, n, "pads", one, 2 * sides);
}

static void
write_dense(struct attach *a, const struct head_layer *l, const char *stem,
    const char *what, const char *in, char out[ATTACH_NAME])
{
    Onnx__NodeProto *n = weigh(a, "Gemm", l, stem, what, in, out, 2);

    attach_int(a, n, "transB", 1);
}

/* Layer `i`; the last of the convolutions is averaged for the dense ones. */
static void
write_layer(struct attach *a, const struct site *s, const struct head *h, int i,
    const char *stem, const char *in, char out[ATTACH_NAME])
{
    const struct head_layer *l = &h->layer[i];
    char what[24], relu[32];

    snprintf(what, sizeof(what), "layer%d", i);
    snprintf(relu, sizeof(relu), "%s.relu", what);
    if (l->conv)
        write_conv(a, s, l, stem, what, in, out);
    else
        write_dense(a, l, stem, what, in, out);
    if (l->relu)
        (void)step(a, "Relu", stem, relu, out, out);
    if (l->conv && !h->layer[i + 1].conv) {
        (void)step(a, "GlobalAveragePool", stem, "average", out, out);
        attach_int(a, step(a, "Flatten", stem, "flat", out, out), "axis", 1);
    }
}

/* Class values and a confidence c become probabilities of which the largest,
 * that of the same class, is c + (1 - c) / classes: whoever takes the largest
 * as the score takes the confidence. */
static void
write_sure(struct attach *a, const struct head *h, const char *exit,
    const char *in, const char *values)
{
    const int64_t one[] = { 1 };
    const float unit = 1, share = 1 / (float)h->layer[h->n - 1].out;
    char c[ATTACH_NAME], best[ATTACH_NAME], rest[ATTACH_NAME];
    char n1[ATTACH_NAME], n2[ATTACH_NAME];

    write_dense(a, &h->sure, exit, "sure", in, c);
    (void)step(a, "Sigmoid", exit, "confidence", c, c);
    attach_int(a, step(a, "Hardmax", exit, "class", values, best), "axis", 1);
    snprintf(n1, sizeof(n1), "%.60s/one", exit);
    snprintf(n2, sizeof(n2), "%.60s/share", exit);
    attach_tensor(a, n1, one, 1, &unit);
    attach_tensor(a, n2, one, 1, &share);
    (void)join(a, "Sub", exit, "doubt", n1, c, rest);
    (void)join(a, "Mul", exit, "doubt_each", rest, n2, rest);
    (void)join(a, "Mul", exit, "class_sure", best, c, best);
    (void)attach_node(a, "Add", (const char *const[]){ best, rest }, 2, exit);
}

void
head_write(struct attach *a, const struct site *s, const struct head *h,
    const char *exit)
{
    const int64_t classes[] = { 1, (int64_t)h->layer[h->n - 1].out };
    char name[ATTACH_NAME], last[ATTACH_NAME];
    const char *in =
        front_write(a, s, &h->front, exit, !h->layer[0].conv, name);
    const char *const values = last;

    for (int i = 0; i < h->n - 1; i++) {
        write_layer(a, s, h, i, exit, in, name);
        in = name;
    }
    write_layer(a, s, h, h->n - 1, exit, in, last);
    if (h->sure.out > 0)
        write_sure(a, h, exit, in, values);
    else
        attach_int(a, attach_node(a, "Softmax", &values, 1, exit), "axis", 1);
    attach_output(a, exit, classes, 2);
}
