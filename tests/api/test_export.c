/* SPDX-License-Identifier: MIT */
/*
 * The export dialects, twice: byte by byte against the golden files of
 * fixtures/export (one fixed profile, grade B and better), and as a reader of
 * each format would take them.  `test_export --write` writes the golden files
 * anew; look at the difference before you commit it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "call.h"
#include "mobile.h"
#include "server/costs_check.h"
#include "server/export/export.h"
#include "steps.h"

static bool write_golden;

static int
setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    json_t *steps = json_pack("[{s:s}]", "use", "profile");

    world_open(w);
    steps_run(w, "test_export", steps);
    json_decref(steps);
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

/* The document, which the caller frees. */
static char *export(struct world *w, const char *format, const char *min_grade)
{
    struct call_body none = { 0 };
    char request[128], *text;
    struct call c;

    snprintf(request, sizeof(request),
        "GET /v1/export/%s?profile=1&min_grade=%s", format, min_grade);
    assert_true(w->start(w, &c, request, NULL, &none));
    text = call_text(&c);
    if (c.rp.status != 200)
        fail_msg("%s: %s", request, text);
    call_end(&c);
    return text;
}

static json_t *
export_doc(struct world *w, const char *format, const char *min_grade)
{
    char *text = export(w, format, min_grade);
    struct err err = { 0 };
    json_t *doc;

    if (json_parse(text, strlen(text), &doc, &err) != ST_OK)
        fail_msg("%s: %s", format, err.text);
    free(text);
    return doc;
}

static const char *
string(const json_t *o, const char *name)
{
    const char *s = json_string_value(json_object_get(o, name));

    return s ? s : "";
}

static double
number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    assert_true(json_is_number(v));
    return json_number_value(v);
}

/* Against the golden file, or instead of it. */
static void
compare(const char *file, const char *got)
{
    char path[512], *want;
    size_t len;

    snprintf(path, sizeof(path), OFFRAMP_FIXTURES "/export/%s", file);
    if (write_golden)
        assert_int_equal(file_write(path, got, strlen(got), NULL), ST_OK);
    assert_int_equal(file_read(path, 1 << 20, &want, &len, NULL), ST_OK);
    if (strcmp(got, want) != 0)
        fail_msg("%s differs: test_export --write, then git diff", path);
    free(want);
}

static void
every_dialect_equals_its_golden_file(void **state)
{
    static const struct {
        const char *format, *min_grade, *file;
    } golden[] = {
        { "json", "B", "profile.json" },
        { "csv", "B", "profile.csv" },
        { "chrome", "B", "profile.trace.json" },
        { "costs", "B", "profile.costs.json" },
        { "ort", "B", "profile.ort.json" },
        { "tvm-log", "B", "profile.tvm.log" },
        { "tvm-report", "B", "profile.tvm.json" },
        { "trtexec", "B", "profile.trtexec.json" },
        { "tflite", "B", "profile.tflite.txt" },
        { "google-benchmark", "B", "profile.benchmark.json" },
        { "model-explorer", "B", "profile.overlay.json" },
        { "nn-meter", "B", "profile.nnmeter.csv" },
        { "nn-meter-json", "B", "profile.nnmeter.json" },
        { "fbnet", "C", "profile.fbnet.json" },
        { "nni", "C", "profile.nni.txt" },
        { "partition", "C", "profile.partition.json" },
        { "graph", "C", "profile.graph.json" },
        { "pipedream", "C", "profile.pipedream.txt" },
        { "axonn", "C", "profile.axonn.json" },
        { "blocks", "B", "profile.blocks.json" },
        { "openmetrics", "B", "profile.metrics.txt" },
    };

    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
        char *got = export(*state, golden[i].format, golden[i].min_grade);

        compare(golden[i].file, got);
        free(got);
    }
}

static void
write_dialect(
    const char *format, const struct export_input *in, struct buf *out)
{
    const struct export_dialect *d;
    struct err err = { 0 };

    buf_init(out, 1 << 20);
    assert_int_equal(export_find(format, &d, &err), ST_OK);
    if (d->write(in, out, &err) != ST_OK)
        fail_msg("%s: %s", format, err.text);
}

/* A network of the blocks that this format knows. */
static void
a_mobile_network_has_an_ofa_table(void **state)
{
    struct export_input in;
    json_t *doc = mobile_load(&in);
    struct buf out;

    (void)state;
    write_dialect("ofa", &in, &out);
    compare("mobile.ofa.yaml", out.data);
    buf_clear(&out);
    json_decref(doc);
}

