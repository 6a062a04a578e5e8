/* SPDX-License-Identifier: MIT */
/* Energy meters that read the kernel's files, on files laid out in a folder of
 * the test's own; which of them is used, and why the others are not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "probes/meters/meters.h"
#include "probes/meters/trapezoid.h"

#define ZONE   "class/powercap/intel-rapl:1"
#define SENSOR "class/hwmon/hwmon2"

static char root[64];

/* Written in place, as the kernel's files change: an open one sees it. */
static void
put(const char *path, const char *text)
{
    char full[256];
    FILE *f;

    snprintf(full, sizeof(full), "%s/%s", root, path);
    for (char *at = strchr(full + strlen(root) + 1, '/'); at != NULL;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)!mkdir(full, 0755);
        *at = '/';
    }
    assert_non_null(f = fopen(full, "w"));
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
take_away(const char *path)
{
    char full[256];

    snprintf(full, sizeof(full), "%s/%s", root, path);
    assert_int_equal(unlink(full), 0);
}

/* A machine of two packages; all cores belong to number 0, the second zone. */
static void
lay_out_powercap(void)
{
    for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
        char path[96];

        snprintf(path, sizeof(path),
            "devices/system/cpu/cpu%ld/topology/physical_package_id", cpu);
        put(path, "0\n");
    }
    put("class/powercap/intel-rapl:0/name", "package-1\n");
    put("class/powercap/intel-rapl:0/energy_uj", "7\n");
    put(ZONE "/name", "package-0\n");
    put(ZONE "/energy_uj", "262143328800\n");
    put(ZONE "/max_energy_range_uj", "262143328850\n");
    put(ZONE "/constraint_0_max_power_uw", "95000000\n");
}

static int
make_root(void **state)
{
    (void)state;
    strcpy(root, "/tmp/offramp-sensors-XXXXXX");
    return mkdtemp(root) == NULL || chmod(root, 0755) != 0;
}

static int
remove_root(void **state)
{
    (void)state;
    return file_rmtree(root, NULL) != ST_OK;
}

static void
powercap_is_the_package_of_the_core_and_sees_through_its_wrap(void **state)
{
    struct meter_handle h;
    const struct meter_facts *f;
    uint64_t from, to, delta;

    (void)state;
    lay_out_powercap();
    assert_int_equal(meter_open(&h, &meter_powercap, root, NULL), ST_OK);
    f = h.ops->facts(h.self);
    assert_true(f->range == UINT64_C(262143328851) && f->unit_nj == 1000);
    /* 262 kJ at 95 W, half of it: 1380 s */
    assert_true(llabs(f->longest_ns - INT64_C(1379701730789)) < 1000000);
    assert_int_equal(h.ops->read(h.self, &from, NULL), ST_OK);
    assert_true(from == UINT64_C(262143328800));
    put(ZONE "/energy_uj", "100\n");
    assert_int_equal(h.ops->read(h.self, &to, NULL), ST_OK);
    assert_int_equal(meter_delta(f, from, to, &delta, NULL), ST_OK);
    assert_int_equal(delta, 151);
    /* Back by a little is no wrap. */
    put(ZONE "/energy_uj", "90\n");
    assert_int_equal(h.ops->read(h.self, &from, NULL), ST_OK);
    assert_int_equal(meter_delta(f, to, from, &delta, NULL), ST_INVALID);
    put(ZONE "/energy_uj", "junk\n");
    assert_int_equal(h.ops->read(h.self, &from, NULL), ST_IO);
    meter_close(&h);
}

static void
no_zone(void)
{
    put(ZONE "/name", "core\n");
}

static void
no_range(void)
{
    take_away(ZONE "/max_energy_range_uj");
}

static void
no_total(void)
{
    take_away(ZONE "/energy_uj");
}

static void
no_permission(void)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/" ZONE "/energy_uj", root);
    assert_int_equal(chmod(path, 0), 0);
}

static void
powercap_says_what_it_lacks(void **state)
{
    static const struct {
        void (*spoil)(void);
        const char *code, *text;
    } rows[] = {
        { no_zone, "device.no_meter", "no zone of this processor's package" },
        { no_range, "device.meter_untrusted", "max_energy_range_uj" },
        { no_total, "device.no_meter", "energy_uj" },
        { no_permission, "device.meter_denied", "may not be read" },
    };
    /* Root may read everything: be somebody else meanwhile. */
    uid_t me = geteuid(), nobody = me == 0 ? 65534 : me;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_handle h;
        struct err err = { 0 };
        enum status st;

        lay_out_powercap();
        rows[i].spoil();
        assert_int_equal(seteuid(nobody), 0);
        st = meter_open(&h, &meter_powercap, root, &err);
        assert_int_equal(seteuid(me), 0);
        assert_int_equal(st, ST_NOT_FOUND);
        assert_string_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.text, rows[i].text));
        assert_null(h.self);
    }
}

/* A reading, between two looks at the clock. */
struct reading {
    uint64_t nj;
    int64_t before_ns, after_ns;
};

static struct reading
read_at(const struct meter_handle *h)
{
    struct reading r = { .before_ns = clock_ns() };

    assert_int_equal(h->ops->read(h->self, &r.nj, NULL), ST_OK);
    r.after_ns = clock_ns();
    return r;
}

/* Watch the sensor for 30 ms: the energy is that of this power for the time
 * between the readings, however long those took. */
static void
check_power(const struct meter_handle *h, double watts)
{
    struct reading from = read_at(h), to;
    double nj;

    do {
        to = read_at(h);
    } while (to.after_ns - from.before_ns < 30000000);
    nj = (double)(to.nj - from.nj);
    assert_true(nj >= watts * (double)(to.before_ns - from.after_ns) - 2);
    assert_true(nj <= watts * (double)(to.after_ns - from.before_ns) + 2);
}

