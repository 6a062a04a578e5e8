/* SPDX-License-Identifier: MIT */
/*
 * The YAML table of Once-for-All and ProxylessNAS: blocks of mobile networks
 * by key, mean in ms.  A block's time is the sum of its layers' medians;
 * equal blocks are averaged.  ProxylessNAS asks for blocks by the ratio of
 * their expansion and for pooling and classifier in one, MobileNetV3 by the
 * channels between and for each alone: both find their keys here.  A network
 * with a layer that is no part of such a block cannot be said in it, and is
 * refused, as is a table with gaps: some readers take a missing key for 0.
 */
#include "server/export/layers.h"

#include <string.h>

static int64_t
groups(const json_t *row)
{
    return json_integer_value(
        json_object_get(json_object_get(row, "attributes"), "groups"));
}

static bool
is_op(const json_t *row, const char *op)
{
    return strcmp(export_text(row, "op_type"), op) == 0;
}

static bool
is_depthwise(const json_t *row)
{
    return is_op(row, "Conv") && groups(row) > 1 &&
           groups(row) == export_dim(row, "input_shapes", 1) &&
           groups(row) == export_dim(row, "output_shapes", 1) &&
           export_setting(row, "kernel", 0, 0) ==
               export_setting(row, "kernel", 1, 0);
}

/* A dense convolution with a window of one. */
static bool
is_pointwise(const json_t *row)
{
    return is_op(row, "Conv") && groups(row) == 1 &&
           export_setting(row, "kernel", 0, 0) == 1 &&
           export_setting(row, "kernel", 1, 0) == 1;
}

static bool
is_pool(const json_t *row)
{
    return is_op(row, "GlobalAveragePool") || is_op(row, "AveragePool") ||
           is_op(row, "ReduceMean");
}

/* What a key is made of. */
struct block {
    const char *ltype;
    size_t n;         /* layers it takes; 0: no block starts here */
    const json_t *dw; /* of an expanded_conv, else NULL */
    int64_t expand;
};

/* [expansion] depthwise projection, the body of mobile networks. */
static struct block
inverted_residual(const json_t *rows, size_t i)
{
    const json_t *first = json_array_get(rows, i);
    bool expands = is_pointwise(first);
    const json_t *dw = json_array_get(rows, i + expands);
    int64_t cin = export_dim(first, "input_shapes", 1);
    int64_t mid = export_dim(dw, "input_shapes", 1);
    struct block b = { "expanded_conv", 2 + (size_t)expands, dw, 1 };

    if (cin > 0)
        b.expand = mid / cin;
    if (!is_depthwise(dw) || cin <= 0 || b.expand * cin != mid ||
        !is_pointwise(json_array_get(rows, i + 1 + expands)))
        b.n = 0;
    return b;
}

/* The block that starts at row i. */
static struct block
find_block(const json_t *rows, size_t i, bool pooled)
{
    const json_t *row = json_array_get(rows, i);
    size_t rest = json_array_size(rows) - i;
    bool softmax = is_op(json_array_get(rows, i + 1), "Softmax");
    bool last = rest == 1 || (rest == 2 && softmax);
    struct block b = inverted_residual(rows, i);

    if (b.n > 0)
        return b;
    if (last && (is_op(row, "Gemm") || is_op(row, "MatMul") ||
                    (pooled && is_pointwise(row))))
        return (struct block){ "Logits", rest, NULL, 0 };
    if (i == 0 && is_op(row, "Conv") && groups(row) == 1)
        return (struct block){ "Conv", 1, NULL, 0 };
    if (is_pool(row) && !pooled)
        return (struct block){ "AvgPool2D", 1, NULL, 0 };
    if (is_pointwise(row))
        return (struct block){ pooled ? "Conv_2" : "Conv_1", 1, NULL, 0 };
    return (struct block){ NULL, 0, NULL, 0 };
}

/* HxWxC; what is flat has a height and width of 1. */
static enum status
add_shape(
    const json_t *row, const char *shapes, struct buf *key, struct err *err)
{
    const json_t *shape = json_array_get(json_object_get(row, shapes), 0);
    enum status st =
        json_array_size(shape) < 3 ? buf_addstr(key, "1x1x", err) : ST_OK;

    for (size_t k = 2; k < json_array_size(shape) && st == ST_OK; k++)
        st = buf_addf(key, err, "%lldx", (long long)export_dim(row, shapes, k));
    return st == ST_OK ? buf_addf(key, err, "%lld",
                             (long long)export_dim(row, shapes, 1))
                       : st;
}

/* What tells blocks of a kind apart, in the words of either reader. */
enum words { PROXYLESS, MOBILENET_V3 };

