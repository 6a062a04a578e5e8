/* SPDX-License-Identifier: MIT */
/*
 * The int8 kernels of Arm's CMSIS-NN by its public functions, which keep the
 * rules of TensorFlow Lite as ours do: outputs are the same bytes.  Built only
 * where OFFRAMP_CMSIS_NN names a copy of the library (README.md).
 *
 * Its own choice of kernel (the "wrapper" functions) is what users deploy.
 * What it refuses, and relu and softmax, which are other functions there, run
 * plain.
 */
#include <arm_nnfunctions.h>

#include "probes/nn/kernel.h"

static cmsis_nn_dims
in_dims(const struct nn_layer *l)
{
    return (cmsis_nn_dims){ 1, (int32_t)l->in_h, (int32_t)l->in_w,
        (int32_t)l->in_c };
}

static cmsis_nn_dims
out_dims(const struct nn_layer *l)
{
    return (cmsis_nn_dims){ 1, (int32_t)l->out_h, (int32_t)l->out_w,
        (int32_t)l->out_c };
}

/* `n` and `c` are what the function at hand calls so. */
static cmsis_nn_dims
kernel_dims(const struct nn_layer *l, uint32_t n, uint32_t c)
{
    return (cmsis_nn_dims){ (int32_t)n, (int32_t)l->kernel_h,
        (int32_t)l->kernel_w, (int32_t)c };
}

static cmsis_nn_tile
stride_of(const struct nn_layer *l)
{
    return (cmsis_nn_tile){ (int32_t)l->stride_w, (int32_t)l->stride_h };
}

static cmsis_nn_tile
pad_of(const struct nn_layer *l)
{
    return (cmsis_nn_tile){ (int32_t)l->pad_left, (int32_t)l->pad_top };
}

static cmsis_nn_conv_params
conv_params(const struct nn_layer *l)
{
    return (cmsis_nn_conv_params){ .input_offset = -l->in_zero,
        .output_offset = l->out_zero,
        .stride = stride_of(l),
        .padding = pad_of(l),
        .dilation = { 1, 1 },
        .activation = { l->low, l->high } };
}

static cmsis_nn_dw_conv_params
depthwise_params(const struct nn_layer *l)
{
    return (cmsis_nn_dw_conv_params){ .input_offset = -l->in_zero,
        .output_offset = l->out_zero,
        .ch_mult = 1,
        .stride = stride_of(l),
        .padding = pad_of(l),
        .dilation = { 1, 1 },
        .activation = { l->low, l->high } };
}

static cmsis_nn_pool_params
pool_params(const struct nn_layer *l)
{
    return (cmsis_nn_pool_params){ .stride = stride_of(l),
        .padding = pad_of(l),
        .activation = { l->low, l->high } };
}

/* The library does not write to these, but does not say so. */
static cmsis_nn_per_channel_quant_params
factors(const struct nn_run *r)
{
    int32_t *mult = (int32_t *)(uintptr_t)image_i32(r, r->layer->scales);

    return (cmsis_nn_per_channel_quant_params){ mult, mult + r->layer->out_c };
}

static const int8_t *
weights(const struct nn_run *r)
{
    return (const int8_t *)(r->image + r->layer->weights);
}

static cmsis_nn_context
spare(const struct nn_run *r)
{
    return (cmsis_nn_context){ r->spare, (int32_t)r->spare_bytes };
}

uint64_t
nn_cmsis_bytes(const struct nn_layer *l)
{
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_conv_params conv = conv_params(l);
    const cmsis_nn_dw_conv_params alone = depthwise_params(l);
    cmsis_nn_dims kernel = kernel_dims(l, l->out_c, l->in_c);
    int32_t need = 0;

    if (l->op == NN_CONV)
        need =
            arm_convolve_wrapper_s8_get_buffer_size(&conv, &in, &kernel, &out);
    kernel = kernel_dims(l, 1, l->out_c);
    if (l->op == NN_DEPTHWISE)
        need = arm_depthwise_conv_wrapper_s8_get_buffer_size(
            &alone, &in, &kernel, &out);
    if (l->op == NN_AVGPOOL)
        need = arm_avgpool_s8_get_buffer_size((int)l->out_w, (int)l->in_c);
    return need > 0 ? (uint64_t)need : 0;
}

