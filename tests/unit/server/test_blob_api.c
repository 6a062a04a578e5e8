/* SPDX-License-Identifier: MIT */
/* /v1/blobs. */
#include "unit/server/call.h"

#include <stdio.h>

#include "base/hash.h"

static void
a_blob_is_stored_once_and_read_back(void **state)
{
    static const char data[] = "a\0b";
    char hex[HASH_HEX], url[128], path[128];
    struct answer a;

    hash_bytes(data, sizeof(data), hex);
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    for (int i = 0; i < 2; i++) {
        a = call_ask(*state, &(struct ask){ .method = "PUT",
                                 .url = url,
                                 .body = data,
                                 .len = sizeof(data),
                                 .type = "application/octet-stream" });
        assert_int_equal(a.status, i == 0 ? 201 : 200);
        assert_string_equal(answer_header(&a, "Location"), url);
        answer_clear(&a);
    }
    a = call_ask(*state, &(struct ask){ .method = "GET", .url = url });
    assert_int_equal(a.status, 200);
    assert_int_equal(a.reply.len, sizeof(data));
    assert_memory_equal(a.body, data, sizeof(data));
    snprintf(path, sizeof(path), "\"%s\"", hex);
    assert_string_equal(answer_header(&a, "ETag"), path);
    answer_clear(&a);
}

static void
an_empty_body_is_a_blob_too(void **state)
{
    char hex[HASH_HEX], url[128];

    hash_bytes("", 0, hex);
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    json_decref(call(*state, 201, "PUT", url, ""));
}

static void
what_does_not_hash_to_its_name_is_refused(void **state)
{
    char hex[HASH_HEX], url[128];

    hash_bytes("right", 5, hex);
    snprintf(url, sizeof(url), "/v1/blobs/sha256:%s", hex);
    call_fails(*state, 422, "blob.digest_mismatch", "PUT", url, "wrong");
    call_fails(*state, 404, "blob.not_found", "GET", url, NULL);
}

static void
bad_names_are_refused(void **state)
{
    static const char *const urls[] = {
        "/v1/blobs/sha256:abc",
        ("/v1/blobs/sha256:"
         "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
        "/v1/blobs/sha256:....",
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        call_fails(*state, 400, "request.id", "PUT", urls[i], "x");
    call_fails(
        *state, 404, "request.no_route", "PUT", "/v1/blobs/md5:abc", "x");
    call_fails(*state, 404, "request.no_route", "GET",
        "/v1/blobs/sha256:../../x", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_is_stored_once_and_read_back),
        cmocka_unit_test(an_empty_body_is_a_blob_too),
        cmocka_unit_test(what_does_not_hash_to_its_name_is_refused),
        cmocka_unit_test(bad_names_are_refused),
    };

    return cmocka_run_group_tests(tests, service_setup, service_teardown);
}