static void
layers_in_the_network_are_preferred_once_all_are_there(void **state)
{
    struct export_input in;
    json_t *doc = mobile_load(&in), *row;
    size_t n = json_array_size(in.rows);
    struct buf out;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        write_dialect("tflite", &in, &out);
        assert_non_null(strstr(out.data, "# level: L2\n"));
        buf_clear(&out);
        row = json_deep_copy(json_array_get(in.rows, i));
        json_object_set_new(row, "level", json_string("L1"));
        json_array_append_new(in.rows, row);
    }
    write_dialect("tflite", &in, &out);
    assert_non_null(strstr(out.data, "# level: L1\n"));
    buf_clear(&out);
    write_dialect("nn-meter", &in, &out);
    assert_non_null(strstr(out.data, "# level: L2\n"));
    buf_clear(&out);
    json_decref(doc);
}

/* Of layers alone, whatever level their latency is of. */
static void
openmetrics_has_energy_where_a_meter_was(void **state)
{
    struct export_input in;
    json_t *doc = mobile_load(&in), *row;
    struct buf out;

    (void)state;
    write_dialect("openmetrics", &in, &out);
    assert_null(strstr(out.data, "joules"));
    buf_clear(&out);
    row = json_deep_copy(json_array_get(in.rows, 0));
    json_object_set_new(row, "level", json_string("L5"));
    json_object_set_new(row, "median_ns", json_null());
    json_object_set_new(row, "energy",
        json_pack(
            "{s:f,s:n,s:f}", "gross_nj", 2500.0, "net_nj", "err_nj", 125.0));
    json_array_append_new(in.rows, row);
    write_dialect("openmetrics", &in, &out);
    assert_non_null(strstr(out.data, "# UNIT offramp_layer_energy_joules "));
    assert_non_null(strstr(out.data, "level=\"L5\",min_grade=\"A\",layer=\""
                                     "/conv0\",index=\"0\",kind=\"gross\"} "
                                     "2.5e-06\n"));
    assert_non_null(strstr(out.data, "kind=\"err\"} 1.25e-07\n"));
    assert_null(strstr(out.data, "kind=\"net\""));
    buf_clear(&out);
    json_decref(doc);
}

static size_t
lines_of(const char *format, const struct export_input *in)
{
    struct buf out;
    size_t n = 0;

    write_dialect(format, in, &out);
    for (size_t i = 0; i < out.len; i++)
        n += out.data[i] == '\n';
    buf_clear(&out);
    return n;
}

static void
a_hostile_name_adds_no_line(void **state)
{
    static const char *const formats[] = { "tflite", "nn-meter", "ofa", "nni",
        "pipedream", "openmetrics", "tvm-log" };
    size_t before[sizeof(formats) / sizeof(formats[0])];
    struct export_input in;
    json_t *doc = mobile_load(&in);
    struct buf out;

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        before[i] = lines_of(formats[i], &in);
    json_object_set_new(json_array_get(in.rows, 0), "name",
        json_string("a -- b\n# EOF\r'\"\\"));
    json_object_set_new(in.profile, "model_name", json_string("m\"\nx{} 1"));
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        assert_int_equal(lines_of(formats[i], &in), before[i]);
    write_dialect("pipedream", &in, &out);
    assert_non_null(strstr(out.data, "(a _- b # EOF '\"\\) -- forward"));
    buf_clear(&out);
    write_dialect("nni", &in, &out);
    assert_non_null(strstr(out.data, "'a -- b\\x0a# EOF\\x0d\\'\"\\\\'"));
    buf_clear(&out);
    json_decref(doc);
}

static void
native_json_has_each_layer_and_level_or_lists_it_as_omitted(void **state)
{
    json_t *all = export_doc(*state, "json", "X");
    json_t *good = export_doc(*state, "json", "A");
    size_t n_all = json_array_size(json_object_get(all, "layers")), layers = 0;
    json_t *o;
    size_t i;

    json_array_foreach(json_object_get(good, "omitted"), i, o)
    {
        assert_string_not_equal(string(o, "grade"), "A");
        layers += strcmp(string(o, "role"), "layer") == 0;
    }
    assert_int_equal(n_all, 6); /* five at L2, one at L4 */
    assert_int_equal(json_array_size(json_object_get(all, "omitted")), 0);
    assert_int_equal(
        json_array_size(json_object_get(good, "layers")) + layers, n_all);
    assert_string_equal(string(good, "min_grade"), "A");
    assert_string_equal(string(good, "statistic"), "median");
    json_decref(all);
    json_decref(good);
}

