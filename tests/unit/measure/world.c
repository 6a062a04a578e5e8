/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

const char *
world_blob(struct world *w, int digit, const char *text)
{
    static char hex[65];
    char path[160];

    memset(hex, "0123456789abcdef"[digit], 64);
    snprintf(path, sizeof(path), "%s/%s", w->dir, hex);
    assert_int_equal(file_write(path, text, strlen(text), NULL), ST_OK);
    return hex;
}

static enum status
blob_path(void *ctx, const char *hex, char path[PATH_MAX], struct err *err)
{
    struct world *w = ctx;

    snprintf(path, PATH_MAX, "%s/%s", w->dir, hex);
    return file_exists(path)
               ? ST_OK
               : err_set(err, ST_NOT_FOUND, "infra.blob_missing", "%s", hex);
}

static void
progress(
    void *ctx, const char *phase, size_t done, size_t total, const char *detail)
{
    struct world *w = ctx;

    (void)detail;
    w->progress_bad |= done > total;
    if (strcmp(w->phase, phase) != 0)
        w->phases++;
    snprintf(w->phase, sizeof(w->phase), "%s", phase);
}

static enum status
part(void *ctx, const json_t *part, struct err *err)
{
    struct world *w = ctx;

    (void)err;
    if (json_object_get(part, "conditions") != NULL) {
        w->told = true;
        return ST_OK;
    }
    assert_true(w->told); /* what holds for all rows comes before them */
    assert_true(json_array_size(json_object_get(part, "rows")) > 0);
    w->parts++;
    return ST_OK;
}

static void
scratch(void *ctx, char path[PATH_MAX])
{
    struct world *w = ctx;

    snprintf(path, PATH_MAX, "%s/trace", w->dir);
}

static void
golden(void *ctx, enum golden_kind kind, struct subject *s)
{
    struct world *w = ctx;

    fake_work_init(&w->golden[kind], &w->machine, 1000, s);
}

static void
flush(void *ctx)
{
    struct world *w = ctx;

    w->machine.now_ns += 10000000; /* 10 ms, which no time may contain */
    w->machine.cold = true;
    w->machine.flushes++;
}

json_t *
world_layer(
    struct world *w, int index, int digit, const char *key, const char *net)
{
    char name[16];

    snprintf(name, sizeof(name), "layer%d", index);
    return json_pack("{s:i, s:s, s:s, s:[s], s:s, s:i}", "index", index, "name",
        name, "kernel_key", key, "onnx_nodes", name, "blob",
        world_blob(w, digit, net), "macs", 100 * index);
}

static json_t *
cut(struct world *w, int digit, const char *net)
{
    return json_pack(
        "{s:s, s:i}", "blob", world_blob(w, digit, net), "macs", 1);
}

void
world_init(struct world *w)
{
    json_t *layers = json_array(), *exits = json_array();

    memset(w, 0, sizeof(*w));
    strcpy(w->dir, "/tmp/offramp-profile-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    fake_machine_init(&w->machine);
    fake_runtime_init(&w->runtime, &w->machine);
    w->kit.runtime = &w->runtime.base;
    w->setup = (struct profile_setup){ .kit = &w->kit,
        .host = &w->machine.host,
        .device = "bench",
        .hooks = { .blob_path = blob_path,
            .progress = progress,
            .part = part,
            .scratch = scratch,
            .golden = golden,
            .flush = flush,
            .ctx = w } };
    json_array_append_new(layers, world_layer(w, 0, 1, "conv", "cost=40000"));
    json_array_append_new(layers, world_layer(w, 1, 2, "conv", "cost=99999"));
    json_array_append_new(
        layers, world_layer(w, 2, 3, "gemm", "cost=10000 cold=5000"));
    json_array_append_new(
        exits, json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "index", 0,
                   "name", "exit0", "output", "exit0", "segment",
                   cut(w, 4, "cost=41000"), "head", cut(w, 5, "cost=9000"),
                   "prefix", cut(w, 6, "cost=48000"), "stage",
                   cut(w, 6, "cost=48000"), "joint", cut(w, 10, "cost=89500")));
    json_array_append_new(exits,
        json_pack("{s:i, s:s, s:s, s:o, s:n, s:o}", "index", 1, "name", "exit1",
            "output", "exit1", "segment", cut(w, 7, "cost=51000"), "head",
            "prefix", cut(w, 8, "cost=91000 first=1")));
    w->payload = json_pack("{s:s, s:{s:s, s:o, s:o}, s:i}", "model", "unused",
        "analysis", "blob",
        world_blob(w, 0,
            "cost=100000 outputs=2 "
            "kernels=layer0:41000 layer1:39000 "
            "layer2:10000 elsewhere:2000"),
        "layers", layers, "exits", exits, "seed", 5);
    assert_non_null(w->payload);
}

void
world_clear(struct world *w)
{
    assert_int_equal(w->runtime.open_nets, 0);
    json_decref(w->payload);
    assert_int_equal(file_rmtree(w->dir, NULL), ST_OK);
}

json_t *
world_profile(struct world *w)
{
    struct err err = { 0 };
    json_t *doc;

    if (profile_run(&w->setup, w->payload, &doc, &err) != ST_OK)
        fail_msg("%s: %s", err.code, err.text);
    return doc;
}

const json_t *
world_row(const json_t *doc, const char *level, const char *role, int index)
{
    size_t i;
    json_t *r;

    json_array_foreach(json_object_get(doc, "rows"), i, r)
    {
        if (strcmp(json_string_value(json_object_get(r, "level")), level) ==
                0 &&
            strcmp(json_string_value(json_object_get(r, "role")), role) == 0 &&
            json_integer_value(json_object_get(r, "index")) == index)
            return r;
    }
    return NULL;
}

bool
row_has_flag(const json_t *o, const char *name)
{
    size_t i;
    json_t *v;

    json_array_foreach(json_object_get(o, "flags"), i, v)
    {
        if (strcmp(json_string_value(v), name) == 0)
            return true;
    }
    return false;
}

double
row_number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

void
assert_about(double got, double want, double rel)
{
    if (!(fabs(got - want) <= rel * fabs(want)))
        fail_msg("%.9g is not %.9g", got, want);
}
