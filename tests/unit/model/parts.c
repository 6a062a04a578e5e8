/* SPDX-License-Identifier: MIT */
#include "parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
run(struct rig *rig, const json_t *doc, const char *path, struct bag *bag)
{
    rig_run(rig, rig_blob(rig, rig_text(doc, path)), bag, 7);
}

/* Start a bag with the whole model's inputs only. */
static void
copy_inputs(struct bag *to, const struct bag *from, const json_t *doc)
{
    json_t *inputs = json_object_get(doc, "inputs"), *input;
    size_t i;

    *to = (struct bag){ 0 };
    assert_non_null(to->item = calloc(16, sizeof(*to->item)));
    json_array_foreach(inputs, i, input)
    {
        const char *name = rig_text(input, "name");
        const struct tensor *t = bag_find(from, name);

        to->item[to->n] = (struct named){ strdup(name), *t };
        assert_non_null(to->item[to->n].t.data = malloc(t->bytes));
        memcpy(to->item[to->n++].t.data, t->data, t->bytes);
    }
}

static void
compare_exit(const struct bag *want, const struct bag *have, const char *name)
{
    assert_non_null(bag_find(have, name));
    assert_true(
        rig_difference(bag_find(want, name), bag_find(have, name)) <= 1e-6);
}

/* All of a list, each by its blob, in turn. */
static void
run_layers(struct rig *rig, const json_t *doc, struct bag *bag)
{
    size_t n = json_array_size(json_object_get(doc, "layers"));

    for (size_t i = 0; i < n; i++) {
        char path[64];

        snprintf(path, sizeof(path), "layers.%zu.blob", i);
        run(rig, doc, path, bag);
    }
}

static void
run_segments_and_heads(struct rig *rig, const json_t *doc, struct bag *bag)
{
    size_t i;
    json_t *exit;

    json_array_foreach(json_object_get(doc, "exits"), i, exit)
    {
        if (json_is_object(json_object_get(exit, "segment")))
            run(rig, exit, "segment.blob", bag);
        if (json_is_object(json_object_get(exit, "head")))
            run(rig, exit, "head.blob", bag);
    }
}

/* Everything that is known, again. */
static void
copy_all(struct bag *to, const struct bag *from)
{
    *to = (struct bag){ calloc(from->n, sizeof(*to->item)), from->n };
    assert_non_null(to->item);
    for (size_t i = 0; i < from->n; i++) {
        const struct tensor *t = &from->item[i].t;

        to->item[i] = (struct named){ strdup(from->item[i].name), *t };
        assert_non_null(to->item[i].t.data = malloc(t->bytes));
        memcpy(to->item[i].t.data, t->data, t->bytes);
    }
}

/* A file that joins parts gives what they gave apart. */
static void
run_joined(struct rig *rig, const json_t *doc, const struct bag *apart)
{
    static const char *const joined[] = { "joint.blob", "stage.blob" };
    size_t e;
    json_t *exit;

    json_array_foreach(json_object_get(doc, "exits"), e, exit)
    {
        for (size_t k = 0; k < 2; k++) {
            struct bag bag;

            if (rig_at(exit, joined[k]) == NULL)
                continue;
            copy_all(&bag, apart);
            run(rig, exit, joined[k], &bag);
            assert_int_equal(bag.n, apart->n);
            for (size_t i = 0; i < bag.n; i++)
                if (bag.item[i].t.dtype == DTYPE_F4)
                    compare_exit(apart, &bag, bag.item[i].name);
            bag_clear(&bag);
        }
    }
}

void
parts_check(struct rig *rig, const json_t *doc)
{
    struct bag whole = { 0 }, layers, segments;
    size_t k;
    json_t *exit;

    run(rig, doc, "blob", &whole);
    copy_inputs(&layers, &whole, doc);
    copy_inputs(&segments, &whole, doc);
    run_layers(rig, doc, &layers);
    run_segments_and_heads(rig, doc, &segments);
    json_array_foreach(json_object_get(doc, "exits"), k, exit)
    {
        const char *name = rig_text(exit, "output");
        struct bag prefix;

        copy_inputs(&prefix, &whole, doc);
        run(rig, exit, "prefix.blob", &prefix);
        compare_exit(&whole, &layers, name);
        compare_exit(&whole, &segments, name);
        compare_exit(&whole, &prefix, name);
        bag_clear(&prefix);
    }
    run_joined(rig, doc, &segments);
    bag_clear(&whole);
    bag_clear(&layers);
    bag_clear(&segments);
}
