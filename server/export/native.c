/* SPDX-License-Identifier: MIT */
#include "server/export/native.h"

#include <stddef.h>

#define AS_IT_IS(name)                                                         \
    {                                                                          \
        name, name                                                             \
    }

const struct native_member native_layer[] = {
    AS_IT_IS("index"),
    AS_IT_IS("name"),
    AS_IT_IS("onnx_nodes"),
    AS_IT_IS("op_type"),
    AS_IT_IS("fusion_group"),
    AS_IT_IS("kernel_key"),
    AS_IT_IS("level"),
    AS_IT_IS("source"),
    AS_IT_IS("input_shapes"),
    AS_IT_IS("output_shapes"),
    AS_IT_IS("dtype"),
    AS_IT_IS("macs"),
    AS_IT_IS("params"),
    AS_IT_IS("bytes_in"),
    AS_IT_IS("bytes_out"),
    { "n_epochs", "n" },
    AS_IT_IS("iters_per_epoch"),
    AS_IT_IS("median_ns"),
    AS_IT_IS("ci95_lo_ns"),
    AS_IT_IS("ci95_hi_ns"),
    AS_IT_IS("min_ns"),
    AS_IT_IS("p10_ns"),
    AS_IT_IS("p25_ns"),
    AS_IT_IS("p75_ns"),
    AS_IT_IS("p90_ns"),
    AS_IT_IS("p99_ns"),
    AS_IT_IS("max_ns"),
    AS_IT_IS("mean_ns"),
    AS_IT_IS("sd_ns"),
    AS_IT_IS("mad_ns"),
    AS_IT_IS("lag1"),
    AS_IT_IS("n_mild"),
    AS_IT_IS("n_severe"),
    AS_IT_IS("first_ns"),
    AS_IT_IS("stop_reason"),
    AS_IT_IS("context_factor"),
    AS_IT_IS("counters"),
    AS_IT_IS("flags"),
    AS_IT_IS("grade"),
    { NULL, NULL },
};

const struct native_member native_energy[] = {
    { "gross_nj", "energy_gross_nj" },
    { "idle_nj", "energy_idle_nj" },
    { "net_nj", "energy_net_nj" },
    { "err_nj", "energy_err_nj" },
    { "method", "energy_method" },
    { "sensor", "energy_sensor" },
    { NULL, NULL },
};

const char *const native_row[] = { "level", "role", "index", "name",
    "kernel_key", "source", "n_epochs", "iters_per_epoch", "min_ns", "p10_ns",
    "p25_ns", "median_ns", "p75_ns", "p90_ns", "p99_ns", "max_ns", "mean_ns",
    "sd_ns", "mad_ns", "ci95_lo_ns", "ci95_hi_ns", "lag1", "n_mild", "n_severe",
    "first_ns", "stop_reason", "flags", "grade", "energy", "counters", NULL };
