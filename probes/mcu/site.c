/* SPDX-License-Identifier: MIT */
#include "probes/mcu/site.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env_digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/version.h"
#include "probes/mcu/emulator.h"
#include "probes/meters/source.h"

static enum status
read_list(json_t **out, struct err *err)
{
    const char *text = getenv(SITE_ENV);

    if (text != NULL)
        return json_parse(text, strlen(text), out, err);
    *out = json_object();
    return *out ? ST_OK : err_nomem(err);
}

static enum status
read_board(
    const char *name, const json_t *o, struct site_board *out, struct err *err)
{
    const char *machine = "", *path = "", *id = "", *baud = "";
    const struct json_field fields[] = {
        { "qemu", JF_STR, false, &machine, 0, sizeof(out->machine) - 1 },
        { "serial", JF_STR, false, &path, 0, sizeof(out->path) - 1 },
        { "id", JF_STR, false, &id, 0, sizeof(out->id) - 1 },
        { "baud", JF_STR, false, &baud, 0, 16 },
    };
    enum status st = JSON_READ(o, name, fields, err);

    if (st != ST_OK)
        return st;
    *out = (struct site_board){ .baud = SERIAL_BAUD };
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(out->machine, sizeof(out->machine), "%s", machine);
    snprintf(out->path, sizeof(out->path), "%s", path);
    snprintf(out->id, sizeof(out->id), "%s", id);
    if (baud[0] != '\0')
        out->baud = strtoll(baud, NULL, 10);
    if ((machine[0] == '\0') == (path[0] == '\0'))
        return err_set(err, ST_INVALID, "cli.option",
            "--board %s: say where it is, either qemu=MACHINE or serial=PATH",
            name);
    if (path[0] != '\0' || emulator_find(machine) != NULL)
        return ST_OK;
    return err_set(err, ST_INVALID, "cli.option",
        "--board %s: there is no firmware for qemu=%s; mps2-an385, an386, "
        "an500, an505 and mps3-an547 have one",
        name, machine);
}

enum status
site_find(const char *name, struct site_board *out, struct err *err)
{
    json_t *list = NULL, *o;
    enum status st = read_list(&list, err);

    if (st != ST_OK)
        return st;
    o = json_object_get(list, name);
    st = o != NULL
             ? read_board(name, o, out, err)
             : err_set(err, ST_NOT_FOUND, "infra.no_board",
                   "%s is no board of this host: give its agent --board", name);
    json_decref(list);
    return st;
}

/* The firmware of a machine: beside the program in a build, below its prefix
 * once installed. */
static enum status
firmware_path(const char *machine, char out[PATH_MAX], struct err *err)
{
    char dir[PATH_MAX - 64];
    enum status st = file_self_dir(dir, sizeof(dir), err);

    if (st != ST_OK)
        return st;
    snprintf(out, PATH_MAX, "%s/firmware/%s.elf", dir, machine);
    if (!file_exists(out))
        snprintf(
            out, PATH_MAX, "%s/../lib/offramp/firmware/%s.elf", dir, machine);
    return ST_OK;
}

/* The id by which a real board is known; what was given goes first. */
static enum status
identify(struct site_board *s, struct err *err)
{
    if (site_emulated(s) || s->id[0] != '\0')
        return ST_OK;
    return serial_identity(s->path, "/sys", s->id, err);
}

static enum status
open_serial(const struct site_board *s, struct board **out, struct err *err)
{
    struct site_board known = *s;
    struct port *port = NULL;
    enum status st;

    if ((st = identify(&known, err)) != ST_OK ||
        (st = serial_open(&port, s->path, s->baud, err)) != ST_OK)
        return st;
    return board_open(out, port, err);
}

static enum status
open_emulated(const struct site_board *s, struct board **out, struct err *err)
{
    const char *program = getenv("OFFRAMP_QEMU");
    char path[PATH_MAX], version[64];
    struct port *port = NULL;
    enum status st;

    if ((st = emulator_version(program, version, sizeof(version), err)) !=
            ST_OK ||
        (st = firmware_path(s->machine, path, err)) != ST_OK ||
        (st = emulator_open(&port, program, s->machine, path, err)) != ST_OK)
        return st;
    return board_open(out, port, err);
}

enum status
site_open(const struct site_board *s, struct board **out, struct err *err)
{
    *out = NULL;
    return site_emulated(s) ? open_emulated(s, out, err)
                            : open_serial(s, out, err);
}

/* ---- what it is ---- */

static json_t *
firmware_digest(const struct site_board *s)
{
    char path[PATH_MAX], hex[HASH_HEX];
    struct err err = { 0 };

    if (!site_emulated(s) || firmware_path(s->machine, path, &err) != ST_OK ||
        hash_file(path, hex, &err) != ST_OK)
        return json_null();
    return json_string(hex);
}

static json_t *
emulator_json(const struct site_board *s)
{
    char version[64];
    struct err err = { 0 };

    return site_emulated(s) && emulator_version(getenv("OFFRAMP_QEMU"), version,
                                   sizeof(version), &err) == ST_OK
               ? json_sprintf("qemu %s", version)
               : json_null();
}

