/* SPDX-License-Identifier: MIT */
/* onnxruntime.c -- find the library, load it, start its environment. */
#include "probes/runtimes/onnx_internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

static const char *
onnx_version(const struct runtime *rt)
{
    return ((const struct onnx_runtime *)rt)->version;
}

static const char *
onnx_library(const struct runtime *rt)
{
    return ((const struct onnx_runtime *)rt)->library;
}

static void
onnx_close(struct runtime *base)
{
    struct onnx_runtime *rt = (struct onnx_runtime *)base;

    if (rt->memory != NULL)
        rt->api.ReleaseMemoryInfo(rt->memory);
    if (rt->env != NULL)
        rt->api.ReleaseEnv(rt->env);
    if (rt->handle != NULL)
        dlclose(rt->handle);
    free(rt);
}

static const struct runtime_ops onnx_ops = {
    .name = "onnxruntime",
    .version = onnx_version,
    .library = onnx_library,
    .close = onnx_close,
    .open = onnx_net_open,
    .net_close = onnx_net_close,
    .bind = onnx_bind,
    .binding_free = onnx_binding_free,
    .run = onnx_run,
    .trace = onnx_trace,
};

/* The code that says most about a failure the library explains in words. */
static const char *
better_code(int error, const char *text, const char *code)
{
    if (error == ORT_ERROR_PROTOBUF)
        return "model.parse";
    if (error == ORT_ERROR_NOT_IMPLEMENTED ||
        strstr(text, "No Op registered for") != NULL ||
        strstr(text, "is not a registered function/op") != NULL)
        return "model.unsupported_op";
    return code;
}

/* Checks of the library put the place in its source before what they say:
 * "/x/y.h:46 void f(int, const T&) only that matters".  That, if it is so. */
static const char *
without_place(const char *text)
{
    const char *at = text[0] == '/' ? strchr(text, '(') : NULL;
    int depth = 0;

    if (at == NULL || strchr(text, ':') == NULL || strchr(text, ':') > at)
        return text;
    for (; *at != '\0'; at++) {
        depth += (*at == '(') - (*at == ')');
        if (depth == 0)
            break;
    }
    if (strncmp(at, ") const ", 8) == 0)
        return at + 8;
    return strncmp(at, ") ", 2) == 0 ? at + 2 : text;
}

enum status
onnx_check(const struct onnx_runtime *rt, ort_result r, const char *code,
    const char *what, struct err *err)
{
    const char *text;
    enum status st;

    if (r == NULL)
        return ST_OK;
    text = without_place(rt->api.GetErrorMessage(r));
    st = err_set(err, ST_UNPROCESSABLE,
        better_code(rt->api.GetErrorCode(r), text, code), "%s: %s", what, text);
    rt->api.ReleaseStatus(r);
    return st;
}

static void
forward_log(void *arg, int level, const char *category, const char *id,
    const char *where, const char *message)
{
    (void)arg;
    (void)category;
    (void)id;
    if (level >= ORT_LOG_ERROR)
        log_error("onnxruntime %s: %s", where, message);
    else
        log_warn("onnxruntime %s: %s", where, message);
}

/* Copy our functions out of the library's table. */
static enum status
read_table(struct onnx_runtime *rt, struct err *err)
{
    ort_get_api_base_fn get_base;
    const struct ort_api_base *base;
    void *const *table;
    void *symbol = dlsym(rt->handle, "OrtGetApiBase");

    if (symbol == NULL)
        return err_set(err, ST_UNAVAILABLE, "device.no_runtime",
            "%s is not ONNX Runtime: it has no OrtGetApiBase", rt->library);
    memcpy(&get_base, &symbol, sizeof(get_base));
    base = get_base();
    rt->version = base->GetVersionString();
    table = base->GetApi(ORT_ABI_VERSION);
    if (table == NULL)
        return err_set(err, ST_UNAVAILABLE, "device.no_runtime",
            "%s: ONNX Runtime %s does not offer interface version %d",
            rt->library, rt->version, ORT_ABI_VERSION);
#define X(index, name, type, args)                                             \
    memcpy(&rt->api.name, &table[index], sizeof(table[index]));
    ORT_FUNCTIONS(X)
#undef X
    return ST_OK;
}

