/* SPDX-License-Identifier: MIT */
/*
 * float_net.h -- a network in the runtime, ready to be run on rows of data: one
 * input and any number of outputs, all float32 of fixed shape, in memory of
 * its own.
 *
 * The caller owns it and uses it from one thread.
 */
#ifndef OFFRAMP_WORKER_FLOAT_NET_H
#define OFFRAMP_WORKER_FLOAT_NET_H

#include "probes/runtimes/runtime.h"

struct float_net {
    struct runtime *rt; /* owned, as is all else */
    struct net *net;
    struct binding *binding;
    struct tensor input, *outputs; /* write the one, read the others */
    size_t n_outputs;
};

/* Load it, for one thread: a probe on this machine may be measuring.
 * ST_UNPROCESSABLE "model.inputs", "model.tensor_type", or what net_open()
 * says.  Call float_net_close() in every case. */
enum status float_net_open(struct float_net *f, const struct net_source *source,
    struct err *err) MUST_CHECK;
void float_net_close(struct float_net *f);

/* The output of this name; ST_UNPROCESSABLE "model.exit". */
enum status float_net_output(const struct float_net *f, const char *name,
    size_t *out, struct err *err) MUST_CHECK;

/* Run it once on what is in `input`. */
enum status float_net_run(struct float_net *f, struct err *err) MUST_CHECK;

#endif
