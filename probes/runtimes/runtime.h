/* SPDX-License-Identifier: MIT */
/*
 * runtime.h -- what runs a network: load it, describe it, run it.
 *
 * A `struct runtime` is one loaded library, a `struct net` one network made
 * ready by it, a `struct binding` one set of inputs and outputs of a net.
 * Tensors live in memory of the caller, who allocates outputs too: a run
 * copies nothing and allocates nothing of ours.  A runtime may be used from
 * several threads; a net and its bindings belong to one thread at a time.
 * Everything is closed in reverse: bindings, nets, runtime.
 */
#ifndef OFFRAMP_PROBES_RUNTIME_H
#define OFFRAMP_PROBES_RUNTIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Element types, named as in analysis documents and .npy files. */
enum dtype {
    DTYPE_NONE, /* not a plain tensor, or of a type not supported here */
    DTYPE_F4,
    DTYPE_F8,
    DTYPE_F2,
    DTYPE_BF2,
    DTYPE_I1,
    DTYPE_U1,
    DTYPE_I2,
    DTYPE_U2,
    DTYPE_I4,
    DTYPE_U4,
    DTYPE_I8,
    DTYPE_U8,
    DTYPE_B1,
    DTYPE_COUNT
};

const char *dtype_name(enum dtype t); /* "f4"; "?" for DTYPE_NONE */
size_t dtype_size(enum dtype t);      /* bytes an element; 0 for NONE */
enum dtype dtype_from_name(const char *name);

enum { TENSOR_RANK = 8 };

/* One input or output of a net. */
struct tensor_info {
    const char *name; /* borrowed from the net */
    enum dtype dtype;
    size_t rank;
    int64_t dims[TENSOR_RANK]; /* -1: not fixed */
};

/* Elements, or -1 while a dimension is not fixed. */
int64_t tensor_elements(const struct tensor_info *t);

/* One tensor's memory.  `dims` must all be fixed. */
struct tensor {
    void *data; /* the caller's */
    size_t bytes;
    enum dtype dtype;
    size_t rank;
    int64_t dims[TENSOR_RANK];
};

/* How to make a net ready.  Start from NET_OPTIONS_DEFAULT. */
enum net_optimisation { NET_OPTIMISE_NONE, NET_OPTIMISE_ALL };
struct net_options {
    int threads; /* 1: everything runs in the calling thread */
    enum net_optimisation optimisation;
    const char *trace; /* NULL, or where the runtime's own profiler may write
                        * a file: the start of its path */
};
#define NET_OPTIONS_DEFAULT                                                    \
    {                                                                          \
        .threads = 1, .optimisation = NET_OPTIMISE_ALL                         \
    }

/* Where a net comes from: a file, or (path NULL) bytes, which may go once the
 * net is open. */
struct net_source {
    const char *path;
    const void *data;
    size_t len;
};

struct runtime;
struct net;
struct binding;

/*
 * The ONNX Runtime.  `library` is the file to load; NULL searches: the
 * environment's OFFRAMP_RUNTIME, lib/offramp/ beside the program's folder,
 * the place known to the build, the system's libonnxruntime.so.1.
 * ST_UNAVAILABLE (code "device.no_runtime") says how to get it.
 */
enum status runtime_onnx_open(
    struct runtime **out, const char *library, struct err *err) MUST_CHECK;

void runtime_close(struct runtime *rt);
const char *runtime_name(const struct runtime *rt);    /* "onnxruntime" */
const char *runtime_version(const struct runtime *rt); /* "1.30.0" */
const char *runtime_library(const struct runtime *rt); /* file, or "" */

/* Load a network.  ST_UNPROCESSABLE: code "model.parse",
 * "model.unsupported_op" or "model.load", with the runtime's own words. */
enum status net_open(struct net **out, struct runtime *rt,
    const struct net_source *src, const struct net_options *opts,
    struct err *err) MUST_CHECK;
void net_close(struct net *net);

/* Descriptions, borrowed from the net; *n is their number. */
const struct tensor_info *net_inputs(const struct net *net, size_t *n);
const struct tensor_info *net_outputs(const struct net *net, size_t *n);

/* Tie tensors to a net: one for every input and every output, in its order.
 * The tensors' memory must outlive the binding; the array need not. */
enum status net_bind(struct binding **out, struct net *net,
    const struct tensor *inputs, const struct tensor *outputs,
    struct err *err) MUST_CHECK;
void binding_free(struct binding *b);

/* Run once.  ST_UNPROCESSABLE, code "model.run". */
enum status net_run(
    struct net *net, struct binding *b, struct err *err) MUST_CHECK;

/* One kernel of one run, as the runtime's own profiler timed it.  Everything
 * is borrowed for the call. */
struct kernel_time {
    size_t run;             /* from 0, since the net was opened */
    const char *name, *op;  /* the runtime's own, after its optimisation */
    int64_t ns, quantum_ns; /* rounded down to whole quanta */
    const json_t *in, *out; /* types and shapes as it says them, or NULL */
};
typedef enum status kernel_time_fn(
    const struct kernel_time *k, void *ctx, struct err *err);

/* True if nets of this runtime can be opened with a `trace`. */
bool runtime_traces(const struct runtime *rt);

/*
 * End the profiling of a net opened with a `trace`, and call `fn` for every
 * kernel of every run, in the order in which they ran; its failure ends the
 * walk.  ST_IO or ST_INVALID (code "measure.trace"): no file, or an
 * unreadable one.  The file is removed.
 */
enum status net_trace(
    struct net *net, kernel_time_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* What an implementation provides: all slots but the last MUST be set, and its
 * own structs start with the three below. */
struct runtime_ops {
    const char *name;
    const char *(*version)(const struct runtime *rt);
    const char *(*library)(const struct runtime *rt);
    void (*close)(struct runtime *rt);
    enum status (*open)(struct net **out, struct runtime *rt,
        const struct net_source *src, const struct net_options *opts,
        struct err *err);
    void (*net_close)(struct net *net);
    enum status (*bind)(struct binding **out, struct net *net,
        const struct tensor *inputs, const struct tensor *outputs,
        struct err *err);
    void (*binding_free)(struct binding *b);
    enum status (*run)(struct net *net, struct binding *b, struct err *err);
    /* MAY */
    enum status (*trace)(
        struct net *net, kernel_time_fn *fn, void *ctx, struct err *err);
};
struct runtime {
    const struct runtime_ops *ops;
};
struct net {
    const struct runtime_ops *ops;
    struct tensor_info *inputs, *outputs; /* owned by the implementation */
    size_t n_inputs, n_outputs;
};
struct binding {
    const struct runtime_ops *ops;
};

#endif
