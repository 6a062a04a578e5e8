/* SPDX-License-Identifier: MIT */
#include "unit/data/plan_rig.h"

/* Exit 0 is right for a, b, c (sure of a and b), exit 1 for all but f; g has
 * no label.  The test half has one sample that leaves late. */
static const char records_text[] =
    "sample,label,pred_0,score_0,pred_1,score_1,split\n"
    "a,1,1,0.9,1,,cal\n"
    "b,1,1,0.8,1,,cal\n"
    "c,1,1,0.3,1,,cal\n"
    "d,1,0,0.7,1,,cal\n"
    "e,1,0,0.2,1,,cal\n"
    "f,1,0,0.1,0,,cal\n"
    "g,-1,0,0.99,1,,cal\n"
    "h,1,1,0.5,1,,test\n"
    "i,1,1,0.95,0,,test\n"
    "j,1,1,0.95,0,,validation\n";

static const char costs_text[] =
    "{\"schema\":\"offramp.costs/1\",\"metrics\":[\"latency_ns\",\"ops\"],"
    "\"exits\":[{\"name\":\"early\",\"segment\":{\"latency_ns\":[100,90,110],"
    "\"ops\":1},\"head\":{\"latency_ns\":10,\"ops\":null}},"
    "{\"name\":\"final\",\"segment\":{\"latency_ns\":200,\"ops\":2}}]}";

int
plan_set_up(void **state)
{
    static struct given g;
    json_t *doc;

    assert_int_equal(
        records_parse(records_text, strlen(records_text), &g.records, NULL),
        ST_OK);
    assert_int_equal(
        json_parse(costs_text, strlen(costs_text), &doc, NULL), ST_OK);
    assert_int_equal(costs_read(doc, &g.costs, NULL), ST_OK);
    json_decref(doc);
    *state = &g;
    return 0;
}

int
plan_tear_down(void **state)
{
    struct given *g = *state;

    records_clear(&g->records);
    costs_clear(&g->costs);
    return 0;
}

double
plan_number(const json_t *o, const char *path)
{
    char part[32];
    size_t n;

    while (*path) {
        n = strcspn(path, ".");
        memcpy(part, path, n);
        part[n] = '\0';
        o = json_is_array(o) ? json_array_get(o, (size_t)(part[0] - '0'))
                             : json_object_get(o, part);
        path += n + (path[n] == '.');
    }
    return json_is_number(o) ? json_number_value(o) : NAN;
}

const char *
plan_word(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}
