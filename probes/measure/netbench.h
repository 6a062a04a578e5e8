/* SPDX-License-Identifier: MIT */
/*
 * netbench.h -- a network with five sets of inputs in rotation and one set of
 * outputs, ready to be a subject.
 */
#ifndef OFFRAMP_MEASURE_NETBENCH_H
#define OFFRAMP_MEASURE_NETBENCH_H

#include "probes/measure/inputs.h"
#include "probes/measure/subject.h"
#include "probes/runtimes/runtime.h"

struct netbench; /* opaque: see netbench.c */

/* Load the network and fill its inputs.  Fails like net_open(), net_bind()
 * and tensor_alloc().  On ST_OK the caller ends *out with netbench_close(). */
enum status netbench_open(struct netbench **out, struct runtime *rt,
    const struct net_source *src, const struct net_options *opts, uint64_t seed,
    struct err *err) MUST_CHECK;
void netbench_close(struct netbench *b);

/* The network itself, borrowed, and how often it ran. */
struct net *netbench_net(struct netbench *b);
size_t netbench_runs(const struct netbench *b);

/* Run once on input set `set`. */
enum status netbench_run(
    struct netbench *b, size_t set, struct err *err) MUST_CHECK;

/* The outputs of the last run, borrowed, and their descriptions. */
const struct tensor *netbench_outputs(
    const struct netbench *b, const struct tensor_info **infos, size_t *n);

/* Bytes of tensors held. */
size_t netbench_bytes(const struct netbench *b);

/* Make `s` a subject that runs `b`, which must outlive it. */
void netbench_subject(struct netbench *b, struct subject *s);

#endif
