/* SPDX-License-Identifier: MIT */
/*
 * site.h -- the boards of this host: what the agent's command line said of
 * each (--board), how to open one, and how one is announced.
 *
 * The agent hands the list down in the environment variable OFFRAMP_BOARDS,
 * {"NAME":{"qemu":"mps2-an386"}, ..} or {"NAME":{"serial":PATH,
 * "baud":"115200","id":TEXT}, ..}, because tasks are processes of their own.
 * One thread.
 */
#ifndef OFFRAMP_MCU_SITE_H
#define OFFRAMP_MCU_SITE_H

#include "base/hash.h"
#include "base/json.h"
#include "probes/mcu/board.h"
#include "probes/mcu/serial.h"

#define SITE_ENV "OFFRAMP_BOARDS"

/* One board as it was configured. */
struct site_board {
    char name[64];
    char machine[32];   /* of QEMU; empty: on a serial line */
    char path[256];     /* of that line */
    char id[SERIAL_ID]; /* given, or the USB serial number; empty: emulated */
    int64_t baud;
};

static inline bool
site_emulated(const struct site_board *s)
{
    return s->machine[0] != '\0';
}

/* The board of that name.  ST_NOT_FOUND: this host has none;
 * ST_INVALID (`cli.option`) names what makes no sense of it. */
enum status site_find(
    const char *name, struct site_board *out, struct err *err) MUST_CHECK;

/* Open it.  ST_UNAVAILABLE: `infra.no_emulator`, `infra.old_emulator`,
 * `infra.no_firmware`; what serial_open() and board_open() say. */
enum status site_open(
    const struct site_board *s, struct board **out, struct err *err) MUST_CHECK;

/* The stable environment: of a board that is open, or (`b` NULL) as far as it
 * is known without.  `dtype` is "int8", "float32" or NULL.  A new object in
 * *out and its fingerprint. */
enum status site_stable(const struct site_board *s, const struct board *b,
    const char *dtype, json_t **out, char fingerprint[HASH_HEX],
    struct err *err) MUST_CHECK;

/* All of them, for the agent's session: {"NAME":{"labels":{..},"env":{..},
 * "env_fingerprint":hex}, ..}.  A board that cannot be opened is announced
 * all the same (its tasks will say why), and logged.  ST_CONFLICT
 * (`infra.duplicate_board`): two have the same id. */
enum status site_announce(json_t **out, struct err *err) MUST_CHECK;

#endif
