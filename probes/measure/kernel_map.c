/* SPDX-License-Identifier: MIT */
#include "probes/measure/kernel_map.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

/* A change of layout belongs to what is before it, or after it. */
enum side { SIDE_NONE, SIDE_BEFORE, SIDE_AFTER };

struct kernel {
    char *op;         /* owned */
    json_t *in, *out; /* owned; may be NULL */
    int64_t layer, ns;
    enum side side;
    bool served; /* a change of layout was found for its result */
};

struct kernel_map {
    const struct plan *plan;
    json_t *owner;         /* node or tensor -> layer */
    json_t *names;         /* kernel -> its place below */
    struct kernel *kernel; /* owned */
    size_t n, cap;
    bool *fused; /* by layer */
};

void
kernel_map_free(struct kernel_map *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n; i++) {
        free(m->kernel[i].op);
        json_decref(m->kernel[i].in);
        json_decref(m->kernel[i].out);
    }
    free(m->kernel);
    free(m->fused);
    json_decref(m->owner);
    json_decref(m->names);
    free(m);
}

static int
own(struct kernel_map *m, const json_t *names, size_t layer)
{
    json_t *v;
    size_t i;
    int bad = 0;

    json_array_foreach(names, i, v)
    {
        const char *name = json_string_value(v);

        if (name != NULL && name[0] != '\0')
            bad |= json_object_set_new(
                m->owner, name, json_integer((json_int_t)layer));
    }
    return bad;
}

enum status
kernel_map_new(
    struct kernel_map **out, const struct plan *plan, struct err *err)
{
    struct kernel_map *m = calloc(1, sizeof(*m));
    int bad;

    *out = NULL;
    if (m == NULL)
        return err_nomem(err);
    m->plan = plan;
    m->owner = json_object();
    m->names = json_object();
    m->fused = calloc(plan->n_layers + 1, sizeof(*m->fused));
    bad = m->owner == NULL || m->names == NULL || m->fused == NULL;
    for (size_t i = 0; !bad && i < plan->n_layers; i++)
        bad = own(m, plan->layers[i].tensors, i) ||
              own(m, plan->layers[i].nodes, i);
    if (bad) {
        kernel_map_free(m);
        return err_nomem(err);
    }
    *out = m;
    return ST_OK;
}

/* Between a letter or digit and another one, no name ends. */
static bool
edge(const char *s, size_t at)
{
    return at == 0 || s[at] == '\0' || !isalnum((unsigned char)s[at - 1]) ||
           !isalnum((unsigned char)s[at]);
}

/* The layer with the longest name that stands within `kernel`: runtimes put
 * their own words before and after. */
static int64_t
owner_of(const struct kernel_map *m, const char *kernel)
{
    size_t n = strnlen(kernel, NAME_BYTES - 1);
    char part[NAME_BYTES];

    for (size_t len = n; len > 0; len--)
        for (size_t at = 0; at + len <= n; at++) {
            const json_t *v;

            if (!edge(kernel, at) || !edge(kernel, at + len))
                continue;
            snprintf(part, sizeof(part), "%.*s", (int)len, kernel + at);
            if ((v = json_object_get(m->owner, part)) != NULL)
                return json_integer_value(v);
        }
    return -1;
}

static enum side
side_of(const char *op)
{
    if (strcmp(op, "ReorderOutput") == 0)
        return SIDE_BEFORE;
    return strcmp(op, "ReorderInput") == 0 ? SIDE_AFTER : SIDE_NONE;
}

enum status
kernel_map_learn(
    struct kernel_map *m, const struct kernel_time *k, struct err *err)
{
    struct kernel *new;

    if (m->n == m->cap) {
        size_t cap = m->cap > 0 ? 2 * m->cap : 64;

        if ((new = realloc(m->kernel, cap * sizeof(*new))) == NULL)
            return err_nomem(err);
        m->kernel = new;
        m->cap = cap;
    }
    new = &m->kernel[m->n];
    *new = (struct kernel){ .op = strdup(k->op),
        .in = json_incref((json_t *)k->in),
        .out = json_incref((json_t *)k->out),
        .layer = -1,
        .ns = k->ns,
        .side = side_of(k->op) };
    m->n++;
    if (new->op == NULL || json_object_set_new(m->names, k->name,
                               json_integer((json_int_t)m->n - 1)) < 0)
        return err_nomem(err);
    if (new->side == SIDE_NONE)
        new->layer = owner_of(m, k->name);
    return ST_OK;
}

/* Do two kernels name a tensor of one shape: what one makes, the other takes?
 */
static bool
fits(const struct kernel *maker, const struct kernel *taker)
{
    const json_t *v, *made = json_array_get(maker->out, 0);
    size_t i;

    json_array_foreach(taker->in, i, v)
    {
        if (made != NULL && json_equal(v, made))
            return true;
    }
    return false;
}

/* The nearest kernel on its side that makes or takes this shape; of makers
 * one whose result nobody has turned yet. */
static void
place_layout(struct kernel_map *m, size_t i)
{
    struct kernel *k = &m->kernel[i];

    if (k->side == SIDE_BEFORE) {
        for (size_t j = i; j-- > 0 && k->layer < 0;)
            if (m->kernel[j].side == SIDE_NONE && !m->kernel[j].served &&
                fits(&m->kernel[j], k)) {
                k->layer = m->kernel[j].layer;
                m->kernel[j].served = true;
            }
        return;
    }
    for (size_t j = i + 1; j < m->n && k->layer < 0; j++)
        if (m->kernel[j].side == SIDE_NONE && fits(k, &m->kernel[j]))
            k->layer = m->kernel[j].layer;
}

/* A kernel named after the end of what it does, "Conv" named after an Add,
 * say, counts for the layer before it that has that operator and no kernel
 * of its own. */
static void
place_fused(struct kernel_map *m, struct kernel *k, bool *has_kernel)
{
    const struct item *layers = m->plan->layers;
    int64_t named = k->layer;

    if (k->side != SIDE_NONE || named < 0 || layers[named].op_type == NULL ||
        strstr(k->op, layers[named].op_type) != NULL)
        return;
    for (int64_t a = named - 1; a >= 0; a--)
        if (!has_kernel[a] && layers[a].op_type != NULL &&
            strstr(k->op, layers[a].op_type) != NULL) {
            k->layer = a;
            has_kernel[a] = true;
            m->fused[a] = m->fused[named] = true;
            return;
        }
}

enum status
kernel_map_settle(struct kernel_map *m, struct err *err)
{
    bool *has_kernel = calloc(m->plan->n_layers + 1, sizeof(*has_kernel));

    if (has_kernel == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < m->n; i++)
        if (m->kernel[i].layer >= 0)
            has_kernel[m->kernel[i].layer] = true;
    for (size_t i = 0; i < m->n; i++)
        place_fused(m, &m->kernel[i], has_kernel);
    for (size_t i = 0; i < m->n; i++)
        if (m->kernel[i].side != SIDE_NONE)
            place_layout(m, i);
    free(has_kernel);
    return ST_OK;
}

int64_t
kernel_map_find(const struct kernel_map *m, const char *name)
{
    const json_t *v = json_object_get(m->names, name);

    return v != NULL ? m->kernel[json_integer_value(v)].layer : -1;
}

size_t
kernel_map_size(const struct kernel_map *m)
{
    return m->n;
}

int64_t
kernel_map_at(const struct kernel_map *m, size_t i, int64_t *ns)
{
    *ns = m->kernel[i].ns;
    return m->kernel[i].layer;
}

bool
kernel_map_fused(const struct kernel_map *m, size_t layer)
{
    return m->fused[layer];
}
