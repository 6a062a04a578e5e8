/* SPDX-License-Identifier: MIT */
#include "mobile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

json_t *
mobile_load(struct export_input *in)
{
    json_t *doc;

    assert_int_equal(json_file_load(OFFRAMP_FIXTURES "/export/mobile.json",
                         1 << 20, &doc, NULL),
        ST_OK);
    *in = (struct export_input){ .profile = json_object_get(doc, "profile"),
        .model = json_object_get(doc, "model"),
        .env = json_object_get(doc, "env"),
        .rows = json_object_get(doc, "rows"),
        .omitted = json_object_get(doc, "omitted"),
        .min_grade = "A" };
    return doc;
}
