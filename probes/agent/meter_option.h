/* SPDX-License-Identifier: MIT */
/* meter_option.h -- what the command line says of energy meters outside of the
 * machine (--meter), handed down to tasks in their environment. */
#ifndef OFFRAMP_AGENT_METER_OPTION_H
#define OFFRAMP_AGENT_METER_OPTION_H

#include "base/opt.h"

/*
 * Name the meters of a list of "NAME:PLACE[,baud=N][,device=BOARD]" in the
 * environment of tasks (OFFRAMP_METERS, probes/meters/source.h).  PLACE is
 * tcp=HOST:PORT, serial=PATH, trace=FILE or papi=EVENT.  ST_INVALID says which
 * one makes no sense: no place, an unknown key, a board that `boards` does not
 * name, or two meters of one device.
 */
enum status agent_meters(const struct opt_list *list,
    const struct opt_list *boards, struct err *err) MUST_CHECK;

#endif
