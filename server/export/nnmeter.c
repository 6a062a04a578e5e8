/* SPDX-License-Identifier: MIT */
#include "server/export/nnmeter.h"

#include <string.h>

#define CONV_GROUPS                                                            \
    {                                                                          \
        "Conv", "Conv+Relu", "Conv+Clip", "Conv+BatchNormalization",           \
            "Conv+BatchNormalization+Relu", "Conv+BatchNormalization+Clip",    \
            NULL                                                               \
    }

/* Depthwise before dense: nnmeter_find() takes the first that fits. */
const struct nnmeter_kernel nnmeter_kernels[] = {
    { "dwconv-bn-relu", CONV_GROUPS,
        { "HW", "CIN", "KERNEL_SIZE", "STRIDES", NULL } },
    { "conv-bn-relu", CONV_GROUPS,
        { "HW", "CIN", "COUT", "KERNEL_SIZE", "STRIDES", NULL } },
    { "maxpool", { "MaxPool", NULL },
        { "HW", "CIN", "KERNEL_SIZE", "POOL_STRIDES", NULL } },
    { "avgpool", { "AveragePool", "AveragePool+Flatten", NULL },
        { "HW", "CIN", "KERNEL_SIZE", "POOL_STRIDES", NULL } },
    { "global-avgpool",
        { "GlobalAveragePool", "GlobalAveragePool+Flatten", NULL },
        { "HW", "CIN", NULL } },
    { "fc",
        { "Gemm", "Gemm+Relu", "MatMul", "MatMul+Add", "Flatten+Gemm",
            "Flatten+MatMul", "Flatten+MatMul+Add", NULL },
        { "CIN", "COUT", NULL } },
    { "concat", { "Concat", NULL },
        { "HW", "CIN1", "CIN2", "CIN3", "CIN4", NULL } },
    { "addrelu", { "Add+Relu", NULL }, { "HW", "CIN", "CIN", NULL } },
    { "add", { "Add", NULL }, { "HW", "CIN", "CIN", NULL } },
    { "bnrelu", { "BatchNormalization+Relu", NULL }, { "HW", "CIN", NULL } },
    { "bn", { "BatchNormalization", NULL }, { "HW", "CIN", NULL } },
    { "relu", { "Relu", NULL }, { "HW", "CIN", NULL } },
    { "hswish", { "HardSwish", NULL }, { "HW", "CIN", NULL } },
    { "split", { "Split", NULL }, { "HW", "CIN", NULL } },
    { NULL, { NULL }, { NULL } },
};

static size_t
rank_of(const json_t *row, const char *shapes, size_t k)
{
    return json_array_size(json_array_get(json_object_get(row, shapes), k));
}

/* Both numbers of a square window. */
static int64_t
square(const json_t *row, const char *setting)
{
    int64_t a = export_setting(row, setting, 0, -1);

    return a == export_setting(row, setting, 1, -1) ? a : -1;
}

static int64_t
picture(const json_t *row)
{
    int64_t h = export_dim(row, "input_shapes", 2);

    return rank_of(row, "input_shapes", 0) == 4 &&
                   h == export_dim(row, "input_shapes", 3)
               ? h
               : -1;
}

/* Elements behind the batch of a flat tensor, else channels. */
static int64_t
channels(const json_t *row, const char *shapes, size_t k)
{
    const json_t *shape = json_array_get(json_object_get(row, shapes), k);
    int64_t n = 1;

    if (shape == NULL)
        return 0; /* a Concat of fewer */
    if (rank_of(row, shapes, k) < 2)
        return -1;
    if (strcmp(export_text(row, "op_type"), "Gemm") != 0 &&
        strcmp(export_text(row, "op_type"), "MatMul") != 0)
        return json_integer_value(json_array_get(shape, 1));
    for (size_t i = 1; i < json_array_size(shape); i++)
        n *= json_integer_value(json_array_get(shape, i));
    return n;
}

int64_t
nnmeter_value(const json_t *row, const char *field)
{
    if (strcmp(field, "HW") == 0)
        return picture(row);
    if (strcmp(field, "COUT") == 0)
        return channels(row, "output_shapes", 0);
    if (strcmp(field, "KERNEL_SIZE") == 0)
        return square(row, "kernel");
    if (strstr(field, "STRIDES") != NULL)
        return square(row, "strides");
    return channels(
        row, "input_shapes", field[3] ? (size_t)(field[3] - '1') : 0);
}

static bool
is_group(const struct nnmeter_kernel *k, const char *group)
{
    for (size_t i = 0; i < NNMETER_GROUPS && k->groups[i] != NULL; i++)
        if (strcmp(k->groups[i], group) == 0)
            return true;
    return false;
}

/* The groups of a convolution: 1 is dense, one a channel is depthwise. */
static bool
fits_groups(const struct nnmeter_kernel *k, const json_t *row)
{
    int64_t groups = json_integer_value(
        json_object_get(json_object_get(row, "attributes"), "groups"));

    if (strcmp(k->name, "dwconv-bn-relu") == 0)
        return groups > 1 && groups == export_dim(row, "input_shapes", 1) &&
               groups == export_dim(row, "output_shapes", 1);
    return groups <= 1;
}

/* More inputs than nn-Meter has columns for. */
static bool
fits_inputs(const struct nnmeter_kernel *k, const json_t *row)
{
    return strcmp(k->name, "concat") != 0 ||
           json_array_size(json_object_get(row, "input_shapes")) <= 4;
}

const struct nnmeter_kernel *
nnmeter_find(const json_t *row)
{
    for (const struct nnmeter_kernel *k = nnmeter_kernels; k->name; k++) {
        bool fits = is_group(k, export_text(row, "fusion_group")) &&
                    fits_groups(k, row) && fits_inputs(k, row);

        for (size_t f = 0; fits && k->fields[f] != NULL; f++)
            fits = nnmeter_value(row, k->fields[f]) >= 0;
        if (fits)
            return k;
    }
    return NULL;
}
