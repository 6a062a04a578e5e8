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
    const char *machine = NULL;
    const struct json_field fields[] = {
        { "qemu", JF_STR, true, &machine, 0, sizeof(out->machine) - 1 },
    };
    enum status st = JSON_READ(o, name, fields, err);

    if (st != ST_OK)
        return st;
    *out = (struct site_board){ 0 };
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(out->machine, sizeof(out->machine), "%s", machine);
    if (emulator_find(machine) != NULL)
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

enum status
site_open(const struct site_board *s, struct board **out, struct err *err)
{
    const char *program = getenv("OFFRAMP_QEMU");
    char path[PATH_MAX], version[64];
    struct port *port = NULL;
    enum status st;

    *out = NULL;
    if ((st = emulator_version(program, version, sizeof(version), err)) !=
            ST_OK ||
        (st = firmware_path(s->machine, path, err)) != ST_OK ||
        (st = emulator_open(&port, program, s->machine, path, err)) != ST_OK)
        return st;
    return board_open(out, port, err);
}

/* ---- what it is ---- */

static json_t *
firmware_digest(const struct site_board *s)
{
    char path[PATH_MAX], hex[HASH_HEX];
    struct err err = { 0 };

    if (firmware_path(s->machine, path, &err) != ST_OK ||
        hash_file(path, hex, &err) != ST_OK)
        return json_null();
    return json_string(hex);
}

static json_t *
emulator_json(void)
{
    char version[64];
    struct err err = { 0 };

    return emulator_version(
               getenv("OFFRAMP_QEMU"), version, sizeof(version), &err) == ST_OK
               ? json_sprintf("qemu %s", version)
               : json_null();
}

enum status
site_stable(const struct site_board *s, const struct board *b,
    const char *dtype, json_t **out, char fingerprint[HASH_HEX],
    struct err *err)
{
    const struct emulator_machine *m = emulator_find(s->machine);

    *out = json_pack(
        "{s:s?,s:n,s:s?,s:s?,s:o,s:o,s:s,s:s,s:o,s:s,s:o,s:s?,s:s?,s:n}",
        "board_model", b ? b->name : m->name, "board_serial", "soc",
        b ? b->core : m->core, "cpu_model", b ? b->core : m->core, "fixed_khz",
        b ? json_integer((json_int_t)(b->clock_hz / 1000)) : json_null(),
        "ram_bytes", b ? json_integer((json_int_t)b->pool_bytes) : json_null(),
        "runtime", "offramp-firmware", "runtime_version", OFFRAMP_VERSION,
        "firmware_digest", firmware_digest(s), "counter_source", "icount",
        "emulator", emulator_json(), "kernels",
        b ? (b->dsp ? "dsp" : "plain") : NULL, "dtype", dtype, "energy_sensor");
    if (*out == NULL)
        return err_nomem(err);
    return env_fingerprint(*out, fingerprint, err);
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
            json_pack("{s:{s:s,s:s,s:s,s:O,s:O},s:O,s:s}", "labels", "kind",
                "mcu", "arch", "arm-m", "source", "emulated", "board",
                json_object_get(env, "board_model"), "core",
                json_object_get(env, "cpu_model"), "env", env,
                "env_fingerprint", fingerprint)) < 0)
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
    json_decref(list);
    if (st != ST_OK) {
        json_decref(*out);
        *out = NULL;
    }
    return st;
}
