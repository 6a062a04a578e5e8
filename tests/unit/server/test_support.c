/* SPDX-License-Identifier: MIT */
/* What a board says that it can run: taken only where it is whole and does not
 * contradict itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/support.h"

#define YES(n)                                                                 \
    "{\"index\":" #n ",\"support\":true,\"code\":\"supported\",\"reason\":"    \
    "\"int8 conv\"}"
#define NO(n)                                                                  \
    "{\"index\":" #n ",\"support\":false,\"code\":\"memory\",\"reason\":"      \
    "\"it needs 9 bytes, b has 8\"}"
#define DOC(layers, exits)                                                     \
    "{\"schema\":\"offramp.support/1\",\"board\":\"b\",\"type\":\"int8\","     \
    "\"layers\":[" layers "],\"exits\":[" exits "]}"
#define EXIT(segment, head)                                                    \
    "{\"index\":0,\"segment\":" segment ",\"head\":" head "}"

static enum status
check(const char *text, struct err *err)
{
    json_t *analysis = json_pack("{s:[{},{}],s:[{}]}", "layers", "exits");
    json_t *doc = json_loads(text, 0, NULL);
    enum status st;

    assert_non_null(doc);
    st = support_check(doc, analysis, err);
    json_decref(doc);
    json_decref(analysis);
    return st;
}

static void
a_whole_answer_is_taken(void **state)
{
    (void)state;
    assert_int_equal(
        check(DOC(YES(0) "," NO(1), EXIT(NO(0), "null")), NULL), ST_OK);
    assert_int_equal(
        check(DOC(YES(0) "," YES(1), EXIT(YES(0), NO(0))), NULL), ST_OK);
}

static void
half_an_answer_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *word;
    } bad[] = {
        { DOC(YES(0), EXIT(YES(0), "null")), "2 layers" },
        { DOC(YES(0) "," YES(1), ""), "1 exits" },
        { DOC(YES(0) "," YES(0), EXIT(YES(0), "null")), "layers[1].index" },
        { DOC(YES(0) "," YES(1), "{\"index\":0,\"head\":null}"), "segment" },
        { DOC("{\"index\":0,\"support\":true,\"code\":\"memory\",\"reason\":"
              "\"\"}," YES(1),
              EXIT(YES(0), "null")),
            "layers[0]" },
        { DOC("{\"index\":0,\"support\":true,\"code\":\"magic\",\"reason\":"
              "\"\"}," YES(1),
              EXIT(YES(0), "null")),
            "magic" },
        { DOC("{\"index\":0,\"support\":false,\"code\":\"memory\"}," YES(1),
              EXIT(YES(0), "null")),
            "reason" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = { 0 };

        assert_int_not_equal(check(bad[i].text, &err), ST_OK);
        assert_non_null(strstr(err.text, bad[i].word));
    }
}

static void
a_runtime_of_its_own_runs_all_that_it_loads(void **state)
{
    json_t *analysis = json_pack(
        "{s:[{},{}],s:[{s:{}},{s:n}]}", "layers", "exits", "head", "head");
    json_t *doc = support_of_all(analysis, "ONNX Runtime 1.30.0");
    const json_t *a;

    (void)state;
    assert_int_equal(json_array_size(json_object_get(doc, "layers")), 2);
    a = support_find(doc, ROLE_HEAD, 0);
    assert_true(json_is_true(json_object_get(a, "support")));
    assert_non_null(strstr(json_get_string(a, "reason", ""), "1.30.0"));
    assert_true(json_is_null(support_find(doc, ROLE_HEAD, 1)));
    assert_null(support_find(doc, ROLE_LAYER, 2));
    json_decref(doc);
    json_decref(analysis);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_answer_is_taken),
        cmocka_unit_test(half_an_answer_is_refused_by_name),
        cmocka_unit_test(a_runtime_of_its_own_runs_all_that_it_loads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