static void
a_power_sensor_is_summed_from_power_or_from_current_and_voltage(void **state)
{
    static const struct {
        const char *power, *volt, *curr, *update;
        double watts;
        int64_t window_ns;
    } rows[] = {
        { "5000000\n", NULL, NULL, NULL, 5, 3500000000 },
        { NULL, "5100\n", "400\n", "2\n", 2.04, 1000000000 },
        { "1250000\n", "5100\n", "400\n", "100\n", 1.25, 10000000000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct meter_handle h;

        put("class/hwmon/hwmon0/name", "nvme\n"); /* no board's supply */
        put("class/hwmon/hwmon0/power1_input", "9000000\n");
        put(SENSOR "/name", "ina226\n");
        if (rows[i].power != NULL)
            put(SENSOR "/power1_input", rows[i].power);
        if (rows[i].volt != NULL)
            put(SENSOR "/in1_input", rows[i].volt);
        if (rows[i].curr != NULL)
            put(SENSOR "/curr1_input", rows[i].curr);
        if (rows[i].update != NULL)
            put(SENSOR "/update_interval", rows[i].update);
        assert_int_equal(meter_open(&h, &meter_hwmon, root, NULL), ST_OK);
        assert_true(h.ops->facts(h.self)->window_ns == rows[i].window_ns);
        assert_true(h.ops->facts(h.self)->guard_ns == 500000);
        check_power(&h, rows[i].watts);
        meter_close(&h);
        remove_root(state);
        assert_int_equal(mkdir(root, 0755), 0);
    }
}

static void
a_power_sensor_that_stops_telling_drops_samples(void **state)
{
    struct meter_handle h;
    uint64_t taken, dropped;

    (void)state;
    put(SENSOR "/name", "ina3221\n");
    put(SENSOR "/power1_input", "none\n");
    assert_int_equal(meter_open(&h, &meter_hwmon, root, NULL), ST_OK);
    check_power(&h, 0);
    h.ops->samples(h.self, &taken, &dropped);
    assert_int_equal(taken, 0);
    assert_true(dropped > 0);
    meter_close(&h);
}

static void
the_first_meter_that_works_is_used_and_the_others_say_why_not(void **state)
{
    static const struct meter *const table[] = { &meter_powercap, &meter_hwmon,
        NULL };
    static const struct {
        bool powercap, hwmon;
        const char *states[2];
    } rows[] = {
        { true, true, { "used", NULL } },
        { false, true, { "absent", "used" } },
        { false, false, { "absent", "absent" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *tried = json_array();
        struct meter_handle h;

        remove_root(state);
        assert_int_equal(mkdir(root, 0755), 0);
        if (rows[i].powercap)
            lay_out_powercap();
        if (rows[i].hwmon) {
            put(SENSOR "/name", "ina219\n");
            put(SENSOR "/power1_input", "1000000\n");
        }
        assert_int_equal(meters_find(table, root, &h, tried, NULL), ST_OK);
        for (size_t k = 0; k < 2; k++) {
            const json_t *t = json_array_get(tried, k);
            const char *told = json_string_value(json_object_get(t, "state"));

            if (rows[i].states[k] == NULL) {
                assert_null(t);
                continue;
            }
            assert_string_equal(told, rows[i].states[k]);
            assert_true(json_is_null(json_object_get(t, "why")) ==
                        (strcmp(told, "used") == 0));
        }
        assert_true(meters_here(tried) == (h.self != NULL));
        meter_close(&h);
        json_decref(tried);
    }
}

static void
the_trapezoid_rule_sums_a_recorded_trace(void **state)
{
    static const struct {
        struct {
            int64_t at_ns;
            double watts;
        } sample[6];
        int n;
        double nj;
        uint64_t taken, dropped;
    } rows[] = {
        { { { 0, 2 }, { 1000, 2 }, { 2000, 2 } }, 3, 4000, 3, 0 },
        { { { 0, 0 }, { 1000, 4 }, { 2000, 0 } }, 3, 4000, 3, 0 },
        { { { 5000, 3 } }, 1, 0, 1, 0 },
        /* three missing in the middle; the sum goes on across the gap */
        { { { 0, 1 }, { 1000, 1 }, { 5000, 1 } }, 3, 5000, 3, 3 },
        /* a little late is not lost */
        { { { 0, 1 }, { 1900, 1 }, { 2900, 1 } }, 3, 2900, 3, 0 },
        /* back in time, and no number: both are dropped */
        { { { 0, 1 }, { 1000, 1 }, { 500, 9 }, { 1500, NAN }, { 2000, 1 } }, 5,
            2000, 3, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trapezoid t;

        trapezoid_start(&t, 1000);
        for (int k = 0; k < rows[i].n; k++)
            trapezoid_add(&t, rows[i].sample[k].at_ns, rows[i].sample[k].watts);
        assert_true(fabs(t.total_nj - rows[i].nj) < 1e-9);
        assert_int_equal(t.taken, rows[i].taken);
        assert_int_equal(t.dropped, rows[i].dropped);
    }
}

int
main(void)
{
#define IN_A_ROOT(test)                                                        \
    cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_A_ROOT(
            powercap_is_the_package_of_the_core_and_sees_through_its_wrap),
        IN_A_ROOT(powercap_says_what_it_lacks),
        IN_A_ROOT(
            a_power_sensor_is_summed_from_power_or_from_current_and_voltage),
        IN_A_ROOT(a_power_sensor_that_stops_telling_drops_samples),
        IN_A_ROOT(
            the_first_meter_that_works_is_used_and_the_others_say_why_not),
        cmocka_unit_test(the_trapezoid_rule_sums_a_recorded_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