void
nn_conv_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_dims kernel = kernel_dims(l, l->out_c, l->in_c);
    const cmsis_nn_dims bias = { 1, 1, 1, (int32_t)l->out_c };
    const cmsis_nn_per_channel_quant_params scales = factors(r);
    const cmsis_nn_conv_params params = conv_params(l);
    const cmsis_nn_context ctx = spare(r);

    if (arm_convolve_wrapper_s8(&ctx, &params, &scales, &in, in_i8(r), &kernel,
            weights(r), &bias, image_raw_bias(r), &out,
            out_i8(r)) != ARM_CMSIS_NN_SUCCESS)
        nn_conv_i8(r);
}

void
nn_depthwise_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_dims kernel = kernel_dims(l, 1, l->out_c);
    const cmsis_nn_dims bias = { 1, 1, 1, (int32_t)l->out_c };
    const cmsis_nn_per_channel_quant_params scales = factors(r);
    const cmsis_nn_dw_conv_params params = depthwise_params(l);
    const cmsis_nn_context ctx = spare(r);

    if (arm_depthwise_conv_wrapper_s8(&ctx, &params, &scales, &in, in_i8(r),
            &kernel, weights(r), &bias, image_raw_bias(r), &out,
            out_i8(r)) != ARM_CMSIS_NN_SUCCESS)
        nn_depthwise_i8(r);
}

void
nn_dense_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_dims kernel = kernel_dims(l, l->in_c, l->out_c);
    const cmsis_nn_dims bias = { 1, 1, 1, (int32_t)l->out_c };
    const cmsis_nn_per_channel_quant_params scales = factors(r);
    const cmsis_nn_fc_params params = { .input_offset = -l->in_zero,
        .output_offset = l->out_zero,
        .activation = { l->low, l->high } };
    /* What arm_vector_sum_s8() would make: our bias with the zero point. */
    const cmsis_nn_context sums = { (void *)(uintptr_t)image_i32(r, l->bias),
        (int32_t)(4 * l->out_c) };

    if (arm_fully_connected_per_channel_s8(&sums, &params, &scales, &in,
            in_i8(r), &kernel, weights(r), &bias, image_raw_bias(r), &out,
            out_i8(r)) != ARM_CMSIS_NN_SUCCESS)
        nn_conv_i8(r);
}

void
nn_avgpool_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_dims kernel = kernel_dims(l, 1, 1);
    const cmsis_nn_pool_params params = pool_params(l);
    const cmsis_nn_context ctx = spare(r);

    if (arm_avgpool_s8(&ctx, &params, &in, in_i8(r), &kernel, &out,
            out_i8(r)) != ARM_CMSIS_NN_SUCCESS)
        nn_avgpool_i8(r);
}

void
nn_maxpool_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const cmsis_nn_dims in = in_dims(l), out = out_dims(l);
    const cmsis_nn_dims kernel = kernel_dims(l, 1, 1);
    const cmsis_nn_pool_params params = pool_params(l);
    const cmsis_nn_context ctx = spare(r);

    if (arm_max_pool_s8(&ctx, &params, &in, in_i8(r), &kernel, &out,
            out_i8(r)) != ARM_CMSIS_NN_SUCCESS)
        nn_maxpool_i8(r);
}

void
nn_add_i8_cmsis(const struct nn_run *r)
{
    const struct nn_layer *l = r->layer;
    const struct nn_scale *f = l->factor;

    if (arm_elementwise_add_s8(in_i8(r), (const int8_t *)(r->arena + l->in2),
            -l->in_zero, f[0].mult, f[0].shift, -l->in2_zero, f[1].mult,
            f[1].shift, NN_ADD_SHIFT, out_i8(r), l->out_zero, f[2].mult,
            f[2].shift, l->low, l->high,
            (int32_t)nn_out_count(l)) != ARM_CMSIS_NN_SUCCESS)
        nn_add_i8(r);
}
