/* SPDX-License-Identifier: MIT */
#include "probes/mcu/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the making of one needs. */
struct making {
    struct parts *out;
    const struct plan *plan;
    const json_t *image;
    uint32_t n_layers;
    int64_t *layer; /* owned: of each image layer, its layer of the analysis */
    size_t *owner;  /* owned: of each image layer, the part it is run for */
    struct err *err;
};

enum { NOBODY = -1, LACK_MAX = 400 };
static const size_t no_part = (size_t)-1; /* the layer is left out */

/* ---- parts ---- */

static struct part *
add_part(struct making *m, const char *level, const struct item *it)
{
    struct part *p = &m->out->part[m->out->n++];

    *p = (struct part){ .level = level,
        .role = it->role,
        .index = it->index,
        .name = it->name,
        .kernel_key = it->kernel_key,
        .weight_bytes = NAN,
        .need_bytes = NAN,
        .empty = true };
    return p;
}

static enum status
allocate(struct making *m)
{
    const struct plan *plan = m->plan;
    /* The whole, layers and one twice, three cuts of every exit. */
    size_t parts = 2 + plan->n_layers + 3 * plan->n_exits;

    m->out->part = calloc(parts, sizeof(*m->out->part));
    m->out->pass = calloc(4 + plan->n_exits, sizeof(*m->out->pass));
    m->layer = calloc(m->n_layers + 1, sizeof(*m->layer));
    m->owner = calloc(m->n_layers + 1, sizeof(*m->owner));
    return m->out->part && m->out->pass && m->layer && m->owner
               ? ST_OK
               : err_nomem(m->err);
}

/* ---- which layer belongs where ---- */

static enum status
read_layers(struct making *m)
{
    const json_t *layers = json_object_get(m->image, "layers");

    if (json_array_size(layers) != m->n_layers)
        return err_set(m->err, ST_UNPROCESSABLE, "model.image",
            "the image has %u layers, its document %zu", m->n_layers,
            json_array_size(layers));
    for (uint32_t i = 0; i < m->n_layers; i++) {
        const json_t *at = json_object_get(json_array_get(layers, i), "layer");

        m->layer[i] = json_is_integer(at) ? json_integer_value(at) : NOBODY;
        if (m->layer[i] < 0 || (size_t)m->layer[i] >= m->plan->n_layers)
            return err_set(m->err, ST_UNPROCESSABLE, "model.image",
                "layer %u of the image is no layer of the analysis", i);
    }
    return ST_OK;
}

/* Is layer `index` of the analysis in this cut of an exit? */
static bool
is_in(const json_t *exit, const char *cut, int64_t index)
{
    const json_t *v;
    size_t i;

    json_array_foreach(
        json_object_get(json_object_get(exit, cut), "layers"), i, v)
    {
        if (json_integer_value(v) == index)
            return true;
    }
    return false;
}

/* ---- what the board lacks ---- */

/* Why boards have not layer `index` of the analysis, or NULL. */
static const char *
lack_of(const struct making *m, int64_t index)
{
    const json_t *lack =
        json_array_get(json_object_get(m->image, "lacks"), (size_t)index);

    return json_string_value(json_object_get(lack, "reason"));
}

enum status
parts_give_up(
    struct part *p, const char *code, const char *why, struct err *err)
{
    p->empty = true;
    p->code = code;
    free(p->lack);
    p->lack = strdup(why);
    return p->lack ? ST_OK : err_nomem(err);
}

/* A part without one of its layers: all of them (`cut` NULL), those of a cut,
 * or those up to an exit. */
static enum status
check_lacks(struct making *m, struct part *p, const json_t *exits,
    const char *cut, size_t first, size_t last)
{
    char why[LACK_MAX];

    for (size_t i = 0; i < m->plan->n_layers; i++) {
        const char *lack = lack_of(m, (int64_t)i);
        bool in = cut == NULL;

        for (size_t k = first; cut != NULL && k <= last && !in; k++)
            in = is_in(json_array_get(exits, k), cut, (int64_t)i);
        if (lack == NULL || !in)
            continue;
        snprintf(why, sizeof(why), "layer %zu: %s", i, lack);
        return parts_give_up(p, "operator", why, m->err);
    }
    return ST_OK;
}

