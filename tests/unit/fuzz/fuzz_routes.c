/* SPDX-License-Identifier: MIT */
/* Any request: "METHOD URL\n" and a body.  The service answers with a document
 * and never with a 500. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "unit/fuzz/play.h"
#include "unit/server/call.h"

static struct service *service;
static size_t answers, good;

/* The next word up to `end`, as a string of its own; NULL: there is none. */
static char *
word(const uint8_t **at, const uint8_t *stop, char end)
{
    const uint8_t *to = memchr(*at, end, (size_t)(stop - *at));
    char *text = to ? strndup((const char *)*at, (size_t)(to - *at)) : NULL;

    if (to != NULL)
        *at = to + 1;
    return text;
}

/* mhd.c refuses a longer query before it is a request. */
static bool
is_request(const char *url)
{
    size_t fields = 0;

    for (const char *p = url; *p != '\0'; p++)
        fields += *p == '&';
    return url[0] == '/' && fields + 1 < REQUEST_PAIRS;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *at = data, *stop = data + len;
    char *method, *url = NULL;

    if (service == NULL && service_setup((void **)&service) != 0)
        abort();
    method = word(&at, stop, ' ');
    if (method != NULL)
        url = word(&at, stop, '\n');
    if (url != NULL && is_request(url)) {
        struct answer a =
            call_ask(service, &(struct ask){ .method = method,
                                  .url = url,
                                  .body = at < stop ? (const char *)at : NULL,
                                  .len = (size_t)(stop - at) });

        if (a.status >= 500 || (a.status >= 400 && a.json == NULL)) {
            fprintf(
                stderr, "%d: %.*s\n", a.status, (int)len, (const char *)data);
            abort();
        }
        answers++;
        good += a.status < 300;
        answer_clear(&a);
    }
    free(method);
    free(url);
    return 0;
}

#ifndef OFFRAMP_FUZZER

/* A table of another server, which is good as it stands. */
static bool
play_import(struct rng *rng)
{
    static const char head[] = "POST /v1/import\n";
    struct buf text;
    char *doc = NULL;
    size_t len;
    bool ok;

    buf_init(&text, 1 << 20);
    ok = file_read(OFFRAMP_FIXTURES "/export/profile.json", 1 << 19, &doc, &len,
             NULL) == ST_OK &&
         buf_addstr(&text, head, NULL) == ST_OK &&
         buf_add(&text, doc, len, NULL) == ST_OK &&
         fuzz_play(text.data, text.len, 500, rng) == 0;
    free(doc);
    buf_clear(&text);
    return ok;
}

int
main(void)
{
    static const char *const seeds[] = {
        "GET /v1/devices?limit=2\n",
        "GET /v1/export/json?profile=1&min_grade=B\n",
        "GET /v1/profiles/1/diff/2\n",
        "POST /v1/jobs\n{\"model\":1,\"devices\":[\"a\"],\"priority\":3,"
        "\"policy\":{\"max_rounds\":11}}",
        "POST /v1/searches\n{\"profile\":1,\"records\":1,\"max_drop\":0.01,"
        "\"grid\":32}",
        "POST /v1/work/session\n{\"agent\":\"p\",\"kinds\":[\"profile\"],"
        "\"devices\":[{\"name\":\"d\"}],\"version\":\"1\"}",
        "POST /v1/augmentations\n{\"model\":1,\"dataset\":1,"
        "\"device\":\"a\",\"max_drop\":0.01}",
        "POST /v1/policies\n{\"profile\":1,\"records\":1,"
        "\"link\":{\"bytes_per_s\":1e6}}",
        "POST /v1/import\n{\"schema\":\"offramp.profile/1\",\"rows\":[]}",
        "DELETE /v1/datasets/1\n",
        "PUT /v1/devices/a/model\n{\"clock_hz\":1e8,\"from\":\"its sheet\","
        "\"cycles_per_instruction\":[1,1.3,1.8]}",
        "POST /v1/policies\n{\"live\":{\"device\":\"a\",\"dataset\":1,"
        "\"rows\":[0,10]},\"profile\":1,\"offload\":[1,2]}",
        "POST /v1/policies\n{\"partition\":{\"profiles\":[1,2],"
        "\"link\":{\"bytes_per_s\":1e6},\"seen\":3}}",
        "POST /v1/policies\n{\"selection\":{\"configs\":[{\"name\":\"x\","
        "\"records\":1,\"profile\":1}],\"images\":1}}",
        "POST /v1/links\n{\"from\":\"a\",\"policy\":{\"max_rounds\":3}}",
    };
    struct rng rng = { 5 };

    if (!play_import(&rng))
        return 1;
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        if (fuzz_play(seeds[i], strlen(seeds[i]), 3000, &rng) != 0)
            return 1;
    printf("%zu calls, %zu of them answered well\n", answers, good);
    if (good == 0 || good == answers)
        return 1; /* the seeds are none */
    return service_teardown((void **)&service);
}

#endif
