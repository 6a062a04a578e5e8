/* SPDX-License-Identifier: MIT */
#include "probes/mcu/network.h"

#include <math.h>

#include "probes/mcu/support.h"

static enum status
make_parts(struct parts *out, const struct network *n, const struct plan *plan,
    size_t rounds, struct err *err)
{
    return parts_make(out, plan, n->analysis, n->doc,
        ((const struct nn_image *)n->image)->n_layers, rounds, err);
}

/* What it can run, whatever is measured of it.  `pieces` NULL: all fits. */
static enum status
tell_support(const struct rig *r, const struct network *n,
    const struct pieces *pieces, json_t **out, struct err *err)
{
    struct plan all = *n->plan;
    struct parts parts;
    enum status st;

    all.levels = LEVEL_BIT(LEVEL_L2) | LEVEL_BIT(LEVEL_L6);
    if ((st = make_parts(&parts, n, &all, 1, err)) != ST_OK)
        return st;
    if (pieces != NULL)
        st = support_fit(r, pieces, &parts, err);
    if (st == ST_OK)
        st = support_json(&parts, n->doc, r->board->name, out, err);
    parts_clear(&parts);
    return st;
}

static enum status
measure_whole(struct rig *r, const struct network *n,
    const struct measure_limits *limits, struct parts *parts,
    struct rig_check *check, struct err *err)
{
    enum status st;

    if ((st = rig_load(r, n->image, n->len, n->sample, err)) == ST_OK &&
        (st = rig_compare(r, check, err)) == ST_OK)
        st = measure_parts(r, parts, limits, err);
    return st;
}

/* One part, loaded alone: one pass of one step. */
static enum status
measure_piece(struct rig *r, const struct piece *piece, struct part *part,
    const struct measure_limits *limits, struct rig_check *check,
    struct err *err)
{
    struct step step = { 0, piece->n_layers, 1, 0 };
    struct pass pass = { &step, 1 };
    struct parts one = { .part = part, .n = 1, .pass = &pass, .n_passes = 1 };
    struct rig_check c;
    enum status st;

    if ((st = rig_load(r, piece->image, piece->len, piece->input, err)) !=
            ST_OK ||
        (st = rig_compare(r, &c, err)) != ST_OK)
        return st;
    check->outputs += c.outputs;
    check->max_abs_err = fmax(check->max_abs_err, c.max_abs_err);
    check->max_rel_err = fmax(check->max_rel_err, c.max_rel_err);
    return measure_parts(r, &one, limits, err);
}

static enum status
measure_pieces(struct rig *r, const struct pieces *pieces,
    const struct measure_limits *limits, struct parts *parts,
    struct rig_check *check, size_t *measured, struct err *err)
{
    struct policy policy = *limits->policy;
    struct measure_limits each = *limits;
    enum status st = ST_OK;

    each.policy = &policy;
    policy.job_budget_s /= (double)(parts->n > 0 ? parts->n : 1);
    for (size_t i = 0; st == ST_OK && i < parts->n; i++) {
        struct piece piece = { 0 };
        bool in[NN_LAYERS_MAX];

        if (parts->part[i].lack || !support_layers(parts, i, in))
            continue;
        if ((st = piece_make(pieces, in, &piece, err)) == ST_OK)
            st = measure_piece(r, &piece, &parts->part[i], &each, check, err);
        piece_clear(&piece);
        (*measured)++;
    }
    return st;
}

/* The board has no room for all of it. */
static enum status
measure_apart(struct rig *r, const struct network *n,
    const struct measure_limits *limits, struct parts *parts,
    struct rig_check *check, json_t **support, const char *why, struct err *err)
{
    struct pieces *pieces;
    size_t measured = 0;
    enum status st =
        pieces_open(&pieces, n->image, n->len, n->sample, n->doc, err);

    if (st == ST_OK &&
        (st = tell_support(r, n, pieces, support, err)) == ST_OK &&
        (st = support_fit(r, pieces, parts, err)) == ST_OK)
        st = measure_pieces(r, pieces, limits, parts, check, &measured, err);
    if (st == ST_OK && measured == 0)
        st = err_set(err, ST_UNPROCESSABLE, "model.too_large",
            "none of what was asked for fits the board; the network: %s", why);
    pieces_close(pieces);
    return st;
}

enum status
network_measure(struct rig *r, const struct network *n,
    const struct measure_limits *limits, struct parts *parts,
    struct rig_check *check, json_t **support, struct err *err)
{
    size_t rounds = measure_rounds_max(r, limits->policy);
    char why[RIG_WHY];
    enum status st = make_parts(parts, n, n->plan, rounds, err);

    *support = NULL;
    *check = (struct rig_check){ 0 };
    if (st != ST_OK)
        return st;
    if (!rig_fits(r, n->image, n->len, why))
        st = measure_apart(r, n, limits, parts, check, support, why, err);
    else if ((st = tell_support(r, n, NULL, support, err)) == ST_OK)
        st = measure_whole(r, n, limits, parts, check, err);
    if (st != ST_OK) {
        parts_clear(parts);
        json_decref(*support);
        *support = NULL;
    }
    return st;
}
