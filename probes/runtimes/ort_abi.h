/* SPDX-License-Identifier: MIT */
/*
 * ort_abi.h -- the part of ONNX Runtime's C interface that Offramp uses.
 *
 * No package on Debian 12 brings the official header, so this declares what
 * we need of the stable ABI: `OrtGetApiBase()` gives a table of functions that
 * only ever grows at its end, hence a function is its index in that table.
 * tests/unit/runtime compares the indices with the official header where one
 * is installed, and calls every function otherwise.
 */
#ifndef OFFRAMP_PROBES_ORT_ABI_H
#define OFFRAMP_PROBES_ORT_ABI_H

#include <stddef.h>
#include <stdint.h>

/* The newest function used came with version 5 of the table. */
enum { ORT_ABI_VERSION = 5 };

enum ort_log_level { ORT_LOG_WARNING = 2, ORT_LOG_ERROR = 3 };
enum ort_optimisation { ORT_OPTIMISE_NONE = 0, ORT_OPTIMISE_ALL = 99 };
enum ort_memory { ORT_ARENA_ALLOCATOR = 1, ORT_MEMORY_DEFAULT = 0 };
enum ort_execution { ORT_RUN_SEQUENTIAL = 0 };
enum ort_error {
    ORT_ERROR_PROTOBUF = 7,
    ORT_ERROR_NOT_IMPLEMENTED = 9,
};
enum ort_element {
    ORT_ELEMENT_F4 = 1,
    ORT_ELEMENT_U1 = 2,
    ORT_ELEMENT_I1 = 3,
    ORT_ELEMENT_U2 = 4,
    ORT_ELEMENT_I2 = 5,
    ORT_ELEMENT_I4 = 6,
    ORT_ELEMENT_I8 = 7,
    ORT_ELEMENT_BOOL = 9,
    ORT_ELEMENT_F2 = 10,
    ORT_ELEMENT_F8 = 11,
    ORT_ELEMENT_U4 = 12,
    ORT_ELEMENT_U8 = 13,
    ORT_ELEMENT_BF2 = 16,
};

struct ort_env;
struct ort_status; /* NULL is success */
struct ort_session;
struct ort_session_options;
struct ort_value;
struct ort_type_info;
struct ort_shape_info;
struct ort_memory_info;
struct ort_run_options;
struct ort_allocator;

typedef struct ort_status *ort_result;
typedef void (*ort_log_fn)(void *arg, int level, const char *category,
    const char *id, const char *where, const char *message);

/* index in the table, official name, return type, arguments */
#define ORT_FUNCTIONS(X)                                                       \
    X(1, GetErrorCode, int, (const struct ort_status *))                       \
    X(2, GetErrorMessage, const char *, (const struct ort_status *))           \
    X(4, CreateEnvWithCustomLogger, ort_result,                                \
        (ort_log_fn, void *, int, const char *, struct ort_env **))            \
    X(6, DisableTelemetryEvents, ort_result, (const struct ort_env *))         \
    X(7, CreateSession, ort_result,                                            \
        (const struct ort_env *, const char *,                                 \
            const struct ort_session_options *, struct ort_session **))        \
    X(8, CreateSessionFromArray, ort_result,                                   \
        (const struct ort_env *, const void *, size_t,                         \
            const struct ort_session_options *, struct ort_session **))        \
    X(9, Run, ort_result,                                                      \
        (struct ort_session *, const struct ort_run_options *,                 \
            const char *const *, const struct ort_value *const *, size_t,      \
            const char *const *, size_t, struct ort_value **))                 \
    X(10, CreateSessionOptions, ort_result, (struct ort_session_options **))   \
    X(13, SetSessionExecutionMode, ort_result,                                 \
        (struct ort_session_options *, int))                                   \
    X(14, EnableProfiling, ort_result,                                         \
        (struct ort_session_options *, const char *))                          \
    X(15, DisableProfiling, ort_result, (struct ort_session_options *))        \
    X(18, EnableCpuMemArena, ort_result, (struct ort_session_options *))       \
    X(23, SetSessionGraphOptimizationLevel, ort_result,                        \
        (struct ort_session_options *, int))                                   \
    X(24, SetIntraOpNumThreads, ort_result,                                    \
        (struct ort_session_options *, int))                                   \
    X(25, SetInterOpNumThreads, ort_result,                                    \
        (struct ort_session_options *, int))                                   \
    X(30, SessionGetInputCount, ort_result,                                    \
        (const struct ort_session *, size_t *))                                \
    X(31, SessionGetOutputCount, ort_result,                                   \
        (const struct ort_session *, size_t *))                                \
    X(33, SessionGetInputTypeInfo, ort_result,                                 \
        (const struct ort_session *, size_t, struct ort_type_info **))         \
    X(34, SessionGetOutputTypeInfo, ort_result,                                \
        (const struct ort_session *, size_t, struct ort_type_info **))         \
    X(36, SessionGetInputName, ort_result,                                     \
        (const struct ort_session *, size_t, struct ort_allocator *, char **)) \
    X(37, SessionGetOutputName, ort_result,                                    \
        (const struct ort_session *, size_t, struct ort_allocator *, char **)) \
    X(49, CreateTensorWithDataAsOrtValue, ort_result,                          \
        (const struct ort_memory_info *, void *, size_t, const int64_t *,      \
            size_t, int, struct ort_value **))                                 \
    X(55, CastTypeInfoToTensorInfo, ort_result,                                \
        (const struct ort_type_info *, const struct ort_shape_info **))        \
    X(60, GetTensorElementType, ort_result,                                    \
        (const struct ort_shape_info *, int *))                                \
    X(61, GetDimensionsCount, ort_result,                                      \
        (const struct ort_shape_info *, size_t *))                             \
    X(62, GetDimensions, ort_result,                                           \
        (const struct ort_shape_info *, int64_t *, size_t))                    \
    X(69, CreateCpuMemoryInfo, ort_result,                                     \
        (int, int, struct ort_memory_info **))                                 \
    X(76, AllocatorFree, ort_result, (struct ort_allocator *, void *))         \
    X(78, GetAllocatorWithDefaultOptions, ort_result,                          \
        (struct ort_allocator **))                                             \
    X(92, ReleaseEnv, void, (struct ort_env *))                                \
    X(93, ReleaseStatus, void, (struct ort_status *))                          \
    X(94, ReleaseMemoryInfo, void, (struct ort_memory_info *))                 \
    X(95, ReleaseSession, void, (struct ort_session *))                        \
    X(96, ReleaseValue, void, (struct ort_value *))                            \
    X(98, ReleaseTypeInfo, void, (struct ort_type_info *))                     \
    X(100, ReleaseSessionOptions, void, (struct ort_session_options *))        \
    X(110, SessionEndProfiling, ort_result,                                    \
        (struct ort_session *, struct ort_allocator *, char **))               \
    X(130, AddSessionConfigEntry, ort_result,                                  \
        (struct ort_session_options *, const char *, const char *))

/* The functions, copied out of the table by name. */
struct ort_api {
#define X(index, name, type, args) type(*name) args;
    ORT_FUNCTIONS(X)
#undef X
};

/* What the library's only symbol, "OrtGetApiBase", returns. */
struct ort_api_base {
    void *const *(*GetApi)(uint32_t version); /* the table, or NULL */
    const char *(*GetVersionString)(void);
};
typedef const struct ort_api_base *(*ort_get_api_base_fn)(void);

#endif
