/* SPDX-License-Identifier: MIT */
/* stretch_host.c -- a stretch of a plan on a machine that runs ONNX. */
#include <stdlib.h>
#include <string.h>

#include "probes/measure/kit.h"
#include "probes/relay/stretch.h"

struct host_stretch {
    struct stretch base;
    struct kit kit;
    struct runner *runner; /* NULL: it only passes tensors on */
    uint8_t *gives;        /* owned */
};

/* The path of a part, or "" where it is null. */
static enum status
part_path(const struct task *t, const json_t *exit, const char *part,
    char path[PATH_MAX], struct err *err)
{
    const char *hex = json_get_string(exit, part, NULL);

    path[0] = '\0';
    return hex != NULL ? task_blob_path(t, hex, path, err) : ST_OK;
}

static enum status
open_runner(struct host_stretch *h, const struct task *t, struct err *err)
{
    const struct stretch *s = &h->base;
    struct runner_stage stage[RUNNER_EXITS_MAX];
    char(*paths)[2][PATH_MAX] = malloc((size_t)s->exits * sizeof(*paths) + 1);
    enum status st = paths != NULL ? ST_OK : err_nomem(err);

    for (int i = 0; st == ST_OK && i < s->exits; i++) {
        const struct stretch_exit *x = &s->exit[i];

        if ((st = part_path(t, x->doc, "segment", paths[i][0], err)) == ST_OK)
            st = part_path(t, x->doc, "head", paths[i][1], err);
        stage[i] = (struct runner_stage){
            .segment.path = paths[i][0][0] ? paths[i][0] : NULL,
            .head.path = paths[i][1][0] ? paths[i][1] : NULL,
            .output = x->kept ? x->name : NULL,
            .threshold = x->threshold,
            .score = x->score,
        };
    }
    if (st == ST_OK && s->exits > 0)
        st = runner_open_part(&h->runner, h->kit.runtime, stage, s->exits, err);
    free(paths);
    return st;
}

static const struct tensor *
own_tensor(const struct host_stretch *h, const char *name)
{
    return h->runner != NULL ? runner_tensor(h->runner, name) : NULL;
}

static const struct stretch_tensor *
taken(const struct host_stretch *h, const char *name)
{
    for (size_t i = 0; i < h->base.takes.n; i++)
        if (strcmp(h->base.takes.item[i].name, name) == 0)
            return &h->base.takes.item[i];
    return NULL;
}

/* Every tensor on the way must be one that the files have, of that size. */
static enum status
check_tensors(const struct host_stretch *h, const struct stretch_tensors *list,
    bool given, struct err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct stretch_tensor *x = &list->item[i];
        const struct tensor *own = own_tensor(h, x->name);

        if (own != NULL ? own->bytes != x->bytes
                        : !given && taken(h, x->name) == NULL)
            return err_set(err, ST_UNPROCESSABLE, "relay.tensors",
                "tensor %.200s is to be handed over as %zu bytes; %s", x->name,
                x->bytes,
                own != NULL ? "the network's has another size"
                            : "no part of this processor makes it");
    }
    return ST_OK;
}

static enum status
run(struct stretch *s, const void *in, struct stretch_run *out, struct err *err)
{
    struct host_stretch *h = (struct host_stretch *)s;
    struct runner_answer a = { .stage = -1 };
    enum status st;

    for (size_t i = 0; i < s->takes.n; i++) {
        const struct stretch_tensor *x = &s->takes.item[i];
        const struct tensor *own = own_tensor(h, x->name);

        if (own != NULL)
            memcpy(own->data, (const uint8_t *)in + x->at, x->bytes);
    }
    if (h->runner != NULL && (st = runner_run(h->runner, &a, err)) != ST_OK)
        return st;
    if (a.stage >= 0) {
        out->left = true;
        out->stage = s->exit[a.stage].index;
        out->class = a.class;
        out->score = a.score;
        out->values = runner_output(h->runner, a.stage, &out->n);
        return ST_OK;
    }
    for (size_t i = 0; i < s->gives.n; i++) {
        const struct stretch_tensor *x = &s->gives.item[i];
        const struct tensor *own = own_tensor(h, x->name);

        memcpy(h->gives + x->at,
            own != NULL ? own->data
                        : (const uint8_t *)in + taken(h, x->name)->at,
            x->bytes);
    }
    out->gives = h->gives;
    return ST_OK;
}

static void
host_close(struct stretch *s)
{
    struct host_stretch *h = (struct host_stretch *)s;

    runner_close(h->runner);
    if (h->kit.runtime != NULL)
        kit_close(&h->kit);
    free(h->gives);
    free(h);
}

static const struct stretch_ops ops = { .run = run, .close = host_close };

static enum status
open_all(struct host_stretch *h, const struct task *t, struct err *err)
{
    char mask[64];
    enum status st = kit_open(&h->kit, NULL, err);

    if (st != ST_OK)
        return st;
    host_pin(true, mask, sizeof(mask));
    if ((st = kit_announce(
             &h->kit, &h->base.stable, h->base.fingerprint, err)) != ST_OK ||
        (st = open_runner(h, t, err)) != ST_OK ||
        (st = check_tensors(h, &h->base.takes, true, err)) != ST_OK)
        return st;
    return check_tensors(h, &h->base.gives, false, err);
}

enum status
stretch_host_open(struct stretch **out, const struct stretch *base,
    struct task *t, struct err *err)
{
    struct host_stretch *h = calloc(1, sizeof(*h));
    enum status st;

    *out = NULL;
    if (h == NULL)
        return err_nomem(err);
    h->base = *base;
    h->base.ops = &ops;
    if ((h->gives = malloc(base->gives.bytes + 1)) == NULL)
        st = err_nomem(err);
    else
        st = open_all(h, t, err);
    if (st != ST_OK) {
        stretch_close(&h->base);
        return st;
    }
    *out = &h->base;
    return ST_OK;
}
