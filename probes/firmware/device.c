/* SPDX-License-Identifier: MIT */
#include "probes/firmware/device.h"

#include <string.h>

#include "probes/link/crc32.h"

/* A command reads its arguments and writes its reply. */
typedef void command_fn(struct device *d, struct words *args, struct text *out);

static const struct nn_image *
image_of(const struct device *d)
{
    return d->board->pool;
}

static void
refuse(struct text *out, const char *why)
{
    text_str(out, "e-");
    text_str(out, why);
}

static void
refuse_numbers(struct text *out, const char *what, uint64_t need, uint64_t have)
{
    refuse(out, what);
    text_pair(out, "need", need);
    text_pair(out, "have", have);
}

/* "OFFSET COUNT" within `size`. */
static bool
read_range(struct words *args, uint64_t size, uint64_t *at, uint64_t *n,
    struct text *out)
{
    if (!words_hex(args, UINT32_MAX, at) || !words_hex(args, UINT32_MAX, n)) {
        refuse(out, "arguments want=OFFSET,COUNT");
        return false;
    }
    if (*at + *n <= size)
        return true;
    refuse_numbers(out, "range", *at + *n, size);
    return false;
}

/* "OFFSET BYTES" into memory of `size`. */
static void
put_bytes(struct words *args, uint8_t *memory, uint64_t size, struct text *out)
{
    uint8_t bytes[FRAME_DATA];
    uint64_t at;
    size_t n;

    if (!words_hex(args, UINT32_MAX, &at) ||
        !words_bytes(args, bytes, sizeof(bytes), &n)) {
        refuse(out, "arguments want=OFFSET,BYTES");
    } else if (at + n > size) {
        refuse_numbers(out, "memory", at + n, size);
    } else {
        memcpy(memory + at, bytes, n);
        text_str(out, "m-ok");
    }
}

static bool
is_open(const struct device *d, struct text *out)
{
    if (d->arena == NULL)
        refuse(out, "closed no image is open");
    return d->arena != NULL;
}

static void
do_name(struct device *d, struct words *args, struct text *out)
{
    (void)args;
    text_str(out, "m-name offramp 1 ");
    text_str(out, d->board->name);
    text_str(out, " ");
    text_str(out, d->board->core);
}

static void
do_caps(struct device *d, struct words *args, struct text *out)
{
    (void)args;
    text_str(out, "m-caps");
    text_pair(out, "hz", d->board->clock_hz);
    text_pair(out, "bits", d->board->counter_bits);
    text_pair(out, "pool", d->board->pool_bytes);
    text_pair(out, "kernels", d->board->kernels);
    text_pair(out, "dwt", d->board->dwt);
    text_pair(out, "mark", d->has_mark);
    text_pair(out, "data", FRAME_DATA);
    text_pair(out, "layers", NN_LAYERS_MAX);
}

static void
do_selftest(struct device *d, struct words *args, struct text *out)
{
    struct device_selftest t = { 0 };

    (void)args;
    d->board->selftest(&t);
    text_str(out, "m-selftest");
    text_pair(out, "moves", t.moves);
    text_pair(out, "wraps", t.wraps);
    text_pair(out, "cost", t.cost);
}

static void
do_data(struct device *d, struct words *args, struct text *out)
{
    d->arena = NULL; /* what was checked may change now */
    put_bytes(args, d->board->pool, d->board->pool_bytes, out);
}

static void
do_crc(struct device *d, struct words *args, struct text *out)
{
    const uint8_t *pool = d->board->pool;
    uint64_t at, n;

    if (!read_range(args, d->board->pool_bytes, &at, &n, out))
        return;
    text_str(out, "m-crc");
    text_pair(out, "v", crc32_of(0, pool + at, (size_t)n));
}

/* open BYTES: the image at the pool's start; the rest is the arena. */
static void
do_open(struct device *d, struct words *args, struct text *out)
{
    size_t pool = d->board->pool_bytes;
    struct nn_fault fault;
    uint64_t bytes;

    d->arena = NULL;
    if (!words_hex(args, UINT32_MAX, &bytes)) {
        refuse(out, "arguments want=BYTES");
        return;
    }
    if (bytes > pool - 8) {
        refuse_numbers(out, "memory", bytes, pool - 8);
        return;
    }
    bytes = (bytes + 7) & ~UINT64_C(7);
    if (!nn_image_check(
            d->board->pool, (size_t)bytes, pool - (size_t)bytes, &fault)) {
        refuse_numbers(out, fault.what, fault.need, fault.have);
        text_pair(out, "layer", fault.layer);
        return;
    }
    d->arena = (uint8_t *)d->board->pool + bytes;
    text_str(out, "m-open");
    text_pair(out, "layers", image_of(d)->n_layers);
    text_pair(out, "arena", image_of(d)->arena_bytes);
}

static void
do_in(struct device *d, struct words *args, struct text *out)
{
    if (is_open(d, out))
        put_bytes(args, d->arena + image_of(d)->in, image_of(d)->in_bytes, out);
}

static void
do_read(struct device *d, struct words *args, struct text *out)
{
    uint64_t at, n;

    if (!is_open(d, out) ||
        !read_range(args, image_of(d)->arena_bytes, &at, &n, out))
        return;
    if (n > FRAME_DATA) {
        refuse_numbers(out, "frame", n, FRAME_DATA);
        return;
    }
    text_str(out, "m-data ");
    text_bytes(out, d->arena + at, (size_t)n);
}

