/* SPDX-License-Identifier: MIT */
/* onnx_internal.h -- shared by onnxruntime.c (the library) and onnx_net.c
 * (its networks). */
#ifndef OFFRAMP_PROBES_ONNX_INTERNAL_H
#define OFFRAMP_PROBES_ONNX_INTERNAL_H

#include <limits.h>

#include "probes/runtimes/ort_abi.h"
#include "probes/runtimes/runtime.h"

struct onnx_runtime {
    struct runtime base;
    void *handle; /* of dlopen */
    struct ort_api api;
    struct ort_env *env;
    struct ort_memory_info *memory;
    struct ort_allocator *allocator; /* the library's own: not released */
    const char *version;             /* the library's */
    char library[PATH_MAX];
};

/* Turn a result into a status: ST_OK for NULL; otherwise ST_UNPROCESSABLE with
 * `code` (or one that says more) and the library's text.  Releases it. */
enum status onnx_check(const struct onnx_runtime *rt, ort_result r,
    const char *code, const char *what, struct err *err) MUST_CHECK;

enum status onnx_net_open(struct net **out, struct runtime *rt,
    const struct net_source *src, const struct net_options *opts,
    struct err *err) MUST_CHECK;
void onnx_net_close(struct net *net);
enum status onnx_bind(struct binding **out, struct net *net,
    const struct tensor *inputs, const struct tensor *outputs,
    struct err *err) MUST_CHECK;
void onnx_binding_free(struct binding *b);
enum status onnx_run(
    struct net *net, struct binding *b, struct err *err) MUST_CHECK;
enum status onnx_trace(
    struct net *net, kernel_time_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* Walk a file that the profiler wrote (onnx_trace.c). */
enum status onnx_trace_read(const char *path, kernel_time_fn *fn, void *ctx,
    struct err *err) MUST_CHECK;

#endif
