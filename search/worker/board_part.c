/* SPDX-License-Identifier: MIT */
#include "search/worker/board_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "search/quant/part.h"

enum { IMAGE_MAX = 1 << 28 };

struct making {
    struct task *task;
    const json_t *document, *exits; /* the image's; the analysis' */
    json_t *link;
    char *image; /* owned */
    struct part_order order;
    json_t *steps, *outs; /* owned */
    int first;            /* exit whose segment is the first not yet placed */
};

/* ---- layers ---- */

static const json_t *
image_layer(const struct making *m, size_t i)
{
    return json_array_get(json_object_get(m->document, "layers"), i);
}

static bool
has_layer(const json_t *exit, const char *cut, json_int_t layer)
{
    const json_t *v;
    size_t i;

    json_array_foreach(
        json_object_get(json_object_get(exit, cut), "layers"), i, v)
    {
        if (json_integer_value(v) == layer)
            return true;
    }
    return false;
}

static struct pack_ends
ends_of(const json_t *layer)
{
    const json_t *e = json_object_get(layer, "ends");

    return (struct pack_ends){ (int)json_integer_value(json_array_get(e, 0)),
        (int)json_integer_value(json_array_get(e, 1)),
        (int)json_integer_value(json_array_get(e, 2)) };
}

/* The image's layers of this cut of an exit, in its order. */
static void
add_cut(struct making *m, int exit, const char *cut)
{
    const json_t *x = json_array_get(m->exits, (size_t)exit);
    const size_t n = json_array_size(json_object_get(m->document, "layers"));

    for (size_t i = 0; i < n; i++) {
        const json_t *l = image_layer(m, i);
        const json_t *at = json_object_get(l, "layer");

        if (!json_is_integer(at) ||
            !has_layer(x, cut, json_integer_value(at)) ||
            m->order.n == NN_LAYERS_MAX)
            continue;
        m->order.layer[m->order.n] = (uint32_t)i;
        m->order.ends[m->order.n++] = ends_of(l);
    }
}

/* Where a tensor of the image is made here, and its numbers. */
static json_t *
made_json(const struct making *m, int tensor)
{
    for (size_t i = 0; i < m->order.n; i++) {
        const json_t *l = image_layer(m, m->order.layer[i]);

        if (m->order.ends[i].out == tensor)
            return json_pack("{s:I,s:I,s:O,s:O}", "layer", (json_int_t)i, "of",
                (json_int_t)m->order.layer[i], "scale",
                json_object_get(l, "scale"), "zero",
                json_object_get(l, "zero"));
    }
    return json_null();
}

/* The tensor that an output of the image is. */
static int
output_tensor(const struct making *m, const char *name)
{
    const json_t *o;
    size_t i;

    json_array_foreach(json_object_get(m->document, "outputs"), i, o)
    {
        if (strcmp(json_get_string(o, "name", ""), name) == 0)
            return ends_of(image_layer(m, (size_t)json_integer_value(
                                              json_object_get(o, "layer"))))
                .out;
    }
    return -1;
}

static enum status
add_exit(struct making *m, const json_t *exit, struct err *err)
{
    const int e = (int)json_integer_value(json_object_get(exit, "index"));
    const bool kept = json_is_true(json_object_get(exit, "kept"));
    const size_t first = m->order.n;
    size_t middle;
    json_t *out;

    for (; m->first <= e; m->first++)
        add_cut(m, m->first, "segment");
    middle = m->order.n;
    if (kept)
        add_cut(m, e, "head");
    out =
        kept ? made_json(m, output_tensor(m, json_get_string(exit, "name", "")))
             : json_null();
    if (kept && json_is_null(out))
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the board's image does not make output %.100s: quantise again",
            json_get_string(exit, "name", "?"));
    if (json_array_append_new(
            m->steps, json_pack("[I,I,I]", (json_int_t)first,
                          (json_int_t)middle, (json_int_t)m->order.n)) != 0 ||
        json_array_append_new(m->outs, out) != 0)
        return err_nomem(err);
    return ST_OK;
}

/* ---- what comes in and goes out ---- */

/* The tensor that goes on behind exit `e`; -1: nothing. */
static int
boundary_tensor(const struct making *m, int e)
{
    const json_int_t after = json_integer_value(
        json_object_get(json_array_get(m->exits, (size_t)e), "after_layer"));
    int tensor = -1;

    if (json_array_size(json_object_get(m->link, "gives")) == 0)
        return -1;
    for (size_t i = 0; i < m->order.n; i++) {
        const json_t *l = image_layer(m, m->order.layer[i]);

        if (json_integer_value(json_object_get(l, "layer")) == after)
            tensor = m->order.ends[i].out;
    }
    return tensor;
}

static json_t *
scale_json(const struct making *m, int tensor)
{
    const json_t *x;
    size_t i;

    json_array_foreach(json_object_get(m->document, "feeds"), i, x)
    {
        if (json_integer_value(json_object_get(x, "tensor")) == tensor)
            return json_pack("{s:O,s:O}", "scale", json_object_get(x, "scale"),
                "zero", json_object_get(x, "zero"));
    }
    json_array_foreach(json_object_get(m->document, "layers"), i, x)
    {
        if (ends_of(x).out == tensor)
            return json_pack("{s:O,s:O}", "scale", json_object_get(x, "scale"),
                "zero", json_object_get(x, "zero"));
    }
    return NULL;
}