/* ---- passes ---- */

/* One pass over the layers that have an owner: neighbours of one owner are one
 * step. */
static enum status
add_pass(struct making *m)
{
    struct pass *pass = &m->out->pass[m->out->n_passes++];

    pass->steps = calloc(m->n_layers + 1, sizeof(*pass->steps));
    if (pass->steps == NULL)
        return err_nomem(m->err);
    for (uint32_t i = 0; i < m->n_layers; i++) {
        struct step *last = pass->n > 0 ? &pass->steps[pass->n - 1] : NULL;

        if (m->owner[i] == no_part)
            continue;
        if (m->owner[i] != STEP_SILENT && m->out->part[m->owner[i]].lack)
            m->owner[i] = STEP_SILENT; /* what follows reads what it makes */
        if (m->owner[i] != STEP_SILENT)
            m->out->part[m->owner[i]].empty = false;
        if (last != NULL && last->end == i && last->part == m->owner[i])
            last->end = i + 1;
        else
            pass->steps[pass->n++] = (struct step){ i, i + 1, 1, m->owner[i] };
    }
    return ST_OK;
}

static void
disown_all(struct making *m)
{
    for (uint32_t i = 0; i < m->n_layers; i++)
        m->owner[i] = no_part;
}

static enum status
add_whole(struct making *m)
{
    struct part *p = add_part(m, "L0", &m->plan->whole);
    enum status st = check_lacks(m, p, NULL, NULL, 0, 0);

    if (st != ST_OK || p->lack != NULL)
        return st;
    for (uint32_t i = 0; i < m->n_layers; i++)
        m->owner[i] = m->out->n - 1;
    return add_pass(m);
}

/* The layer with the most multiplications of those that the image has, once
 * more, as the A/A pair. */
static const struct item *
dearest(const struct making *m)
{
    const struct item *best = &m->plan->layers[m->layer[0]];

    for (uint32_t i = 1; i < m->n_layers; i++)
        if (m->plan->layers[m->layer[i]].macs > best->macs)
            best = &m->plan->layers[m->layer[i]];
    return best;
}

static void
add_bytes(struct part *p, const json_t *image_layer)
{
    double weights = json_get_number(image_layer, "weight_bytes");

    p->weight_bytes =
        isnan(p->weight_bytes) ? weights : p->weight_bytes + weights;
    p->need_bytes =
        fmax(p->need_bytes, json_get_number(image_layer, "need_bytes"));
}

static enum status
add_layers(struct making *m)
{
    const json_t *layers = json_object_get(m->image, "layers");
    const size_t base = m->out->n;
    struct item pair = *dearest(m);
    enum status st;

    for (size_t i = 0; i < m->plan->n_layers; i++) {
        struct part *p = add_part(m, "L2", &m->plan->layers[i]);
        const char *lack = lack_of(m, (int64_t)i);

        if (lack != NULL &&
            (st = parts_give_up(p, "operator", lack, m->err)) != ST_OK)
            return st;
    }
    for (uint32_t i = 0; i < m->n_layers; i++) {
        struct part *p = &m->out->part[base + (size_t)m->layer[i]];

        m->owner[i] = base + (size_t)m->layer[i];
        add_bytes(p, json_array_get(layers, i));
    }
    if ((st = add_pass(m)) != ST_OK)
        return st;
    /* Its twin runs after the same layers, so that its input is the same. */
    pair.role = ROLE_AA;
    for (uint32_t i = 0; i < m->n_layers; i++)
        m->owner[i] = m->layer[i] == pair.index ? m->out->n : STEP_SILENT;
    add_part(m, "L2", &pair);
    return add_pass(m);
}

