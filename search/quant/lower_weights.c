/* SPDX-License-Identifier: MIT */
/* Stored numbers of a network in the order that boards want. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/quant/lower_internal.h"

enum status
low_floats(
    const struct lowering *w, int v, size_t n, float **out, struct err *err)
{
    const Onnx__TensorProto *t = v >= 0 ? w->g->values[v].init : NULL;

    *out = NULL;
    if (t == NULL || t->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
        return low_refuse(
            w, err, "its weights must be float32 tensors stored in the file");
    if (t->raw_data.len != n * sizeof(float) && t->n_float_data != n)
        return low_refuse(w, err, "a stored tensor has another shape");
    if ((*out = malloc(n * sizeof(float) + 1)) == NULL)
        return err_nomem(err);
    memcpy(*out,
        t->raw_data.len > 0 ? (void *)t->raw_data.data : (void *)t->float_data,
        n * sizeof(float));
    return ST_OK;
}

/* The optional bias, input 2: zeros where it is left out. */
static enum status
read_bias(const struct lowering *w, struct low_layer *l, struct err *err)
{
    if (w->node->n_in > 2 && w->node->in[2] >= 0)
        return low_floats(w, w->node->in[2], l->l.out_c, &l->bias, err);
    l->bias = calloc(l->l.out_c, sizeof(float));
    return l->bias ? ST_OK : err_nomem(err);
}

enum status
low_conv_weights(const struct lowering *w, struct low_layer *l, struct err *err)
{
    size_t n = nn_weight_count(&l->l);
    size_t taps = (size_t)l->l.kernel_h * l->l.kernel_w;
    bool alone = l->l.op == NN_DEPTHWISE;
    size_t in_c = alone ? 1 : l->l.in_c;
    float *file;
    enum status st = low_floats(w, w->node->in[1], n, &file, err);

    if (st != ST_OK)
        return st;
    if ((l->weights = malloc(n * sizeof(float))) == NULL) {
        free(file);
        return err_nomem(err);
    }
    for (size_t o = 0; o < l->l.out_c; o++)
        for (size_t c = 0; c < in_c; c++)
            for (size_t t = 0; t < taps; t++) {
                size_t to =
                    alone ? t * l->l.out_c + o : (o * taps + t) * in_c + c;

                l->weights[to] = file[(o * in_c + c) * taps + t];
            }
    free(file);
    return read_bias(w, l, err);
}

enum status
low_dense_weights(const struct lowering *w, struct low_layer *l,
    const struct low_value *in, struct err *err)
{
    bool across = onnx_attr_int(w->node->proto, "transB", 0) != 0;
    size_t n = nn_weight_count(&l->l), area = (size_t)in->h * in->w;
    float *file;
    enum status st = low_floats(w, w->node->in[1], n, &file, err);

    if (st != ST_OK)
        return st;
    if ((l->weights = malloc(n * sizeof(float))) == NULL) {
        free(file);
        return err_nomem(err);
    }
    for (size_t o = 0; o < l->l.out_c; o++)
        for (size_t c = 0; c < in->c; c++)
            for (size_t i = 0; i < area; i++) {
                size_t k = c * area + i; /* as Flatten numbers them */

                l->weights[o * l->l.in_c + i * in->c + c] =
                    across ? file[o * l->l.in_c + k] : file[k * l->l.out_c + o];
            }
    free(file);
    return read_bias(w, l, err);
}

/* y = (x - mean) / sqrt(variance + epsilon) * scale + shift, a channel. */
static void
fold(struct low_layer *l, size_t o, float factor, float mean, float shift)
{
    size_t each = nn_weight_count(&l->l) / l->l.out_c;
    bool alone = l->l.op == NN_DEPTHWISE;

    for (size_t k = 0; k < each; k++)
        l->weights[alone ? k * l->l.out_c + o : o * each + k] *= factor;
    l->bias[o] = (l->bias[o] - mean) * factor + shift;
}

enum status
low_fold_norm(const struct lowering *w, struct low_layer *l, struct err *err)
{
    const Onnx__AttributeProto *a = onnx_attr(w->node->proto, "epsilon");
    float *v[4] = { NULL }, epsilon = a != NULL ? a->f : 1e-5f;
    enum status st =
        w->node->n_in == 5 ? ST_OK : low_refuse(w, err, "it needs five inputs");

    for (int i = 0; st == ST_OK && i < 4; i++)
        st = low_floats(w, w->node->in[i + 1], l->l.out_c, &v[i], err);
    for (size_t o = 0; st == ST_OK && o < l->l.out_c; o++)
        fold(l, o, v[0][o] / sqrtf(v[3][o] + epsilon), v[2][o], v[1][o]);
    for (int i = 0; i < 4; i++)
        free(v[i]);
    return st;
}