static enum status
check_border(const struct making *m, struct err *err)
{
    if (json_array_size(json_object_get(m->link, "takes")) == 1 &&
        json_array_size(json_object_get(m->link, "gives")) <= 1)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "model.boundary",
        "%.64s would take %zu tensors and hand on %zu; a board takes one and "
        "hands one on: map the segments otherwise",
        json_get_string(m->link, "name", "?"),
        json_array_size(json_object_get(m->link, "takes")),
        json_array_size(json_object_get(m->link, "gives")));
}

/* ---- the part ---- */

static enum status
load_image(struct making *m, struct err *err)
{
    const char *hex = json_get_string(m->document, "image", "");
    struct nn_fault fault = { .what = "image" };
    char path[PATH_MAX];
    size_t len;
    enum status st;

    if ((st = task_blob_path(m->task, hex, path, err)) != ST_OK ||
        (st = file_read(path, IMAGE_MAX, &m->image, &len, err)) != ST_OK)
        return st;
    if (!nn_image_check(m->image, len, SIZE_MAX, &fault) ||
        ((struct nn_image *)(void *)m->image)->n_layers !=
            json_array_size(json_object_get(m->document, "layers")) ||
        json_object_get(image_layer(m, 0), "scale") == NULL)
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the board's image is damaged or of an older version: profile the "
            "board again");
    return ST_OK;
}

/* What the board hands on crosses in its own numbers: link and list are one
 * with those of who takes it. */
static int
code_gives(const struct making *m, int tensor)
{
    json_t *to = json_array_get(json_object_get(m->link, "gives"), 0);

    if (to == NULL ||
        strcmp(json_get_string(m->document, "type", ""), "int8") != 0)
        return 0;
    return json_object_set_new(to, "int8", scale_json(m, tensor));
}

static enum status
store(struct making *m, int last, struct err *err)
{
    const int gives = boundary_tensor(m, last);
    char hex[HASH_HEX];
    void *part = NULL;
    size_t len;
    json_t *doc;
    int from;
    enum status st;

    m->order.keep = gives;
    if ((st = part_make(m->image, &m->order, &from, &part, &len, err)) == ST_OK)
        st = task_out(m->task, part, len, hex, err);
    if (st == ST_OK) {
        doc = json_pack("{s:s,s:O,s:I,s:I,s:O,s:o,s:O,s:o}", "image", hex,
            "type", json_object_get(m->document, "type"), "bytes",
            (json_int_t)len, "arena_bytes",
            (json_int_t)((struct nn_image *)part)->arena_bytes, "steps",
            m->steps, "in", scale_json(m, from), "outs", m->outs, "gives",
            made_json(m, gives));
        if (json_object_set_new(m->link, "image", doc) != 0 ||
            code_gives(m, gives) != 0)
            st = err_nomem(err);
    }
    free(part);
    return st;
}

/* `first` is the first exit whose segment is here; it becomes the first one
 * behind. */
static enum status
add_part(struct making *m, int *first, struct err *err)
{
    const json_t *exits = json_object_get(m->link, "exits"), *x;
    enum status st = check_border(m, err);
    int last = *first - 1;
    size_t i;

    m->first = *first;
    m->steps = json_array();
    m->outs = json_array();
    if (st == ST_OK)
        st = load_image(m, err);
    json_array_foreach(exits, i, x)
    {
        last = (int)json_integer_value(json_object_get(x, "index"));
        if (st == ST_OK)
            st = add_exit(m, x, err);
    }
    if (st == ST_OK && m->order.n > 0)
        st = store(m, last, err);
    json_decref(m->steps);
    json_decref(m->outs);
    free(m->image);
    *first = last + 1;
    return st;
}

static int
behind(const json_t *link, int first)
{
    const json_t *exits = json_object_get(link, "exits");
    const size_t n = json_array_size(exits);

    return n == 0 ? first
                  : 1 + (int)json_integer_value(json_object_get(
                            json_array_get(exits, n - 1), "index"));
}

enum status
board_parts_add(struct task *t, json_t *deployment, const json_t *images,
    const json_t *analysis, struct err *err)
{
    json_t *link;
    enum status st = ST_OK;
    int first = 0;
    size_t i;

    json_array_foreach(json_object_get(deployment, "chain"), i, link)
    {
        struct making *m;

        if (st != ST_OK)
            break;
        if ((m = calloc(1, sizeof(*m))) == NULL)
            return err_nomem(err);
        m->task = t;
        m->link = link;
        m->exits = json_object_get(analysis, "exits");
        m->document =
            json_object_get(images, json_get_string(link, "name", ""));
        if (m->document != NULL)
            st = add_part(m, &first, err);
        else
            first = behind(link, first);
        free(m);
    }
    return st;
}
