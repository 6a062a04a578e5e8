/* SPDX-License-Identifier: MIT */
/* Some layers as an image of their own make what they make in the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/link/crc32.h"
#include "probes/mcu/piece.h"
#include "unit/mcu/network.h"

enum { TRIES = 60 };

/* Run a piece here and hold each of its layers against the whole's. */
static void
compare(const struct network *n, const struct piece *piece, const bool *in)
{
    const struct nn_image *head = piece->image;
    struct nn_run r = { .image = piece->image,
        .arena = calloc(1, head->arena_bytes) };
    uint32_t k = 0;

    assert_non_null(r.arena);
    memcpy(r.arena + head->in, piece->input, head->in_bytes);
    for (uint32_t i = 0; i < network_head(n)->n_layers; i++) {
        const struct nn_layer *l = nn_image_layers(piece->image) + k;

        if (!in[i])
            continue;
        r.layer = l;
        nn_run(&r);
        assert_int_equal(crc32_of(0, r.arena + l->out,
                             (size_t)nn_out_count(l) * nn_type_bytes(l->type)),
            network_crc(n, i));
        k++;
    }
    assert_int_equal(k, piece->n_layers);
    free(r.arena);
}

static void
any_layers_make_alone_what_they_make_in_the_whole(void **state)
{
    struct rng rng = { 11 };

    (void)state;
    for (int t = 0; t < TRIES; t++) {
        struct network n;
        struct pieces *pieces;
        struct piece piece;
        bool in[NN_LAYERS_MAX] = { false };
        json_t *doc;

        network_make(&n, t % 2 ? NN_F32 : NN_I8, &rng);
        doc = network_document(&n);
        for (uint32_t i = 0; i < network_head(&n)->n_layers; i++)
            in[i] = rng_unit(&rng) < 0.5;
        in[t % (int)network_head(&n)->n_layers] = true;
        assert_int_equal(
            pieces_open(&pieces, n.image, n.len, n.input, doc, NULL), ST_OK);
        assert_int_equal(piece_make(pieces, in, &piece, NULL), ST_OK);
        compare(&n, &piece, in);
        assert_true(piece.len <= n.len);
        piece_clear(&piece);
        pieces_close(pieces);
        json_decref(doc);
        network_clear(&n);
    }
}

/* Change one thing of a good document. */
static void
spoil(json_t *doc, int how)
{
    json_t *layers = json_object_get(doc, "layers");
    json_t *ends = json_object_get(json_array_get(layers, 1), "ends");
    json_t *feed = json_array_get(json_object_get(doc, "feeds"), 0);

    switch (how) {
    case 0:
        json_array_remove(layers, 0);
        break;
    case 1:
        json_array_set_new(ends, 0, json_integer(100000));
        break;
    case 2:
        json_array_set_new(ends, 0, json_integer(77)); /* nobody makes it */
        break;
    case 3:
        json_array_remove(ends, 2);
        break;
    case 4:
        json_object_set_new(feed, "bytes", json_integer(1 << 20));
        break;
    default:
        json_object_set_new(feed, "tensor", json_integer(-1));
    }
}

static void
a_document_of_another_image_is_refused(void **state)
{
    struct rng rng = { 3 };
    struct network n;

    (void)state;
    network_make(&n, NN_I8, &rng);
    for (int how = 0; how < 6; how++) {
        json_t *doc = network_document(&n);
        struct pieces *pieces;

        spoil(doc, how);
        assert_int_not_equal(
            pieces_open(&pieces, n.image, n.len, n.input, doc, NULL), ST_OK);
        assert_null(pieces);
        json_decref(doc);
    }
    network_clear(&n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_layers_make_alone_what_they_make_in_the_whole),
        cmocka_unit_test(a_document_of_another_image_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
