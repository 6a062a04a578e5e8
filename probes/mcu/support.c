/* SPDX-License-Identifier: MIT */
#include "probes/mcu/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 400 };

bool
support_layers(const struct parts *parts, size_t part, bool *in)
{
    bool any = false;

    memset(in, 0, NN_LAYERS_MAX * sizeof(*in));
    for (size_t k = 0; k < parts->n_passes; k++)
        for (size_t s = 0; s < parts->pass[k].n; s++) {
            const struct step *step = &parts->pass[k].steps[s];

            for (uint32_t i = step->first; i < step->end; i++)
                if (step->part == part)
                    any = in[i] = true;
        }
    return any;
}

enum status
support_fit(const struct rig *r, const struct pieces *pieces,
    struct parts *parts, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < parts->n; i++) {
        bool in[NN_LAYERS_MAX];
        char why[RIG_WHY];
        struct piece piece;

        if (!support_layers(parts, i, in))
            continue;
        if ((st = piece_make(pieces, in, &piece, err)) != ST_OK)
            break;
        if (!rig_fits(r, piece.image, piece.len, why))
            st = parts_give_up(&parts->part[i], "memory", why, err);
        piece_clear(&piece);
    }
    return st;
}

/* ---- the document ---- */

/* What a layer is on the board: "int8 conv, 432 bytes of weights". */
static void
describe(const struct part *p, const json_t *image, char out[REASON_MAX])
{
    const json_t *l;
    const char *op = "";
    size_t i;

    json_array_foreach(json_object_get(image, "layers"), i, l)
    {
        if (op[0] == '\0' && json_get_number(l, "layer") == (double)p->index)
            op = json_get_string(l, "op", "");
    }
    snprintf(out, REASON_MAX, "%s %s: %.0f bytes of weights, %.0f beside them",
        json_get_string(image, "type", ""), op, p->weight_bytes, p->need_bytes);
}

static json_t *
answer(const struct part *p, const json_t *image)
{
    char reason[REASON_MAX] = "all of its layers run, and fit together";
    const char *code = p->lack ? p->code : p->empty ? "fused" : "supported";

    if (p->lack != NULL)
        snprintf(reason, sizeof(reason), "%s", p->lack);
    else if (p->empty)
        snprintf(reason, sizeof(reason), "another layer does its work");
    else if (p->role == ROLE_LAYER)
        describe(p, image, reason);
    return json_pack("{s:I,s:b,s:s,s:s}", "index", (json_int_t)p->index,
        "support", p->lack == NULL, "code", code, "reason", reason);
}

/* An exit's parts; the head is null where it has none. */
static json_t *
exit_json(
    const struct parts *parts, const struct part *segment, const json_t *image)
{
    const struct part *head = parts_find(parts, ROLE_HEAD, segment->index);
    bool none = head == NULL || (head->empty && head->lack == NULL);

    return json_pack("{s:I,s:o,s:o}", "index", (json_int_t)segment->index,
        "segment", answer(segment, image), "head",
        none ? json_null() : answer(head, image));
}

enum status
support_json(const struct parts *parts, const json_t *image, const char *board,
    json_t **out, struct err *err)
{
    json_t *layers = json_array(), *exits = json_array();
    int rc = 0;

    for (size_t i = 0; i < parts->n; i++) {
        const struct part *p = &parts->part[i];

        if (p->role == ROLE_LAYER)
            rc |= json_array_append_new(layers, answer(p, image));
        if (p->role == ROLE_SEGMENT)
            rc |= json_array_append_new(exits, exit_json(parts, p, image));
    }
    *out = json_pack("{s:s,s:s,s:s,s:o,s:o}", "schema", "offramp.support/1",
        "board", board, "type", json_get_string(image, "type", ""), "layers",
        layers, "exits", exits);
    if (rc == 0 && *out != NULL)
        return ST_OK;
    json_decref(*out);
    *out = NULL;
    return err_nomem(err);
}
