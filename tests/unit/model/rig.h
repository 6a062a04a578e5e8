/* SPDX-License-Identifier: MIT */
/*
 * rig.h -- what tests of the analysis share: a runtime, a store of cut
 * models in memory, and running one of them.  Failures end the test.
 */
#ifndef OFFRAMP_TEST_RIG_H
#define OFFRAMP_TEST_RIG_H

#include <jansson.h>

#include "probes/runtimes/runtime.h"
#include "search/model/analyse.h"

struct blob {
    char hex[HASH_HEX];
    void *data;
    size_t len;
};

struct rig {
    struct runtime *rt;
    struct blob *blobs;
    size_t n_blobs;
    json_t *nodes; /* names of nodes at fault, of all analyses */
};

/* A named tensor of floats (or other 4-byte elements) on the heap. */
struct named {
    char *name;
    struct tensor t;
};

/* All tensors known so far in a run of several cuts. */
struct bag {
    struct named *item;
    size_t n;
};

/* Exit code 77 if there is no ONNX Runtime here, else 0 with *rig ready. */
int rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* Analyse; `shapes` is JSON text or NULL. */
enum status rig_analyse(struct rig *rig, json_t **doc, const void *data,
    size_t len, const char *shapes, struct err *err);

/* The same for a text of make_onnx.h; must succeed. */
json_t *rig_doc(struct rig *rig, const char *text);

const struct blob *rig_blob(const struct rig *rig, const char *hex);

/* Run a model on tensors of the bag; its outputs are put into the bag,
 * replacing those of the same name.  Absent inputs get seeded numbers. */
void rig_run(
    struct rig *rig, const struct blob *b, struct bag *bag, unsigned seed);

const struct tensor *bag_find(const struct bag *bag, const char *name);
void bag_clear(struct bag *bag);

/* Largest |a - b| relative to the largest |a|, of floats. */
double rig_difference(const struct tensor *a, const struct tensor *b);

/* json_object_get() along "layers.3.name". */
const json_t *rig_at(const json_t *doc, const char *path);
const char *rig_text(const json_t *doc, const char *path);
int64_t rig_int(const json_t *doc, const char *path);

#endif
