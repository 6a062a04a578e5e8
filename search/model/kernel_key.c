/* SPDX-License-Identifier: MIT */
#include "search/model/kernel_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTS_MAX = 64 };

struct text {
    struct hash hash;
    struct graph *g;
    int n_values; /* met so far */
};

/* Add formatted text; pieces are short, names go through add_name(). */
static void PRINTF_LIKE(2, 3) add(struct text *t, const char *fmt, ...)
{
    char piece[64];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(piece, sizeof(piece), fmt, ap);
    va_end(ap);
    hash_add(&t->hash, piece, (size_t)n);
}

/* A length before it, so that no name can look like what follows. */
static void
add_name(struct text *t, const char *s)
{
    size_t n = s != NULL ? strlen(s) : 0;

    add(t, "%zu:", n);
    hash_add(&t->hash, s, n);
}

static void
add_ints(struct text *t, const int64_t *v, size_t n)
{
    add(t, "[");
    for (size_t i = 0; i < n; i++)
        add(t, "%lld,", (long long)v[i]);
    add(t, "]");
}

/* Under a quarter zeros, up to three quarters, above. */
static int
sparsity_class(double zeros)
{
    return zeros < 0.25 ? 0 : zeros <= 0.75 ? 1 : 2;
}

/* A stored tensor: 64-bit integers by value, the rest by sparsity. */
static void
add_stored(struct text *t, const Onnx__TensorProto *p)
{
    int64_t v[INTS_MAX];
    int n = onnx_tensor_ints(p, v, INTS_MAX);

    add(t, "type%d", p->data_type);
    add_ints(t, p->dims, p->n_dims);
    if (n >= 0)
        add_ints(t, v, (size_t)n);
    else
        add(t, "zeros%d", sparsity_class(onnx_tensor_zeros(p)));
}

/* A value: its number in the order of meeting; at the first meeting also what
 * it is. */
static void
add_value(struct text *t, int value, unsigned stamp)
{
    struct value *v;

    if (value < 0) {
        add(t, "none,");
        return;
    }
    v = &t->g->values[value];
    if (v->stamp == stamp) {
        add(t, "%d,", v->number);
        return;
    }
    v->stamp = stamp;
    v->number = t->n_values++;
    add(t, "%d=", v->number);
    if (v->init != NULL) {
        add_stored(t, v->init);
    } else {
        add(t, "type%d", v->type);
        add_ints(t, v->dims, (size_t)(v->rank > 0 ? v->rank : 0));
    }
    add(t, ",");
}

static void
add_attribute(struct text *t, const Onnx__AttributeProto *a)
{
    add_name(t, a->name);
    if (a->has_i)
        add(t, "i%lld", (long long)a->i);
    if (a->has_f)
        add(t, "f%a", (double)a->f);
    if (a->has_s) {
        add(t, "s%zu:", a->s.len);
        hash_add(&t->hash, a->s.data, a->s.len);
    }
    if (a->t != NULL)
        add_stored(t, a->t);
    add_ints(t, a->ints, a->n_ints);
    for (size_t i = 0; i < a->n_floats; i++)
        add(t, "f%a", (double)a->floats[i]);
    for (size_t i = 0; i < a->n_strings; i++) {
        add(t, "s%zu:", a->strings[i].len);
        hash_add(&t->hash, a->strings[i].data, a->strings[i].len);
    }
    for (size_t i = 0; i < a->n_tensors; i++)
        add_stored(t, a->tensors[i]);
    add(t, ";");
}

static int
by_name(const void *a, const void *b)
{
    return strcmp((*(Onnx__AttributeProto *const *)a)->name,
        (*(Onnx__AttributeProto *const *)b)->name);
}

static enum status
add_attributes(struct text *t, const Onnx__NodeProto *n, struct err *err)
{
    Onnx__AttributeProto **sorted;

    if (n->n_attribute == 0)
        return ST_OK;
    sorted = malloc(n->n_attribute * sizeof(Onnx__AttributeProto *));
    if (sorted == NULL)
        return err_nomem(err);
    memcpy(sorted, n->attribute, n->n_attribute * sizeof(*sorted));
    qsort(sorted, n->n_attribute, sizeof(*sorted), by_name);
    for (size_t i = 0; i < n->n_attribute; i++)
        add_attribute(t, sorted[i]);
    free(sorted);
    return ST_OK;
}

static enum status
add_node(struct text *t, const struct node *n, unsigned stamp, struct err *err)
{
    enum status st;

    add(t, "\nnode ");
    add_name(
        t, onnx_domain_is_standard(n->proto->domain) ? "" : n->proto->domain);
    add_name(t, n->proto->op_type);
    if ((st = add_attributes(t, n->proto, err)) != ST_OK)
        return st;
    add(t, "(");
    for (int k = 0; k < n->n_in; k++)
        add_value(t, n->in[k], stamp);
    add(t, ")->(");
    for (int k = 0; k < n->n_out; k++)
        add_value(t, n->out[k], stamp);
    add(t, ")");
    return ST_OK;
}

enum status
kernel_key(char out[HASH_HEX], struct graph *g, const struct region *r,
    struct err *err)
{
    struct text t = { .g = g };
    unsigned stamp = ++g->stamp;
    enum status st = ST_OK;

    hash_init(&t.hash);
    add(&t, "offramp kernel 1, layout nchw");
    for (int i = 0; i < r->n_nodes && st == ST_OK; i++) {
        const struct node *n = &g->nodes[r->nodes[i]];

        /* Shape of a known shape is a stored tensor by now. */
        if (n->kind != OP_SHAPE || g->values[n->out[0]].init == NULL)
            st = add_node(&t, n, stamp, err);
    }
    add(&t, "\nout ");
    for (int i = 0; i < r->n_out; i++)
        add_value(&t, r->out[i], stamp);
    hash_end(&t.hash, out);
    return st;
}
