/* SPDX-License-Identifier: MIT */
/*
 * bare.h -- a plain network in a box (task_box.h), its data, and what the
 * `augment` task made of it.  Helpers assert: a failure ends the test.
 */
#ifndef OFFRAMP_TEST_WORKER_BARE_H
#define OFFRAMP_TEST_WORKER_BARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/model/onnx.h"
#include "unit/worker/task_box.h"

struct bare_box {
    struct task_box b;
    char model[HASH_HEX], inputs[HASH_HEX], labels[HASH_HEX];
    char augmented[HASH_HEX];
};

/* The caller ends it with onnx_free(). */
Onnx__ModelProto *bare_read(const char *path);

/* Only the last output of a file, analysed: what people call plain. */
void bare_put(struct bare_box *p, const char *path);

/* The project's own network and data in a new box; box_close() it. */
void bare_open(struct bare_box *p);

/* What the task is asked; steals `options`. */
json_t *bare_payload(const struct bare_box *p, json_t *options);

/* Augment; the document (the caller's), and the new model made ready for
 * another task.  Steals `options`. */
json_t *bare_augment(struct bare_box *p, json_t *options);

/* The file of a blob in a folder of the box. */
void bare_path(const struct bare_box *p, const char *sub, const char *hex,
    char out[PATH_MAX]);

/* A member; NaN where it is no number. */
double bare_number(const json_t *doc, const char *name);

#endif