/* The names to try, in order; only existing files are listed before the last,
 * which the dynamic linker looks for. */
enum { CANDIDATES = 4 };

static size_t
list_candidates(const char *library, char list[CANDIDATES][PATH_MAX])
{
    const char *env = getenv("OFFRAMP_RUNTIME");
    char dir[PATH_MAX];
    size_t n = 0;

    if (library == NULL && env != NULL && env[0] != '\0')
        library = env;
    if (library != NULL) {
        snprintf(list[0], PATH_MAX, "%s", library);
        return 1; /* asked for by name: nothing else will do */
    }
    if (file_self_dir(dir, sizeof(dir), NULL) == ST_OK &&
        snprintf(list[n], PATH_MAX, "%s/../lib/offramp/libonnxruntime.so.1",
            dir) < PATH_MAX &&
        file_exists(list[n]))
        n++;
    snprintf(list[n], PATH_MAX, "%s", OFFRAMP_ORT_LIBRARY);
    if (file_exists(list[n]))
        n++;
    snprintf(list[n++], PATH_MAX, "libonnxruntime.so.1");
    return n;
}

/* Some builds have telemetry with a thread, a database in the user's folder and
 * uploads; a measurement wants none of it, and reads no variable later.
 * NODELETE: the library keeps thread-local state that outlives its handle. */
static enum status
load_library(struct onnx_runtime *rt, const char *library, struct err *err)
{
    char list[CANDIDATES][PATH_MAX], why[256] = "";
    size_t n = list_candidates(library, list);

    if (setenv("ORT_DISABLE_TELEMETRY", "1", 1) < 0)
        return err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const char *text;

        rt->handle = dlopen(list[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (rt->handle != NULL) {
            memcpy(rt->library, list[i], sizeof(rt->library));
            return ST_OK;
        }
        text = dlerror();
        snprintf(why, sizeof(why), "%.250s", text != NULL ? text : "?");
    }
    return err_set(err, ST_UNAVAILABLE, "device.no_runtime",
        "no ONNX Runtime (%s); run 'npm ci --ignore-scripts' in Offramp's "
        "folder, or name the library with --runtime or OFFRAMP_RUNTIME",
        why);
}

static enum status
start(struct onnx_runtime *rt, struct err *err)
{
    const struct ort_api *api = &rt->api;
    enum status st;

    st = onnx_check(rt,
        api->CreateEnvWithCustomLogger(
            forward_log, NULL, ORT_LOG_WARNING, "offramp", &rt->env),
        "device.no_runtime", "ONNX Runtime does not start", err);
    if (st == ST_OK)
        st = onnx_check(rt, api->DisableTelemetryEvents(rt->env),
            "device.no_runtime", "telemetry cannot be turned off", err);
    if (st == ST_OK)
        st = onnx_check(rt,
            api->CreateCpuMemoryInfo(
                ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &rt->memory),
            "device.no_runtime", "no CPU memory", err);
    if (st == ST_OK)
        st = onnx_check(rt, api->GetAllocatorWithDefaultOptions(&rt->allocator),
            "device.no_runtime", "no allocator", err);
    return st;
}

enum status
runtime_onnx_open(struct runtime **out, const char *library, struct err *err)
{
    struct onnx_runtime *rt = calloc(1, sizeof(*rt));
    enum status st;

    *out = NULL;
    if (rt == NULL)
        return err_nomem(err);
    rt->base.ops = &onnx_ops;
    if ((st = load_library(rt, library, err)) != ST_OK ||
        (st = read_table(rt, err)) != ST_OK || (st = start(rt, err)) != ST_OK) {
        onnx_close(&rt->base);
        return st;
    }
    *out = &rt->base;
    return ST_OK;
}