/* Read one record of RFC 4180 from *p into cells; their number. */
static size_t
csv_record(const char **p, char cells[][256], size_t max)
{
    size_t n = 0;

    for (;;) {
        bool quoted = **p == '"';
        size_t len = 0;

        assert_true(n < max);
        *p += quoted;
        for (; **p != '\0'; (*p)++) {
            if (quoted && **p == '"' && *++*p != '"')
                break; /* the end; a doubled one is kept once */
            if (!quoted && (**p == ',' || **p == '\r'))
                break;
            assert_true(quoted || **p != '"');
            assert_true(len < 255);
            cells[n][len++] = **p;
        }
        cells[n++][len] = '\0';
        if (*(*p)++ == ',')
            continue;
        assert_int_equal(*(*p)++, '\n'); /* lines end with CR LF */
        return n;
    }
}

static size_t
column(char header[][256], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(header[i], name) == 0)
            return i;
    fail_msg("there is no column %s", name);
    return 0;
}

static void
csv_has_a_cell_for_every_column_and_keeps_omitted_rows(void **state)
{
    static char header[64][256], cells[64][256];
    char *text = export(*state, "csv", "B");
    const char *p = text;
    size_t n = csv_record(&p, header, 64), rows = 0, omitted = 0, quoted = 0;

    while (*p != '\0') {
        assert_int_equal(csv_record(&p, cells, 64), n);
        rows++;
        quoted +=
            strcmp(cells[column(header, n, "name")], "/fc \"final\"/Gemm") == 0;
        if (strcmp(cells[column(header, n, "omitted")], "1") == 0) {
            omitted++;
            assert_string_equal(cells[column(header, n, "median_ns")], "");
            assert_string_equal(cells[column(header, n, "grade")], "C");
        } else {
            assert_true(atof(cells[column(header, n, "median_ns")]) > 0);
        }
    }
    assert_int_equal(rows, 6);
    assert_int_equal(omitted, 1);
    assert_int_equal(quoted, 1);
    free(text);
}

static void
trace_events_of_a_thread_are_in_order_and_do_not_overlap(void **state)
{
    json_t *doc = export_doc(*state, "chrome", "X"), *e;
    double end[8] = { 0 }, sum_l2 = 0;
    bool named[8] = { false };
    size_t i, slices = 0;

    json_array_foreach(json_object_get(doc, "traceEvents"), i, e)
    {
        size_t tid = (size_t)number(e, "tid");

        assert_true(tid < 8);
        assert_int_equal(number(e, "pid"), 1);
        if (strcmp(string(e, "ph"), "M") == 0) {
            named[tid] = true;
            continue;
        }
        assert_string_equal(string(e, "ph"), "X");
        assert_true(named[tid]);
        assert_true(number(e, "dur") >= 0);
        assert_true(number(e, "ts") >= end[tid] - 1e-9);
        end[tid] = number(e, "ts") + number(e, "dur");
        if (strcmp(string(json_object_get(e, "args"), "level"), "L2") == 0)
            sum_l2 += number(json_object_get(e, "args"), "median_ns");
        slices++;
    }
    assert_int_equal(slices, 1 + 5 + 3 + 2);
    assert_true(fabs(sum_l2 - 540070.25) < 1e-6);
    assert_string_equal(
        string(json_object_get(doc, "metadata"), "device"), "localhost");
    json_decref(doc);
}

static void
costs_are_a_document_that_a_search_takes(void **state)
{
    json_t *doc = export_doc(*state, "costs", "B");
    struct err err = { 0 };

    if (costs_check(doc, &err) != ST_OK ||
        costs_check_objective(doc, "latency_ns", &err) != ST_OK ||
        costs_check_objective(doc, "macs", &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(
        costs_check_objective(doc, "energy_nj", NULL), ST_UNPROCESSABLE);
    json_decref(doc);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_equals_its_golden_file),
        cmocka_unit_test(
            native_json_has_each_layer_and_level_or_lists_it_as_omitted),
        cmocka_unit_test(
            csv_has_a_cell_for_every_column_and_keeps_omitted_rows),
        cmocka_unit_test(
            trace_events_of_a_thread_are_in_order_and_do_not_overlap),
        cmocka_unit_test(costs_are_a_document_that_a_search_takes),
        cmocka_unit_test(a_mobile_network_has_an_ofa_table),
        cmocka_unit_test(
            layers_in_the_network_are_preferred_once_all_are_there),
        cmocka_unit_test(openmetrics_has_energy_where_a_meter_was),
        cmocka_unit_test(a_hostile_name_adds_no_line),
    };

    write_golden = argc > 1 && strcmp(argv[1], "--write") == 0;
    if (hash_start(NULL) != ST_OK)
        return 1;
    log_init("test_export", LOG_ERROR);
    return cmocka_run_group_tests(tests, setup, teardown);
}
