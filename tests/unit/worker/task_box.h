/* SPDX-License-Identifier: MIT */
/*
 * task_box.h -- run one worker task in this process, as its agent's child
 * would: a folder with task.json and blobs goes in, result.json comes out.
 *
 * A `struct task_box` is a folder that is made anew for every run; files put
 * into it are blobs of the next run.
 */
#ifndef OFFRAMP_TEST_TASK_BOX_H
#define OFFRAMP_TEST_TASK_BOX_H

#include <limits.h>
#include <stdbool.h>

#include "base/hash.h"
#include "base/json.h"

struct task_box {
    char dir[48];
    json_t *result; /* of the newest run; owned by the box */
};

void box_open(struct task_box *b);
void box_close(struct task_box *b);

/* Make bytes, or a file, a blob of the next run; its name goes to `hex`. */
void box_bytes(
    struct task_box *b, const void *data, size_t len, char hex[HASH_HEX]);
void box_file(struct task_box *b, const char *path, char hex[HASH_HEX]);

/* Make an output of the newest run a blob of the next one. */
void box_reuse(struct task_box *b, const char *hex);

/* An array as NumPy writes it: "<f4", "(2, 3)". */
void box_array(struct task_box *b, const char *descr, const char *shape,
    const void *data, size_t len, char hex[HASH_HEX]);

/* Run; `payload` is stolen.  The whole result document, borrowed. */
const json_t *box_run(struct task_box *b, const char *kind, json_t *payload);

/* Fails the test unless the newest run failed so; `words` are in the detail.
 */
void box_failed(const struct task_box *b, const char *class, const char *code,
    const char *words);

/* The result of a run that must have succeeded. */
const json_t *box_done(const struct task_box *b);

#endif
