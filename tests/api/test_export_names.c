/* SPDX-License-Identifier: MIT */
/*
 * Names from strangers, in every dialect: a document with a hostile name has
 * the same lines, cells and JSON values as one with a harmless name, so that
 * no name can add a line, end a comment, open a tag or be run by a
 * spreadsheet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "mobile.h"

static const char *const names[] = {
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "a,b\";c",
    "a -- b\n# EOF\r'\"\\",
    "m\"\nx{} 1",
    "m\"} 1\n# TYPE y counter",
    "- {mean: 1}\n---\n!!python/object:os.system",
    "</script><img src=x onerror=alert(1)>",
    "%s%n%d${x}$(x)`x`",
    "\x1b]0;x\x07\x7f",
    "a\xe2\x80\xa8"
    "b\xe2\x80\xae"
    "c", /* a line of Unicode, right to left */
    "node1 -- x -- forward_compute_time=0.0",
    "",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const struct target {
    const char *what, *member;
} targets[] = {
    { "row", "name" },
    { "row", "op_type" },
    { "row", "fusion_group" },
    { "row", "processor" },
    { "model", "name" },
    { "profile", "model_name" },
    { "profile", "device" },
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

/* What the file leaves out, and native JSON has always. */
static const char *const absent[] = { "env_sha256", "seed", "started_at",
    "finished_at", "policy", "check", "flags", "e2e", "closure" };

static json_t *
load(struct export_input *in)
{
    json_t *doc = mobile_load(in), *row;
    size_t i;

    for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        json_object_set_new(in->profile, absent[i], json_null());
    json_array_foreach(in->rows, i, row)
    {
        json_object_set_new(row, "n_epochs", json_integer(9));
        json_object_set_new(row, "flags", json_array());
    }
    return doc;
}

static void
rename_to(const struct export_input *in, const struct target *t, const char *to)
{
    json_t *at = t->what[0] == 'r'   ? json_array_get(in->rows, 0)
                 : t->what[0] == 'm' ? in->model
                                     : in->profile;

    assert_int_equal(json_object_set_new(at, t->member, json_string(to)), 0);
}

/* How many values a document holds, of all depths. */
static size_t
values(const json_t *v)
{
    const char *key;
    json_t *e;
    size_t n = 1, i;

    if (json_is_array(v))
        json_array_foreach(v, i, e) n += values(e);
    else if (json_is_object(v))
        json_object_foreach((json_t *)v, key, e) n += values(e);
    return n;
}

/* Lines outside of quotes; no cell may begin as a formula does. */
static size_t
csv_lines(const char *text)
{
    bool quoted = false, start = true;
    size_t lines = 0;

    for (; *text != '\0'; text++) {
        if (start && !quoted)
            assert_null(strchr("=+@\t", *text));
        if (start && *text == '"') {
            assert_null(strchr("=+-@\t\r", text[1]));
        }
        quoted ^= *text == '"';
        start = !quoted && (*text == ',' || *text == '\n');
        lines += !quoted && *text == '\n';
    }
    assert_false(quoted);
    return lines;
}

static size_t
text_lines(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++) {
        assert_true((unsigned char)*text >= ' ' || strchr("\t\r\n", *text));
        lines += *text == '\n' || *text == '\r';
    }
    return lines;
}

static size_t
json_values(const char *what, const char *text, size_t len)
{
    struct err err = { 0 };
    json_t *doc;
    size_t n;

    if (json_parse(text, len, &doc, &err) != ST_OK)
        fail_msg("%s: %s", what, err.text);
    n = values(doc);
    json_decref(doc);
    return n;
}

/* A document a line. */
static size_t
jsonl_values(const char *what, const char *text)
{
    size_t n = 0;

    for (const char *end; *text != '\0'; text = end + 1) {
        end = strchr(text, '\n');
        assert_non_null(end);
        n += json_values(what, text, (size_t)(end - text));
    }
    return n;
}

/* What must not change with a name: 0 where the file lacks what the dialect
 * asks for. */
static size_t
shape_of(const struct export_dialect *d, const struct export_input *in)
{
    struct err err = { 0 };
    struct buf out;
    size_t n = 0;

    buf_init(&out, 1 << 20);
    if (d->write(in, &out, &err) != ST_OK) {
        n = 0;
    } else if (strstr(d->media_type, "jsonl") != NULL) {
        n = jsonl_values(d->name, out.data);
    } else if (strstr(d->media_type, "json") != NULL) {
        n = json_values(d->name, out.data, out.len);
    } else {
        n = strcmp(d->name, "csv") == 0 ? csv_lines(out.data)
                                        : text_lines(out.data);
    }
    buf_clear(&out);
    return n;
}

static void
no_name_changes_the_shape_of_a_document(void **state)
{
    size_t tried = 0, dialects = 0;

    (void)state;
    for (const struct export_dialect *d = export_dialects; d->name; d++)
        for (size_t i = 0; i < TARGETS * NAMES; i++) {
            const struct target *t = &targets[i / NAMES];
            struct export_input in;
            json_t *doc = load(&in);
            size_t plain, hostile;

            rename_to(&in, t, "Harmless");
            plain = shape_of(d, &in);
            rename_to(&in, t, names[i % NAMES]);
            hostile = shape_of(d, &in);
            if (plain != hostile)
                fail_msg("%s: %s.%s = %s: %zu against %zu", d->name, t->what,
                    t->member, names[i % NAMES], hostile, plain);
            tried += hostile > 0;
            dialects += hostile > 0 && i == 0;
            json_decref(doc);
        }
    printf("%zu documents of %zu dialects\n", tried, dialects);
    assert_true(dialects >= 15);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_name_changes_the_shape_of_a_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