static enum status
add_cuts(struct making *m, const json_t *exits)
{
    const struct plan *plan = m->plan;
    const size_t base = m->out->n;
    enum status st;

    disown_all(m);
    for (size_t k = 0; k < plan->n_exits; k++) {
        const json_t *exit = json_array_get(exits, k);
        struct part *segment = add_part(m, "L6", &plan->cuts[CUT_SEGMENT][k]);
        struct part *head = add_part(m, "L6", &plan->cuts[CUT_HEAD][k]);

        if ((st = check_lacks(m, segment, exits, "segment", k, k)) != ST_OK ||
            (st = check_lacks(m, head, exits, "head", k, k)) != ST_OK)
            return st;
        for (uint32_t i = 0; i < m->n_layers; i++) {
            if (is_in(exit, "segment", m->layer[i]))
                m->owner[i] = base + 2 * k;
            if (is_in(exit, "head", m->layer[i]))
                m->owner[i] = base + 2 * k + 1;
        }
    }
    return add_pass(m);
}

static enum status
add_prefix(struct making *m, const json_t *exits, size_t k)
{
    struct part *p = add_part(m, "L6", &m->plan->cuts[CUT_PREFIX][k]);
    enum status st;

    if ((st = check_lacks(m, p, exits, "segment", 0, k)) == ST_OK &&
        p->lack == NULL)
        st = check_lacks(m, p, exits, "head", k, k);
    if (st != ST_OK || p->lack != NULL)
        return st;
    disown_all(m);
    for (uint32_t i = 0; i < m->n_layers; i++) {
        bool in = is_in(json_array_get(exits, k), "head", m->layer[i]);

        for (size_t j = 0; j <= k && !in; j++)
            in = is_in(json_array_get(exits, j), "segment", m->layer[i]);
        if (in)
            m->owner[i] = m->out->n - 1;
    }
    return add_pass(m);
}

static enum status
add_all(struct making *m, const json_t *analysis)
{
    const json_t *exits = json_object_get(analysis, "exits");
    const unsigned levels = m->plan->levels;
    enum status st = read_layers(m);

    if (st == ST_OK && levels & LEVEL_BIT(LEVEL_L0))
        st = add_whole(m);
    if (st == ST_OK && levels & LEVEL_BIT(LEVEL_L2))
        st = add_layers(m);
    if (!(levels & LEVEL_BIT(LEVEL_L6)))
        return st;
    if (st == ST_OK)
        st = add_cuts(m, exits);
    for (size_t k = 0; st == ST_OK && k < m->plan->n_exits; k++)
        st = add_prefix(m, exits, k);
    return st;
}

enum status
parts_make(struct parts *out, const struct plan *plan, const json_t *analysis,
    const json_t *image, uint32_t n_layers, size_t rounds, struct err *err)
{
    struct making m = { .out = out,
        .plan = plan,
        .image = image,
        .n_layers = n_layers,
        .err = err };
    enum status st;

    *out = (struct parts){ 0 };
    if ((st = allocate(&m)) == ST_OK)
        st = add_all(&m, analysis);
    for (size_t i = 0; st == ST_OK && i < out->n; i++)
        if ((out->part[i].values = calloc(rounds, sizeof(double))) == NULL)
            st = err_nomem(err);
    if (st == ST_OK && out->n == 0)
        st = err_set(err, ST_UNPROCESSABLE, "job.levels",
            "boards have the levels L0, L2 and L6: ask for one of them");
    free(m.layer);
    free(m.owner);
    if (st != ST_OK)
        parts_clear(out);
    return st;
}

void
parts_clear(struct parts *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->part[i].values);
        free(p->part[i].lack);
    }
    for (size_t i = 0; i < p->n_passes; i++)
        free(p->pass[i].steps);
    free(p->part);
    free(p->pass);
    *p = (struct parts){ 0 };
}

struct part *
parts_find(const struct parts *p, enum row_role role, int64_t index)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->part[i].role == role && p->part[i].index == index)
            return &p->part[i];
    return NULL;
}