static enum status
add_settings(const struct block *b, const json_t *last, enum words words,
    struct buf *key, struct err *err)
{
    bool v3 = words == MOBILENET_V3;
    enum status st =
        buf_addf(key, err, "-expand:%lld-kernel:%lld-stride:%lld-idskip:%d",
            (long long)(v3 ? export_dim(b->dw, "input_shapes", 1) : b->expand),
            (long long)export_setting(b->dw, "kernel", 0, 1),
            (long long)export_setting(b->dw, "strides", 0, 1),
            strstr(export_text(last, "fusion_group"), "+Add") != NULL);

    if (st != ST_OK || !v3)
        return st;
    return buf_addf(key, err, "-se:0-hs:%d",
        strstr(export_text(b->dw, "fusion_group"), "HardSwish") != NULL);
}

static enum status
make_key(const struct block *b, const json_t *first, const json_t *last,
    enum words words, struct buf *key, struct err *err)
{
    enum status st = buf_addf(key, err, "%s-input:", b->ltype);

    if (st == ST_OK)
        st = add_shape(first, "input_shapes", key, err);
    if (st == ST_OK)
        st = buf_addstr(key, "-output:", err);
    if (st == ST_OK && strcmp(b->ltype, "Logits") == 0)
        return buf_addf(
            key, err, "%lld", (long long)export_dim(last, "output_shapes", 1));
    if (st == ST_OK)
        st = add_shape(last, "output_shapes", key, err);
    return st != ST_OK || b->dw == NULL
               ? st
               : add_settings(b, last, words, key, err);
}

/* Add the block at i to {key: [sum, count]}. */
static enum status
add_block(json_t *table, const json_t *rows, size_t i, const struct block *b,
    enum words words, struct err *err)
{
    double ns = 0;
    struct buf key;
    enum status st;

    for (size_t k = 0; k < b->n; k++)
        ns += export_number(json_array_get(rows, i + k), "median_ns");
    buf_init(&key, 1 << 10);
    st = make_key(b, json_array_get(rows, i),
        json_array_get(rows, i + b->n - 1), words, &key, err);
    if (st == ST_OK) {
        const json_t *old = json_object_get(table, key.data);
        double sum = old ? json_real_value(json_array_get(old, 0)) : 0;
        json_int_t n = json_integer_value(json_array_get(old, 1));

        if (json_object_set_new(
                table, key.data, json_pack("[f,I]", sum + ns, n + 1)) != 0)
            st = err_nomem(err);
    }
    buf_clear(&key);
    return st;
}

/* The same layers again as ProxylessNAS and MobileNetV3 do not both say them:
 * a block by its channels, a classifier with the pooling before it. */
static enum status
add_other_words(json_t *table, const json_t *rows, size_t i,
    const struct block *b, struct err *err)
{
    struct block both = *b;

    if (b->dw != NULL)
        return add_block(table, rows, i, b, MOBILENET_V3, err);
    if (strcmp(b->ltype, "Logits") != 0 || i == 0 ||
        !is_pool(json_array_get(rows, i - 1)))
        return ST_OK;
    both.n++;
    return add_block(table, rows, i - 1, &both, PROXYLESS, err);
}

static enum status
make_table(json_t *table, const json_t *rows, struct err *err)
{
    bool pooled = false;
    struct block b;
    enum status st = ST_OK;

    for (size_t i = 0; i < json_array_size(rows) && st == ST_OK; i += b.n) {
        const json_t *row = json_array_get(rows, i);

        b = find_block(rows, i, pooled);
        if (b.n == 0)
            return err_set(err, ST_UNPROCESSABLE, "export.unsupported",
                "layer %.100s (%.60s) is part of no block that this format "
                "can name: use json, csv or fbnet",
                export_text(row, "name"), export_text(row, "fusion_group"));
        pooled |= is_pool(row);
        st = add_block(table, rows, i, &b, PROXYLESS, err);
        if (st == ST_OK)
            st = add_other_words(table, rows, i, &b, err);
    }
    return st;
}

enum status
export_ofa(const struct export_input *in, struct buf *out, struct err *err)
{
    struct export_layers l;
    enum status st = export_layers_alone(&l, in, GAPS_REFUSE, err);
    json_t *table, *v;
    const char *key;

    if (st != ST_OK)
        return st;
    table = json_object();
    st = table ? make_table(table, l.rows, err) : err_nomem(err);
    if (st == ST_OK)
        st = export_comment(&l, "# ", out, err);
    json_object_foreach(table, key, v)
    {
        if (st == ST_OK)
            st = buf_addf(out, err, "%s: {mean: %.15g}\n", key,
                json_real_value(json_array_get(v, 0)) / 1e6 /
                    (double)json_integer_value(json_array_get(v, 1)));
    }
    json_decref(table);
    export_layers_clear(&l);
    return st;
}
