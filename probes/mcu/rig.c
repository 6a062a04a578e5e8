/* SPDX-License-Identifier: MIT */
#include "probes/mcu/rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "probes/link/crc32.h"
#include "probes/mcu/emulator.h"

enum { RUN_MS = 120000, MENDS_MAX = 3 };

static const double TOLERANCE = 1e-5;

static const struct nn_image *
head(const struct rig *r)
{
    return r->image;
}

enum status
rig_init(struct rig *r, struct board *board, bool emulated, struct err *err)
{
    *r = (struct rig){
        .board = board, .emulated = emulated, .recoveries = json_array()
    };
    return r->recoveries ? ST_OK : err_nomem(err);
}

void
rig_clear(struct rig *r)
{
    board_close(r->board);
    free(r->arena);
    json_decref(r->recoveries);
    *r = (struct rig){ 0 };
}

bool
rig_fits(const struct rig *r, const void *image, size_t len, char why[RIG_WHY])
{
    const struct nn_image *h = image;
    const uint64_t need = len + h->arena_bytes + 16;

    snprintf(why, RIG_WHY,
        "it needs %llu bytes (%zu of weights, %u of activations), %s has %llu "
        "of memory for both",
        (unsigned long long)need, len, h->arena_bytes, r->board->name,
        (unsigned long long)r->board->pool_bytes);
    return need <= r->board->pool_bytes;
}

/* Does it fit?  Asked before the transfer, which may take minutes. */
static enum status
check_room(const struct rig *r, struct err *err)
{
    struct nn_fault fault = { .what = "image" };
    char why[RIG_WHY];

    if (!nn_image_check(r->image, r->len, SIZE_MAX, &fault))
        return err_set(err, ST_UNPROCESSABLE, "model.image",
            "the image is damaged: %s of layer %u", fault.what, fault.layer);
    if (rig_fits(r, r->image, r->len, why))
        return ST_OK;
    return err_set(
        err, ST_UNPROCESSABLE, "model.too_large", "the network: %s", why);
}

static enum status
transfer(struct rig *r, struct err *err)
{
    enum status st = board_load(r->board, r->image, r->len, err);

    return st == ST_OK ? board_kernels(r->board, r->kernels, err) : st;
}

enum status
rig_load(struct rig *r, const void *image, size_t len, const uint8_t *input,
    struct err *err)
{
    enum status st;

    r->image = image;
    r->len = len;
    r->input = input;
    if ((st = check_room(r, err)) != ST_OK)
        return st;
    r->kernels = board_best(r->board);
    free(r->arena);
    if ((r->arena = calloc(1, head(r)->arena_bytes)) == NULL)
        return err_nomem(err);
    while ((st = transfer(r, err)) != ST_OK)
        if ((st = rig_mend(r, st, err)) != ST_OK)
            return st;
    return ST_OK;
}

enum status
rig_feed(struct rig *r, struct err *err)
{
    return board_input(r->board, r->input, head(r)->in_bytes, err);
}

/* Do the classes add up to what the clock counted?  The clock shows whole
 * ticks, and its reading itself is in the classes only. */
static bool
adds_up(const struct rig *r, const struct board_run *run)
{
    const double sum = (double)insn_sum(&run->counts);
    const double by_clock = rig_instructions(r, (double)run->ticks);

    if (fabs(sum - by_clock) <= rig_instructions(r, 1) + 1)
        return true;
    log_warn("%s: instructions by class add up to %.0f, its clock counted "
             "%.0f: the classes are left out",
        r->board->name, sum, by_clock);
    return false;
}

enum status
rig_run(struct rig *r, uint32_t first, uint32_t end, uint32_t count,
    double *ticks, struct err *err)
{
    struct board_run *run = &r->run;
    enum status st = board_run(r->board, first, end, count, RUN_MS, run, err);

    if (st != ST_OK)
        return st;
    *ticks = (double)run->ticks / count;
    run->by_class = run->by_class && adds_up(r, run);
    return ST_OK;
}

/* The board or its line, rather than what it was asked. */
static bool
can_be_mended(const struct err *err)
{
    static const char *const codes[] = { "infra.board_silent",
        "infra.emulator_ended", "infra.serial", "device.rebooted" };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(err->code, codes[i]) == 0)
            return true;
    return false;
}

