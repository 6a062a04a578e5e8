/* SPDX-License-Identifier: MIT */
#include "probes/nn/layer.h"

#include "probes/nn/depthwise_ring.h"
#include "probes/nn/kernel.h"

typedef void kernel_fn(const struct nn_run *r);

static kernel_fn *const plain[NN_OPS][NN_TYPES] = {
    [NN_CONV] = { nn_conv_i8, nn_conv_f32 },
    [NN_DEPTHWISE] = { nn_depthwise_i8, nn_depthwise_f32 },
    [NN_DENSE] = { nn_conv_i8, nn_conv_f32 },
    [NN_AVGPOOL] = { nn_avgpool_i8, nn_avgpool_f32 },
    [NN_MAXPOOL] = { nn_maxpool_i8, nn_maxpool_f32 },
    [NN_ADD] = { nn_add_i8, nn_add_f32 },
    [NN_RELU] = { nn_relu_i8, nn_relu_f32 },
    [NN_SOFTMAX] = { nn_softmax_i8, nn_softmax_f32 },
};

/* Quicker ones; where there is none the plain one runs. */
static kernel_fn *const quicker[NN_KERNEL_SETS][NN_OPS][NN_TYPES] = {
    [NN_DSP] = { [NN_CONV] = { nn_conv_i8_dsp },
        [NN_DEPTHWISE] = { nn_depthwise_i8_dsp },
        [NN_DENSE] = { nn_conv_i8_dsp },
        [NN_ADD] = { nn_add_i8_dsp } },
    [NN_MVE] = { [NN_CONV] = { nn_conv_i8_mve, nn_conv_f32_mve },
        [NN_DEPTHWISE] = { nn_depthwise_i8_mve, nn_depthwise_f32_mve },
        [NN_DENSE] = { nn_conv_i8_mve, nn_conv_f32_mve },
        [NN_AVGPOOL] = { nn_avgpool_i8_mve },
        [NN_MAXPOOL] = { nn_maxpool_i8_mve },
        [NN_ADD] = { nn_add_i8_mve } },
#ifdef OFFRAMP_CMSIS_NN
    [NN_CMSIS] = { [NN_CONV] = { nn_conv_i8_cmsis },
        [NN_DEPTHWISE] = { nn_depthwise_i8_cmsis },
        [NN_DENSE] = { nn_dense_i8_cmsis },
        [NN_AVGPOOL] = { nn_avgpool_i8_cmsis },
        [NN_MAXPOOL] = { nn_maxpool_i8_cmsis },
        [NN_ADD] = { nn_add_i8_cmsis } },
#endif
};

uint32_t
nn_kernels_built(void)
{
    uint32_t sets = 1u << NN_PLAIN;

#if !defined(__arm__) || defined(__ARM_FEATURE_DSP)
    sets |= 1u << NN_DSP; /* elsewhere its instructions are written in C */
#endif
#if !defined(__arm__) || defined(__ARM_FEATURE_MVE)
    sets |= 1u << NN_MVE;
#endif
#ifdef OFFRAMP_CMSIS_NN
    sets |= 1u << NN_CMSIS;
#endif
    return sets;
}

uint64_t
nn_spare_bytes(const struct nn_layer *l, enum nn_kernels kernels)
{
#ifdef OFFRAMP_CMSIS_NN
    if (kernels == NN_CMSIS && l->type == NN_I8)
        return nn_cmsis_bytes(l);
#endif
    (void)l;
    (void)kernels;
    return 0;
}

const char *
nn_kernels_name(enum nn_kernels kernels)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        NN_KERNELS_MAP(X)
#undef X
    };

    return kernels < NN_KERNEL_SETS ? names[kernels] : "?";
}

const char *
nn_op_name(enum nn_op op)
{
    static const char *const names[] = {
#define X(name, text) [name] = text,
        NN_OP_MAP(X)
#undef X
    };

    return op < NN_OPS ? names[op] : "?";
}

void
nn_run(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    kernel_fn *fn = quicker[r->kernels][l->op][l->type];

    (fn != NULL ? fn : plain[l->op][l->type])(r);
}

uint64_t
nn_in_count(const struct nn_layer *l)
{
    return (uint64_t)l->in_h * l->in_w * l->in_c;
}

uint64_t
nn_out_count(const struct nn_layer *l)
{
    return (uint64_t)l->out_h * l->out_w * l->out_c;
}

uint64_t
nn_weight_count(const struct nn_layer *l)
{
    uint64_t taps = (uint64_t)l->kernel_h * l->kernel_w;

    switch (l->op) {
    case NN_CONV:
    case NN_DENSE:
        return taps * l->in_c * l->out_c;
    case NN_DEPTHWISE:
        return taps * l->out_c;
    default:
        return 0;
    }
}

uint64_t
nn_macs(const struct nn_layer *l)
{
    return nn_weight_count(l) * l->out_h * l->out_w;
}

/* The DSP convolution wants two columns of 16-bit values and the bytes they
 * come from; what a kernel needs is kept free for the plain ones too. */
uint64_t
nn_scratch_bytes(const struct nn_layer *l)
{
    uint64_t taps = (uint64_t)l->kernel_h * l->kernel_w;

    if (l->type != NN_I8)
        return 0;
    if (l->op == NN_CONV || l->op == NN_DENSE)
        return (taps * l->in_c + 3) / 4 * 20;
    if (l->op == NN_DEPTHWISE)
        return nn_ring_bytes(l);
    return 0;
}