/* What numbers are counts of: a row without classes of instructions is not
 * used again where there are some. */
static const char *
counter_source(const struct site_board *s, const struct board *b)
{
    if (site_emulated(s))
        return b != NULL && b->port->ops->counts != NULL ? "icount, by class"
                                                         : "icount";
    return b != NULL && b->dwt ? "dwt" : "systick";
}

enum status
site_stable(const struct site_board *s, const struct board *b,
    const char *dtype, json_t **out, char fingerprint[HASH_HEX],
    struct err *err)
{
    const struct emulator_machine *m = emulator_find(s->machine);
    const char *model = b ? b->name : m ? m->name : NULL;
    const char *core = b ? b->core : m ? m->core : NULL;
    struct site_board known = *s;
    struct err why = { 0 };
    struct meter_spec named;
    /* What its owner calls it: asking the meter would disturb its user. */
    const char *meter =
        !site_emulated(s) && meter_spec_find(s->name, &named, NULL) == ST_OK
            ? named.name
            : NULL;

    if (identify(&known, &why) != ST_OK)
        log_warn("board %s: %s", s->name, why.text);

    *out = json_pack(
        "{s:s?,s:s?,s:s?,s:s?,s:o,s:o,s:s,s:s,s:o,s:s,s:o,s:s?,s:s?,s:s?}",
        "board_model", model, "board_serial",
        known.id[0] != '\0' ? known.id : NULL, "soc", core, "cpu_model", core,
        "fixed_khz",
        b ? json_integer((json_int_t)(b->clock_hz / 1000)) : json_null(),
        "ram_bytes", b ? json_integer((json_int_t)b->pool_bytes) : json_null(),
        "runtime", "offramp-firmware", "runtime_version", OFFRAMP_VERSION,
        "firmware_digest", firmware_digest(s), "counter_source",
        counter_source(s, b), "emulator", emulator_json(s), "kernels",
        b ? nn_kernels_name(board_best(b)) : NULL, "dtype", dtype,
        "energy_sensor", meter);
    if (*out == NULL)
        return err_nomem(err);
    return env_fingerprint(*out, fingerprint, err);
}

/* A label is a text: one that is not known is no label. */
static json_t *
text_or_none(const json_t *env, const char *name)
{
    json_t *v = json_object_get(env, name);

    return json_is_string(v) ? json_incref(v) : NULL;
}

/* Two ports cannot lead to one board: one of them would measure the other. */
static enum status
check_ids(const json_t *boards, struct err *err)
{
    json_t *seen = json_object(), *o, *env, *id;
    enum status st = seen ? ST_OK : err_nomem(err);
    const char *name;

    json_object_foreach((json_t *)boards, name, o)
    {
        env = json_object_get(o, "env");
        id = json_object_get(env, "board_serial");
        if (st != ST_OK || !json_is_string(id))
            continue;
        if (json_object_get(seen, json_string_value(id)) != NULL)
            st = err_set(err, ST_CONFLICT, "infra.duplicate_board",
                "boards %s and %s have the same id %s: give each its own "
                "(id=NAME)",
                json_get_string(seen, json_string_value(id), ""), name,
                json_string_value(id));
        else if (json_object_set_new(
                     seen, json_string_value(id), json_string(name)) < 0)
            st = err_nomem(err);
    }
    json_decref(seen);
    return st;
}

static enum status
announce_one(const char *name, const json_t *o, json_t *to, struct err *err)
{
    char fingerprint[HASH_HEX];
    struct err why = { 0 };
    struct site_board s;
    struct board *b = NULL;
    json_t *env = NULL;
    enum status st = read_board(name, o, &s, err);

    if (st != ST_OK)
        return st;
    if (site_open(&s, &b, &why) != ST_OK)
        log_warn("board %s: %s: %s", name, why.code, why.text);
    st = site_stable(&s, b, NULL, &env, fingerprint, err);
    if (st == ST_OK &&
        json_object_set_new(to, name,
            json_pack("{s:{s:s,s:s,s:s,s:o*,s:o*},s:O,s:s}", "labels", "kind",
                "mcu", "arch", "arm-m", "source",
                site_emulated(&s) ? "emulated" : "measured", "board",
                text_or_none(env, "board_model"), "core",
                text_or_none(env, "cpu_model"), "env", env, "env_fingerprint",
                fingerprint)) < 0)
        st = err_nomem(err);
    json_decref(env);
    board_close(b);
    return st;
}

enum status
site_announce(json_t **out, struct err *err)
{
    json_t *list = NULL, *o;
    const char *name;
    enum status st = read_list(&list, err);

    *out = NULL;
    if (st != ST_OK)
        return st;
    if ((*out = json_object()) == NULL)
        st = err_nomem(err);
    json_object_foreach(list, name, o)
    {
        if (st == ST_OK)
            st = announce_one(name, o, *out, err);
    }
    if (st == ST_OK)
        st = check_ids(*out, err);
    json_decref(list);
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return st;
}
