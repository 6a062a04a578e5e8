/* SPDX-License-Identifier: MIT */
/*
 * devices.h -- what the command line says of the agent's labels and devices.
 *
 * The devices of one agent measure with the processor of its host, so they
 * take turns: the loop runs one task at a time, whichever device it is for.
 */
#ifndef OFFRAMP_AGENT_DEVICES_H
#define OFFRAMP_AGENT_DEVICES_H

#include "base/json.h"
#include "base/opt.h"

/* {KEY: VALUE, ..} from a list of "KEY=VALUE"; the caller owns *out, also
 * after a failure.  ST_INVALID names the one that is not like that. */
enum status agent_labels(
    const struct opt_list *list, json_t **out, struct err *err) MUST_CHECK;

/* [{"name", "labels"}, ..] from a list of "NAME[:KEY=VALUE,..]"; the caller
 * owns *out, also after a failure.  A device has its own labels, then those of
 * the agent, then `arch`, the machine's.  ST_INVALID names the device whose
 * labels are not like that, or that is there twice. */
enum status agent_devices(const struct opt_list *list, const json_t *labels,
    json_t **out, struct err *err) MUST_CHECK;

/* Add the boards of a list of "NAME:qemu=MACHINE[,KEY=VALUE,..]" or
 * "NAME:serial=PATH[,baud=N][,id=TEXT][,KEY=VALUE,..]" to `devices`, as
 * {"name","labels","board":{"qemu":..}}, and name them in the environment
 * of tasks (OFFRAMP_BOARDS).  ST_INVALID as above, and where two have one id or
 * one line (`infra.duplicate_board`). */
enum status agent_boards(const struct opt_list *list, const json_t *labels,
    json_t *devices, struct err *err) MUST_CHECK;

#endif