static void
do_kernels(struct device *d, struct words *args, struct text *out)
{
    uint64_t which;

    if (!words_hex(args, NN_KERNEL_SETS - 1, &which)) {
        refuse(out, "arguments want=SET");
    } else if ((d->board->kernels >> which & 1) == 0) {
        refuse(out, "kernels not in this firmware");
    } else {
        d->kernels = (enum nn_kernels)which;
        text_str(out, "m-ok");
    }
}

/* What the arena leaves of the pool. */
static uint8_t *
spare_of(const struct device *d)
{
    return d->arena + ((image_of(d)->arena_bytes + 7) & ~7u);
}

static size_t
spare_bytes(const struct device *d)
{
    const uint8_t *end = (const uint8_t *)d->board->pool + d->board->pool_bytes;
    const uint8_t *spare = spare_of(d);

    return spare < end ? (size_t)(end - spare) : 0;
}

/* A library's kernels may want memory of their own. */
static bool
has_spare(
    const struct device *d, uint64_t first, uint64_t end, struct text *out)
{
    const struct nn_layer *layers = nn_image_layers(d->board->pool);

    for (uint64_t i = first; i < end; i++) {
        uint64_t need = nn_spare_bytes(&layers[i], d->kernels);

        if (need > spare_bytes(d)) {
            refuse_numbers(out, "buffer", need, spare_bytes(d));
            text_pair(out, "layer", i);
            return false;
        }
    }
    return true;
}

/* Run layers first .. end - 1 `count` times; the checksum is of what the last
 * one of them made. */
static void
run_layers(struct device *d, uint32_t first, uint32_t end, uint64_t count,
    struct text *out)
{
    const struct nn_layer *layers = nn_image_layers(d->board->pool);
    const struct nn_layer *last = &layers[end - 1];
    struct nn_run r = { .image = d->board->pool,
        .arena = d->arena,
        .kernels = d->kernels,
        .spare = spare_of(d),
        .spare_bytes = spare_bytes(d) };
    uint64_t ticks;

    if (d->armed)
        d->board->mark(true);
    d->board->start();
    for (uint64_t i = 0; i < count; i++)
        for (uint32_t k = first; k < end; k++) {
            r.layer = &layers[k];
            nn_run(&r);
        }
    ticks = d->board->stop();
    if (d->armed)
        d->board->mark(false);
    text_str(out, "m-run");
    text_pair(out, "ticks", ticks);
    text_pair(out, "n", count);
    text_pair(out, "crc",
        crc32_of(0, d->arena + last->out,
            (size_t)nn_out_count(last) * nn_type_bytes(last->type)));
}

/* run FIRST END COUNT */
static void
do_run(struct device *d, struct words *args, struct text *out)
{
    uint64_t first, end, count;

    if (!is_open(d, out))
        return;
    if (!words_hex(args, NN_LAYERS_MAX, &first) ||
        !words_hex(args, NN_LAYERS_MAX, &end) ||
        !words_hex(args, UINT32_MAX, &count) || count == 0 || first >= end)
        refuse(out, "arguments want=FIRST,END,COUNT");
    else if (end > image_of(d)->n_layers)
        refuse_numbers(out, "layer", end, image_of(d)->n_layers);
    else if (has_spare(d, first, end, out))
        run_layers(d, (uint32_t)first, (uint32_t)end, count, out);
}

/* gpio 0 or 1: an output goes up when layers begin, and down at their end. */
static void
do_gpio(struct device *d, struct words *args, struct text *out)
{
    uint64_t on;

    if (!words_hex(args, 1, &on)) {
        refuse(out, "arguments want=0,1");
    } else if (!d->has_mark) {
        refuse(out, "pin this board has no output to mark runs with");
    } else {
        d->armed = on != 0;
        text_str(out, "m-ok");
    }
}

static void
do_reset(struct device *d, struct words *args, struct text *out)
{
    (void)args;
    text_str(out, "m-ok");
    d->board->reset();
}

static const struct {
    const char *name;
    command_fn *run;
} commands[] = {
    { "name", do_name },
    { "caps", do_caps },
    { "selftest", do_selftest },
    { "data", do_data },
    { "crc", do_crc },
    { "open", do_open },
    { "in", do_in },
    { "read", do_read },
    { "kernels", do_kernels },
    { "run", do_run },
    { "gpio", do_gpio },
    { "reset", do_reset },
};

static void
run(void *ctx, const char *request, struct text *reply)
{
    struct words args = { request };
    const char *word;
    size_t len;

    if (words_next(&args, &word, &len))
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
            if (strlen(commands[i].name) == len &&
                memcmp(commands[i].name, word, len) == 0) {
                commands[i].run(ctx, &args, reply);
                return;
            }
    refuse(reply, "command unknown");
}

void
device_init(struct device *d, const struct device_board *board)
{
    *d = (struct device){ .board = board };
    /* Tried here, so that no window has a pulse that is none of a run. */
    d->has_mark =
        board->mark != NULL && board->mark(true) && board->mark(false);
    responder_init(&d->responder, run, d);
}

size_t
device_hello(const struct device *d, char line[FRAME_LINE])
{
    char text[FRAME_TEXT];
    struct text t;

    text_init(&t, text, sizeof(text));
    text_str(&t, "m-ready offramp 1 ");
    text_str(&t, d->board->name);
    return frame_write(line, FRAME_REPLY, 0, text);
}
