/* SPDX-License-Identifier: MIT */
/* openapi.yaml says what routes.c and the sources do: every path and method,
 * both ways, and every error code.  It reads the file line by line: paths
 * stand at two spaces, methods at four, codes at eight (the file says so). */
#include <dirent.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "server/http.h"

enum { TEXT_MAX = 4 << 20 };

struct document {
    json_t *calls; /* {"GET /v1/jobs/{}": true} */
    json_t *codes; /* {"request.id": true} */
};

/* "/v1/jobs/{id}" as "/v1/jobs/{}": names of arguments are free. */
static void
bare(const char *path, char *out, size_t cap)
{
    size_t n = 0;

    for (; *path != '\0' && n + 1 < cap; path++) {
        out[n++] = *path;
        if (*path == '{')
            path += strcspn(path, "}") - 1;
    }
    out[n] = '\0';
}

static void
add_call(struct document *d, const char *method, const char *path)
{
    static const char *const methods[] = { "get", "put", "post", "delete" };
    char call[300], upper[8] = "", plain[256];

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i], method) == 0)
            for (size_t k = 0; method[k] != '\0'; k++)
                upper[k] = (char)(method[k] - 'a' + 'A');
    if (upper[0] == '\0')
        return; /* `parameters`, or `head`, which the server derives */
    bare(path, plain, sizeof(plain));
    snprintf(call, sizeof(call), "%s %s", upper, plain);
    assert_null(json_object_get(d->calls, call));
    json_object_set_new(d->calls, call, json_true());
}

static void
read_document(struct document *d)
{
    char *text, *rest = NULL, path[256] = "", method[32], code[64];
    bool in_paths = false, in_codes = false;
    size_t len;

    d->calls = json_object();
    d->codes = json_object();
    assert_int_equal(file_read(OFFRAMP_FIXTURES "/../server/openapi.yaml",
                         TEXT_MAX, &text, &len, NULL),
        ST_OK);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] != ' ' && line[0] != '#')
            in_paths = strcmp(line, "paths:") == 0;
        if (strcmp(line, "    ErrorCode:") == 0)
            in_codes = true;
        if (in_paths && strncmp(line, "  /", 3) == 0)
            snprintf(path, sizeof(path), "%.*s", (int)strlen(line) - 3,
                line + 2); /* without the colon */
        else if (in_paths && strncmp(line, "    ", 4) == 0 &&
                 sscanf(line + 4, "%31[a-z]:", method) == 1)
            add_call(d, method, path);
        if (in_codes && sscanf(line, "        - %63s", code) == 1)
            json_object_set_new(d->codes, code, json_true());
    }
    free(text);
}

static int
setup(void **state)
{
    *state = calloc(1, sizeof(struct document));
    read_document(*state);
    return 0;
}

static int
teardown(void **state)
{
    struct document *d = *state;

    json_decref(d->calls);
    json_decref(d->codes);
    free(d);
    return 0;
}

/* The page's files are the page's business. */
static bool
is_page_file(const char *pattern)
{
    return strcmp(pattern, "/{file}") == 0;
}

static void
every_route_is_described(void **state)
{
    const struct document *d = *state;
    char call[300], plain[256];

    for (const struct route *r = routes; r->method != NULL; r++) {
        if (is_page_file(r->pattern))
            continue;
        bare(r->pattern, plain, sizeof(plain));
        if (strcmp(plain, "/v1/blobs/sha256:{}") == 0)
            strcpy(plain, "/v1/blobs/{}"); /* the digest has its prefix */
        snprintf(call, sizeof(call), "%s %s", r->method, plain);
        if (json_object_get(d->calls, call) == NULL)
            fail_msg("openapi.yaml lacks %s", call);
        json_object_set_new(d->calls, call, json_false());
    }
}

static void
every_description_has_a_route(void **state)
{
    const struct document *d = *state;
    const char *call;
    json_t *v;

    every_route_is_described(state);
    assert_true(json_object_size(d->calls) > 40);
    json_object_foreach(d->calls, call, v)
    {
        if (json_is_true(v))
            fail_msg("routes.c lacks %s", call);
    }
}

/* Call `fn` with each match of `pattern`'s group 1 in a file. */
static size_t
each_match(const char *path, const char *pattern,
    void (*fn)(const struct document *d, const char *path, const char *code),
    const struct document *d)
{
    regmatch_t m[2];
    regex_t re;
    size_t len, n = 0;
    char *text, code[64];

    assert_int_equal(regcomp(&re, pattern, REG_EXTENDED), 0);
    assert_int_equal(file_read(path, TEXT_MAX, &text, &len, NULL), ST_OK);
    for (const char *p = text; regexec(&re, p, 2, m, 0) == 0; p += m[0].rm_eo) {
        snprintf(code, sizeof(code), "%.*s", (int)(m[1].rm_eo - m[1].rm_so),
            p + m[1].rm_so);
        fn(d, path, code);
        n++;
    }
    regfree(&re);
    free(text);
    return n;
}

/* With these a worker refuses what was sent, and the server passes it on. */
static bool
is_of_a_worker(const char *code)
{
    static const char *const codes[] = { "model.unsupported_op",
        "dataset.labels", "dataset.npy", "records.csv" };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

static void
is_listed(const struct document *d, const char *path, const char *code)
{
    if (is_of_a_worker(code))
        return;
    if (json_object_get(d->codes, code) == NULL)
        fail_msg("%s uses %s, which openapi.yaml does not list", path, code);
}

/* Every file of `folder` whose name begins and ends so. */
static size_t
each_file(const char *folder, const char *prefix, const char *suffix,
    const char *pattern, const struct document *d)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    size_t n = 0;
    char path[1024];

    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL) {
        size_t len = strlen(e->d_name), end = strlen(suffix);

        if (len < end || strcmp(e->d_name + len - end, suffix) != 0 ||
            strncmp(e->d_name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        n += each_match(path, pattern, is_listed, d);
    }
    closedir(dir);
    return n;
}

static void
every_code_of_the_handlers_is_listed(void **state)
{
    static const char pattern[] = "ST_[A-Z_]+,[ \n]*\"([a-z]+\\.[a-z_]+)\"";
    static const char *const prefixes[] = { "api_", "accept", "fleet", "http",
        "request", "job_order", "order_input", "search_order", "trial_",
        "costs_check", "row_read" };
    const char *folder = OFFRAMP_FIXTURES "/../server";
    size_t n = 0;

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        n += each_file(folder, prefixes[i], ".c", pattern, *state);
    n += each_file(
        OFFRAMP_FIXTURES "/../server/export", "", ".c", pattern, *state);
    assert_true(n > 50);
}

static void
every_code_of_the_cases_is_listed(void **state)
{
    static const char pattern[] =
        "\"status\": [45][0-9]+,[ \n]*\"code\": \"([a-z]+\\.[a-z_]+)\"";

    assert_true(
        each_file(OFFRAMP_FIXTURES "/api", "", ".json", pattern, *state) > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            every_route_is_described, setup, teardown),
        cmocka_unit_test_setup_teardown(
            every_description_has_a_route, setup, teardown),
        cmocka_unit_test_setup_teardown(
            every_code_of_the_handlers_is_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            every_code_of_the_cases_is_listed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
