/* SPDX-License-Identifier: MIT */
/*
 * kernel_map.h -- which layer a runtime's kernel belongs to.
 *
 * Learned from the kernels of one run, in their order; then looked up by
 * name.  Rules: insitu.h.
 */
#ifndef OFFRAMP_MEASURE_KERNEL_MAP_H
#define OFFRAMP_MEASURE_KERNEL_MAP_H

#include "probes/measure/plan.h"
#include "probes/runtimes/runtime.h"

struct kernel_map; /* opaque */

/* `plan` is borrowed and must outlive the map.  ST_NOMEM. */
enum status kernel_map_new(struct kernel_map **out, const struct plan *plan,
    struct err *err) MUST_CHECK;
void kernel_map_free(struct kernel_map *m);

/* Add the next kernel of the run; when all are there, settle.  ST_NOMEM. */
enum status kernel_map_learn(struct kernel_map *m, const struct kernel_time *k,
    struct err *err) MUST_CHECK;
enum status kernel_map_settle(struct kernel_map *m, struct err *err) MUST_CHECK;

/* The layer of a learned kernel; -1: unknown, or of no layer. */
int64_t kernel_map_find(const struct kernel_map *m, const char *name);

/* The learned kernels one by one: the layer (or -1) and what it took. */
size_t kernel_map_size(const struct kernel_map *m);
int64_t kernel_map_at(const struct kernel_map *m, size_t i, int64_t *ns);

/* True if the layer shares a kernel with another one. */
bool kernel_map_fused(const struct kernel_map *m, size_t layer);

#endif
