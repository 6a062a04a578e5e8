/* SPDX-License-Identifier: MIT */
#include "unit/db/fault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

static struct {
    enum fault_kind kind;
    int64_t left; /* events until the fault; 0: none is armed */
    bool hit;
    int64_t live;
} fault;

void
fault_arm(enum fault_kind kind, int64_t n)
{
    fault.kind = kind;
    fault.left = n;
    fault.hit = false;
}

bool
fault_disarm(void)
{
    fault.left = 0;
    return fault.hit;
}

int64_t
fault_live(void)
{
    return fault.live;
}

/* Is it this one? */
static bool
strikes(enum fault_kind kind)
{
    if (fault.left == 0 || fault.kind != kind || --fault.left > 0)
        return false;
    fault.hit = true;
    return true;
}

/* ---- our own allocations ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
void __real_free(void *p);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
void __wrap_free(void *p);

static void *
counted(void *p)
{
    fault.live += p != NULL;
    return p;
}

void *
__wrap_malloc(size_t n)
{
    return strikes(FAULT_ALLOC) ? NULL : counted(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return strikes(FAULT_ALLOC) ? NULL : counted(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
    if (strikes(FAULT_ALLOC))
        return NULL;
    return p == NULL ? counted(__real_realloc(p, n)) : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
    return strikes(FAULT_ALLOC) ? NULL : counted(__real_strdup(s));
}

void
__wrap_free(void *p)
{
    fault.live -= p != NULL;
    __real_free(p);
}

/* ---- SQLite's allocations ---- */

static sqlite3_mem_methods real_memory;

static void *
mem_malloc(int n)
{
    return strikes(FAULT_SQLITE_ALLOC) ? NULL : real_memory.xMalloc(n);
}

static void *
mem_realloc(void *p, int n)
{
    return strikes(FAULT_SQLITE_ALLOC) ? NULL : real_memory.xRealloc(p, n);
}

/* ---- SQLite's writes ---- */

/* A file of the layer: SQLite's own file lies behind it in memory. */
struct layer {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs vfs;
static sqlite3_vfs *real_vfs;

#define REAL(f)         (((struct layer *)(f))->real)
#define CALL(f, m, ...) REAL(f)->pMethods->m(REAL(f), __VA_ARGS__)

static int
layer_close(sqlite3_file *f)
{
    return REAL(f)->pMethods->xClose(REAL(f));
}

static int
layer_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return CALL(f, xRead, p, n, at);
}

static int
layer_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (!strikes(FAULT_WRITE))
        return CALL(f, xWrite, p, n, at);
    (void)CALL(f, xWrite, p, n / 2, at); /* a torn one */
    return SQLITE_IOERR_WRITE;
}

static int
layer_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return strikes(FAULT_WRITE) ? SQLITE_IOERR_TRUNCATE : CALL(f, xTruncate, n);
}

static int
layer_sync(sqlite3_file *f, int flags)
{
    return strikes(FAULT_WRITE) ? SQLITE_IOERR_FSYNC : CALL(f, xSync, flags);
}

static int
layer_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return CALL(f, xFileSize, n);
}

static int
layer_lock(sqlite3_file *f, int level)
{
    return CALL(f, xLock, level);
}

static int
layer_unlock(sqlite3_file *f, int level)
{
    return CALL(f, xUnlock, level);
}

static int
layer_reserved(sqlite3_file *f, int *out)
{
    return CALL(f, xCheckReservedLock, out);
}

static int
layer_control(sqlite3_file *f, int op, void *arg)
{
    return CALL(f, xFileControl, op, arg);
}

static int
layer_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
layer_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int
layer_shm_map(
    sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return CALL(f, xShmMap, page, size, extend, p);
}

static int
layer_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return CALL(f, xShmLock, at, n, flags);
}

static void
layer_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
layer_shm_unmap(sqlite3_file *f, int del)
{
    return CALL(f, xShmUnmap, del);
}

static const sqlite3_io_methods layer_methods = { 2, layer_close, layer_read,
    layer_write, layer_truncate, layer_sync, layer_size, layer_lock,
    layer_unlock, layer_reserved, layer_control, layer_sector, layer_device,
    layer_shm_map, layer_shm_lock, layer_shm_barrier, layer_shm_unmap, NULL,
    NULL };

static int
layer_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
    int *out_flags)
{
    struct layer *l = (struct layer *)f;
    int rc;

    (void)v;
    l->real = (sqlite3_file *)(l + 1);
    l->real->pMethods = NULL;
    rc = real_vfs->xOpen(real_vfs, name, l->real, flags, out_flags);
    f->pMethods = l->real->pMethods == NULL ? NULL : &layer_methods;
    return rc;
}

void
fault_install(void)
{
    sqlite3_mem_methods memory;
    int rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);

    memory = real_memory;
    memory.xMalloc = mem_malloc;
    memory.xRealloc = mem_realloc;
    if (rc == SQLITE_OK)
        rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
    /* Small blocks too are to come through the hook. */
    if (rc == SQLITE_OK)
        rc = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_initialize();
    if (rc != SQLITE_OK)
        abort();
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "fault";
    vfs.szOsFile = (int)sizeof(struct layer) + real_vfs->szOsFile;
    vfs.xOpen = layer_open;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
        abort();
}
