/* SPDX-License-Identifier: MIT */
/*
 * offrampd as a process: start, address, files, options, tokens, stop.  What
 * goes through the dispatcher alone is in tests/unit/server.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "e2e/place.h"

static void
it_starts_fast_and_small_and_tells_its_address(void **state)
{
    struct place *p = *state;
    struct daemon d;
    char *text;
    size_t len;

    place_start(&d, p, "--address-file", p->address);
    printf("started in %.0f ms, %.0f of them at work, %ld kB\n",
        (double)d.started_ns / 1e6, (double)daemon_cpu_ns(&d) / 1e6,
        daemon_rss_kb(&d));
    assert_true(daemon_cpu_ns(&d) < 1000000000);
    assert_in_range(daemon_rss_kb(&d), 1, PLACE_RSS_MAX_KB);
    place_get(d.url, "/readyz", 200, NULL);
    assert_int_equal(file_read(p->address, 100, &text, &len, NULL), ST_OK);
    assert_int_equal(text[len - 1], '\n');
    text[len - 1] = '\0';
    assert_string_equal(text, d.url);
    free(text);
    place_stop(&d);
}

static void
a_file_is_streamed_in_and_out(void **state)
{
    enum { SIZE = 3 << 20 };
    struct place *p = *state;
    char from[128], to[128], path[128], hex[HASH_HEX], got[HASH_HEX];
    char *data = malloc(SIZE);
    struct daemon d;

    assert_non_null(data);
    for (int i = 0; i < SIZE; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    hash_bytes(data, SIZE, hex);
    snprintf(from, sizeof(from), "%s/from", p->dir);
    snprintf(to, sizeof(to), "%s/to", p->dir);
    snprintf(path, sizeof(path), "/v1/blobs/sha256:%s", hex);
    assert_int_equal(file_write(from, data, SIZE, NULL), ST_OK);
    place_start(&d, p, NULL, NULL);
    place_ask(d.url,
        &(struct rest_call){ .method = "PUT", .path = path, .file = from },
        NULL, 201, NULL);
    place_ask(d.url, &(struct rest_call){ .method = "HEAD", .path = path },
        NULL, 200, NULL);
    place_ask(d.url,
        &(struct rest_call){ .method = "GET", .path = path, .save = to }, NULL,
        200, NULL);
    assert_int_equal(hash_file(to, got, NULL), ST_OK);
    assert_string_equal(got, hex);
    place_stop(&d);
    free(data);
}

static void
one_store_has_one_server(void **state)
{
    struct place *p = *state;
    const char *const options[] = { "--db", p->db, "--listen", "127.0.0.1:0",
        "--no-worker", NULL };
    struct daemon d;

    place_start(&d, p, NULL, NULL);
    assert_int_equal(daemon_refusal(options), 1);
    place_get(d.url, "/readyz", 200, NULL);
    daemon_end(&d, SIGKILL);
    place_start(&d, p, NULL, NULL); /* the lock went with the process */
    place_stop(&d);
}

static void
bad_options_are_refused(void **state)
{
    static const struct {
        const char *option, *value;
        int code;
    } bad[] = {
        { "--listen", "8080", 2 },
        { "--listen", "127.0.0.1:", 2 },
        { "--listen", "127.0.0.1:http-", 2 },
        { "--listen", "0.0.0.0:0", 1 }, /* without tokens */
        { "--workers", "0", 2 },
        { "--log-level", "loud", 2 },
        { "--cook", "it", 2 },
        { "--db", "/proc/no/where", 1 },
    };
    struct place *p = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const options[] = { "--db", p->db, "--listen",
            "127.0.0.1:0", "--no-worker", bad[i].option, bad[i].value, NULL };

        if (daemon_refusal(options) != bad[i].code)
            fail_msg("%s %s", bad[i].option, bad[i].value);
    }
}

/* Run `offrampd token ..` on the store; its first line of output. */
static void
token_command(const struct place *p, const char *rest, char *out, size_t cap)
{
    char command[512];
    FILE *f;

    snprintf(command, sizeof(command), "%s/offrampd token %s --db %s",
        OFFRAMP_BIN, rest, p->db);
    f = popen(command, "re");
    assert_non_null(f);
    if (fgets(out, (int)cap, f) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    while (fgetc(f) != EOF)
        continue;
    assert_int_equal(pclose(f), 0);
}

static void
tokens_open_other_addresses(void **state)
{
    struct place *p = *state;
    const char *const options[] = { "--db", p->db, "--listen", "0.0.0.0:0",
        "--no-worker", NULL };
    const struct rest_call jobs = { .method = "GET", .path = "/v1/jobs" };
    char token[128], line[256];
    struct daemon d;

    token_command(p, "add --name me --scope read", token, sizeof(token));
    assert_memory_equal(token, "offramp_", 8);
    daemon_start(&d, options);
    place_get(d.url, "/healthz", 200, NULL);
    place_ask(d.url, &jobs, NULL, 401, NULL);
    place_ask(d.url, &jobs, "offramp_0000", 401, NULL);
    place_ask(d.url, &jobs, token, 200, NULL);
    token_command(p, "revoke --name me", line, sizeof(line));
    place_ask(d.url, &jobs, token, 401, NULL);
    place_stop(&d);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_starts_fast_and_small_and_tells_its_address),
        TEST(a_file_is_streamed_in_and_out),
        TEST(one_store_has_one_server),
        TEST(bad_options_are_refused),
        TEST(tokens_open_other_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
