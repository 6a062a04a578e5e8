/* SPDX-License-Identifier: MIT */
#include "unit/worker/task_box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "search/worker/kinds.h"

static const struct task_kind *const kinds[] = { &task_analyse, &task_augment,
    &task_quantise, &task_dataset, &task_records, &task_search, NULL };

static void
box_path(const struct task_box *b, const char *sub, const char *name,
    char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s/%s", b->dir, sub, name);
}

void
box_open(struct task_box *b)
{
    char path[PATH_MAX];

    *b = (struct task_box){ .dir = "/tmp/offramp-worker-XXXXXX" };
    assert_non_null(mkdtemp(b->dir));
    box_path(b, "blobs", "", path);
    assert_int_equal(file_mkdirs(path, NULL), ST_OK);
}

void
box_close(struct task_box *b)
{
    json_decref(b->result);
    assert_int_equal(file_rmtree(b->dir, NULL), ST_OK);
    *b = (struct task_box){ 0 };
}

void
box_bytes(struct task_box *b, const void *data, size_t len, char hex[HASH_HEX])
{
    char path[PATH_MAX];

    hash_bytes(data, len, hex);
    box_path(b, "blobs", hex, path);
    assert_int_equal(file_write(path, data, len, NULL), ST_OK);
}

void
box_file(struct task_box *b, const char *from, char hex[HASH_HEX])
{
    char path[PATH_MAX];

    assert_int_equal(hash_file(from, hex, NULL), ST_OK);
    box_path(b, "blobs", hex, path);
    assert_int_equal(file_copy(from, path, NULL), ST_OK);
}

void
box_reuse(struct task_box *b, const char *hex)
{
    char from[PATH_MAX], to[PATH_MAX];

    box_path(b, "out", hex, from);
    box_path(b, "blobs", hex, to);
    assert_int_equal(rename(from, to), 0);
}

void
box_array(struct task_box *b, const char *descr, const char *shape,
    const void *data, size_t len, char hex[HASH_HEX])
{
    struct buf file;
    char header[200];
    int n = snprintf(header, sizeof(header),
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr,
        shape);
    const unsigned char head[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0,
        (unsigned char)n, 0 };

    buf_init(&file, 1 << 20);
    assert_int_equal(buf_add(&file, head, sizeof(head), NULL), ST_OK);
    assert_int_equal(buf_add(&file, header, (size_t)n, NULL), ST_OK);
    assert_int_equal(buf_add(&file, data, len, NULL), ST_OK);
    box_bytes(b, file.data, file.len, hex);
    buf_clear(&file);
}

const json_t *
box_run(struct task_box *b, const char *kind, json_t *payload)
{
    json_t *lease = json_pack("{s:s, s:o}", "kind", kind, "payload", payload);
    struct err err = { 0 };
    char path[PATH_MAX];

    assert_non_null(lease);
    snprintf(path, sizeof(path), "%s/task.json", b->dir);
    assert_int_equal(json_file_save(path, lease, &err), ST_OK);
    json_decref(lease);
    json_decref(b->result);
    b->result = NULL;
    if (agent_run_task(kinds, b->dir, -1, &err) != ST_OK)
        fail_msg("%s", err.text);
    snprintf(path, sizeof(path), "%s/result.json", b->dir);
    assert_int_equal(json_file_load(path, 1 << 24, &b->result, &err), ST_OK);
    return b->result;
}

static const char *
text_of(const json_t *doc, const char *name)
{
    const char *s = json_string_value(json_object_get(doc, name));

    return s ? s : "";
}

void
box_failed(const struct task_box *b, const char *class, const char *code,
    const char *words)
{
    assert_string_equal(text_of(b->result, "status"), "failed");
    assert_string_equal(text_of(b->result, "code"), code);
    assert_string_equal(text_of(b->result, "class"), class);
    if (strstr(text_of(b->result, "detail"), words) == NULL)
        fail_msg("'%s' lacks '%s'", text_of(b->result, "detail"), words);
}

const json_t *
box_done(const struct task_box *b)
{
    if (strcmp(text_of(b->result, "status"), "done") != 0)
        fail_msg(
            "%s: %s", text_of(b->result, "code"), text_of(b->result, "detail"));
    return json_object_get(b->result, "result");
}