enum status
rig_mend(struct rig *r, enum status st, struct err *err)
{
    struct err why = *err, again = { 0 };
    enum board_step step;

    if (!can_be_mended(err))
        return st;
    err_clear(err);
    if (json_array_size(r->recoveries) == MENDS_MAX)
        return err_set(err, ST_UNAVAILABLE, "infra.board_lost",
            "it failed again after %d recoveries: %.300s", MENDS_MAX, why.text);
    if ((st = board_recover(r->board, &step, err)) != ST_OK)
        return st;
    log_warn("%s: %s helped after: %s", r->board->name, board_step_name(step),
        why.text);
    if (json_array_append_new(r->recoveries,
            json_pack("{s:s,s:s,s:s}", "step", board_step_name(step), "code",
                why.code, "why", why.text)) < 0)
        return err_nomem(err);
    if ((st = transfer(r, &again)) == ST_OK)
        return ST_OK;
    return err_set(err, st, again.code, "%s", again.text);
}

json_t *
rig_trouble(const struct rig *r)
{
    const struct client *c = &r->board->client;

    return json_pack("{s:O,s:I,s:I,s:I}", "recoveries", r->recoveries,
        "line_repeats", (json_int_t)c->repeats, "line_lost",
        (json_int_t)client_lost(c), "line_stale", (json_int_t)c->stale);
}

/* ---- the same network here ---- */

static enum status
compare_layer(struct rig *r, uint32_t i, struct err *err)
{
    const struct nn_layer *l = nn_image_layers(r->image) + i;
    struct nn_run here = { .layer = l, .image = r->image, .arena = r->arena };
    struct board_run run;
    enum status st = board_run(r->board, i, i + 1, 1, RUN_MS, &run, err);
    uint32_t crc;

    if (st != ST_OK)
        return st;
    nn_run(&here);
    crc = crc32_of(
        0, r->arena + l->out, (size_t)nn_out_count(l) * nn_type_bytes(l->type));
    if (l->type == NN_F32 || crc == run.crc)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "model.wrong_output",
        "layer %u (%s) made other bytes on %s than here", i,
        nn_op_name((enum nn_op)l->op), r->board->name);
}

/* The network's last output in float32. */
static enum status
compare_output(struct rig *r, struct rig_check *out, struct err *err)
{
    size_t n = head(r)->out_bytes / sizeof(float);
    const float *want = (const float *)(const void *)(r->arena + head(r)->out);
    float *got = malloc(head(r)->out_bytes);
    enum status st = got != NULL ? board_read(r->board, head(r)->out, got,
                                       head(r)->out_bytes, err)
                                 : err_nomem(err);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        const double e = fabs((double)got[i] - want[i]);

        /* What is not a number is as wrong as can be. */
        if (!(e <= out->max_abs_err))
            out->max_abs_err = isnan(e) ? INFINITY : e;
        out->max_rel_err = fmax(out->max_rel_err,
            isnan(e) ? INFINITY : e / fmax(1, fabs((double)want[i])));
    }
    free(got);
    if (st == ST_OK && !(out->max_rel_err <= TOLERANCE))
        st = err_set(err, ST_UNPROCESSABLE, "model.wrong_output",
            "the output on %s differs by %g from the one here", r->board->name,
            out->max_rel_err);
    return st;
}

static enum status
compare(struct rig *r, struct rig_check *out, struct err *err)
{
    const struct nn_layer *last =
        nn_image_layers(r->image) + head(r)->n_layers - 1;
    enum status st;

    *out = (struct rig_check){ .outputs = head(r)->n_layers };
    memcpy(r->arena + head(r)->in, r->input, head(r)->in_bytes);
    if ((st = rig_feed(r, err)) != ST_OK)
        return st;
    for (uint32_t i = 0; i < head(r)->n_layers; i++)
        if ((st = compare_layer(r, i, err)) != ST_OK)
            return st;
    return last->type == NN_F32 ? compare_output(r, out, err) : ST_OK;
}

enum status
rig_compare(struct rig *r, struct rig_check *out, struct err *err)
{
    enum status st;

    while ((st = compare(r, out, err)) != ST_OK)
        if ((st = rig_mend(r, st, err)) != ST_OK)
            return st;
    return ST_OK;
}

double
rig_ns(const struct rig *r, double ticks)
{
    return ticks * 1e9 / (double)r->board->clock_hz;
}

double
rig_instructions(const struct rig *r, double ticks)
{
    return rig_ns(r, ticks) / EMULATOR_NS_PER_INSTRUCTION;
}
