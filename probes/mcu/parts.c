/* SPDX-License-Identifier: MIT */
#include "probes/mcu/parts.h"

#include <math.h>
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

enum { NOBODY = -1 };
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
    for (uint32_t i = 0; i < m->n_layers; i++)
        m->owner[i] = m->out->n;
    add_part(m, "L0", &m->plan->whole);
    return add_pass(m);
}

/* The layer with the most multiplications once more, as the A/A pair. */
static const struct item *
dearest(const struct plan *plan)
{
    const struct item *best = plan->layers;

    for (size_t i = 1; i < plan->n_layers; i++)
        if (plan->layers[i].macs > best->macs)
            best = &plan->layers[i];
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
    struct item pair = *dearest(m->plan);
    enum status st;

    for (size_t i = 0; i < m->plan->n_layers; i++)
        add_part(m, "L2", &m->plan->layers[i]);
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

    disown_all(m);
    for (size_t k = 0; k < plan->n_exits; k++) {
        const json_t *exit = json_array_get(exits, k);

        add_part(m, "L6", &plan->cuts[CUT_SEGMENT][k]);
        add_part(m, "L6", &plan->cuts[CUT_HEAD][k]);
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
    disown_all(m);
    for (uint32_t i = 0; i < m->n_layers; i++) {
        bool in = is_in(json_array_get(exits, k), "head", m->layer[i]);

        for (size_t j = 0; j <= k && !in; j++)
            in = is_in(json_array_get(exits, j), "segment", m->layer[i]);
        if (in)
            m->owner[i] = m->out->n;
    }
    add_part(m, "L6", &m->plan->cuts[CUT_PREFIX][k]);
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
    for (size_t i = 0; i < p->n; i++)
        free(p->part[i].values);
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
