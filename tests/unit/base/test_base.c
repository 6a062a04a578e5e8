/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/flag.h"
#include "base/hash.h"
#include "base/opt.h"

static void
the_first_failure_is_the_one_that_is_told(void **state)
{
    struct err err = { 0 };

    (void)state;
    assert_int_equal(
        err_set(&err, ST_NOT_FOUND, NULL, "run %d", 7), ST_NOT_FOUND);
    assert_int_equal(err_set(&err, ST_IO, "x.y", "later"), ST_IO);
    assert_int_equal(err.status, ST_NOT_FOUND);
    assert_string_equal(err.text, "run 7");
    assert_string_equal(err.code, "request.not_found");
    assert_int_equal(status_http(err.status), 404);
}

static void
a_full_disk_is_told_from_other_failures(void **state)
{
    static const struct {
        int number, http;
        const char *code;
    } cases[] = {
        { ENOSPC, 507, "server.full" },
        { EDQUOT, 507, "server.full" },
        { EROFS, 507, "server.read_only" },
        { EIO, 500, "server.io" },
        { ENOMEM, 500, "server.out_of_memory" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { 0 };

        errno = cases[i].number;
        assert_int_equal(
            status_http(err_errno(&err, "writing")), cases[i].http);
        assert_string_equal(err.code, cases[i].code);
    }
}

static void
a_buffer_never_grows_past_its_maximum(void **state)
{
    struct err err = { 0 };
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_int_equal(buf_addstr(&b, "12345678", &err), ST_OK);
    assert_int_equal(buf_addf(&b, &err, "%d", 999), ST_TOO_LARGE);
    assert_string_equal(b.data, "12345678");
    assert_int_equal(buf_addf(&b, NULL, "%d", 90), ST_OK);
    assert_int_equal(b.len, 10);
    buf_clear(&b);
    buf_clear(&b);
}

static void
a_grade_is_the_worst_of_interval_and_flags(void **state)
{
    static const struct {
        int64_t flags;
        double ci_rel;
        char want;
    } cases[] = {
        { 0, 0.004, 'A' },
        { 0, 0.02, 'B' },
        { 0, 0.2, 'C' },
        { 0, 0.0 / 0.0, 'C' },
        { FLAG(no_energy_sensor) | FLAG(cached), 0.004, 'A' },
        { FLAG(drift), 0.004, 'B' },
        { FLAG(bimodal), 0.004, 'C' },
        { FLAG(wrong_output), 0.004, 'X' },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            flag_grade(cases[i].flags, cases[i].ci_rel), cases[i].want);
}

static void
flags_survive_the_way_through_json(void **state)
{
    int64_t all = (INT64_C(1) << FLAG_COUNT) - 1, back;
    struct err err = { 0 };
    json_t *names = flag_json(all);

    (void)state;
    assert_int_equal(json_array_size(names), FLAG_COUNT);
    assert_int_equal(flag_from_json(names, &back, &err), ST_OK);
    assert_int_equal(back, all);
    json_array_append_new(names, json_string("sunny"));
    assert_int_equal(flag_from_json(names, &back, &err), ST_INVALID);
    json_decref(names);
}

static void
a_file_is_written_whole_and_read_with_a_limit(void **state)
{
    char dir[] = "/tmp/offramp-base-XXXXXX", path[64], hex[HASH_HEX];
    struct err err = { 0 };
    size_t len;
    char *data;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/a/b", dir);
    assert_int_equal(file_mkdirs(path, &err), ST_OK);
    snprintf(path, sizeof(path), "%s/a/b/f", dir);
    assert_int_equal(file_write(path, "abc", 3, &err), ST_OK);
    assert_int_equal(file_read(path, 3, &data, &len, &err), ST_OK);
    assert_int_equal(len, 3);
    assert_string_equal(data, "abc");
    free(data);
    assert_int_equal(hash_file(path, hex, &err), ST_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(file_read(path, 2, &data, &len, &err), ST_TOO_LARGE);
    err_clear(&err);
    assert_int_equal(file_rmtree(dir, &err), ST_OK);
    assert_false(file_exists(dir));
    assert_int_equal(file_read(path, 2, &data, &len, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "file.not_found");
    err_clear(&err);
    assert_int_equal(file_open("/", &fd, &err), ST_INVALID);
    assert_string_equal(err.code, "file.kind");
}

struct values {
    bool quick;
    int64_t n;
    double x;
    const char *name;
    struct opt_list list;
};

static enum status
parse(struct values *v, int argc, const char *const *words, const char **args,
    int *n_args, struct err *err)
{
    const struct opt opts[] = {
        { "quick", 'q', OPT_FLAG, &v->quick, NULL, "", NULL, 0, 0 },
        { "count", 'n', OPT_INT, &v->n, "N", "", "OFFRAMP_TEST_N", 1, 9 },
        { "x", 0, OPT_REAL, &v->x, "X", "", NULL, 0, 0 },
        { "name", 0, OPT_STR, &v->name, "TEXT", "", NULL, 0, 0 },
        { "item", 'i', OPT_LIST, &v->list, "ITEM", "", NULL, 0, 0 },
    };
    const struct opt_cmd cmd = { "test", "", "", NULL, opts,
        sizeof(opts) / sizeof(opts[0]), NULL };
    char *argv[16];
    enum status st;
    bool done;

    for (int i = 0; i < argc; i++)
        argv[i] = (char *)words[i]; /* opt_parse() moves, never writes them */
    st = opt_parse(&cmd, argc, argv, n_args, &done, err);
    for (int i = 0; i < *n_args; i++)
        args[i] = argv[1 + i];
    return st;
}

static void
options_are_read_and_bad_ones_are_named(void **state)
{
    static const char *const good[] = { "test", "-q", "--count=3", "file",
        "--x", "2.5", "-i", "a", "-i", "b", "--", "--name" };
    static const struct {
        const char *arg;
        const char *want;
    } bad[] = {
        { "--speed", "unknown option --speed" },
        { "--count=x", "--count: 'x' is not an integer" },
        { "--count=12", "--count: 12 is not within 1 and 9" },
        { "--x=nan", "--x: 'nan' is not a number" },
        { "--quick=1", "--quick takes no argument" },
        { "--name", "--name needs an argument" },
    };
    struct values v = { 0 };
    const char *args[16];
    struct err err = { 0 };
    int n;

    (void)state;
    assert_int_equal(parse(&v, 12, good, args, &n, &err), ST_OK);
    assert_true(v.quick);
    assert_int_equal(v.n, 3);
    assert_true(v.x == 2.5);
    assert_int_equal(v.list.n, 2);
    assert_int_equal(n, 2);
    assert_string_equal(args[0], "file");
    assert_string_equal(args[1], "--name");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *const argv[] = { "test", bad[i].arg };

        err_clear(&err);
        assert_int_equal(parse(&v, 2, argv, args, &n, &err), ST_INVALID);
        assert_non_null(strstr(err.text, bad[i].want));
    }
}

static void
the_environment_speaks_first_and_the_option_last(void **state)
{
    static const char *const none[] = { "test" };
    static const char *const some[] = { "test", "-n", "7" };
    struct values v = { 0 };
    const char *args[16];
    struct err err = { 0 };
    int n;

    (void)state;
    setenv("OFFRAMP_TEST_N", "5", 1);
    assert_int_equal(parse(&v, 1, none, args, &n, &err), ST_OK);
    assert_int_equal(v.n, 5);
    assert_int_equal(parse(&v, 3, some, args, &n, &err), ST_OK);
    assert_int_equal(v.n, 7);
    unsetenv("OFFRAMP_TEST_N");
}

static void
a_time_reads_back_as_it_was_written(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-11-21T00:00:01.250Z", 1795219201250 },
        { "2026-11-21T00:00:01.2Z", 1795219201200 },
        { "2026-11-21T00:00:01.2509Z", 1795219201250 },
        { "2026-11-21T00:00:01", -1 },
        { "2026-11-21 00:00:01Z", -1 },
        { "2026-11-21T00:00:01Zulu", -1 },
        { "yesterday", -1 },
        { "", -1 },
    };
    char text[CLOCK_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(clock_utc_parse(cases[i].text), cases[i].want);
    clock_utc_text(1795219201250, text);
    assert_int_equal(clock_utc_parse(text), 1795219201250);
}

/* The system's clock was wrong by an hour or a day, and was set since. */
static void
a_clock_that_is_set_meanwhile_moves_no_end(void **state)
{
    static const int64_t wrong_ms[] = { 3600000, -3600000, 86400000, 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong_ms) / sizeof(wrong_ms[0]); i++) {
        struct clock_start s = clock_start();
        int64_t took_ms;

        s.utc_ms += wrong_ms[i];
        s.ns -= 5000000000; /* it began five seconds ago */
        took_ms = clock_utc_since(&s) - s.utc_ms;
        assert_in_range(took_ms, 5000, 65000);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_set_meanwhile_moves_no_end),
        cmocka_unit_test(a_time_reads_back_as_it_was_written),
        cmocka_unit_test(the_first_failure_is_the_one_that_is_told),
        cmocka_unit_test(a_full_disk_is_told_from_other_failures),
        cmocka_unit_test(a_buffer_never_grows_past_its_maximum),
        cmocka_unit_test(a_grade_is_the_worst_of_interval_and_flags),
        cmocka_unit_test(flags_survive_the_way_through_json),
        cmocka_unit_test(a_file_is_written_whole_and_read_with_a_limit),
        cmocka_unit_test(options_are_read_and_bad_ones_are_named),
        cmocka_unit_test(the_environment_speaks_first_and_the_option_last),
    };
    struct err err = { 0 };

    if (hash_start(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
