/* SPDX-License-Identifier: MIT */
/*
 * edge_cut.h -- a network cut behind one of its boundaries, ready to run: the
 * front gives the tensor that crosses and the network's answer, the tail the
 * answer to any tensor.  One thread; everything is closed in reverse.
 */
#ifndef OFFRAMP_WORKER_EDGE_CUT_H
#define OFFRAMP_WORKER_EDGE_CUT_H

#include "probes/runtimes/runtime.h"
#include "search/model/boundary.h"
#include "search/model/exit.h"

struct edge_net {
    struct runtime *rt;      /* borrowed */
    Onnx__ModelProto *proto; /* owned, as are: */
    struct graph *g;
    struct exits exits;
    struct layers layers;
    struct boundary *at; /* [n] */
    int n;
    int *nodes; /* room for all of the graph's */
};

/* ST_UNPROCESSABLE `model.*` where the file is none that can be cut. */
enum status edge_net_open(struct edge_net *out, struct runtime *rt,
    const char *path, struct err *err) MUST_CHECK;
void edge_net_close(struct edge_net *n);

struct edge_cut {
    int after_layer;
    const char *name; /* of the tensor; borrowed from the net */
    size_t batch, classes;
    struct net *front, *tail; /* NULL: see below */
    struct binding *front_binding, *tail_binding;
    struct tensor input, tensor, output; /* of the front; memory owned */
    struct tensor tail_input, tail_output;
};

/* Boundary i.  `front` stays NULL where no float32 tensor crosses, or the
 * network has several inputs; `tail` where the rest needs more than the tensor.
 * Close *out whatever the outcome. */
enum status edge_cut_open(struct edge_cut *out, struct edge_net *n, int i,
    struct err *err) MUST_CHECK;
void edge_cut_close(struct edge_cut *e);

#endif
