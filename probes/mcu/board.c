/* SPDX-License-Identifier: MIT */
#include "probes/mcu/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "probes/link/crc32.h"
#include "probes/link/text.h"

enum { READY_MS = 5000, LOAD_TRIES = 3 };

const char *
board_step_name(enum board_step step)
{
    static const char *const names[] = { [BOARD_RESYNC] = "resync",
        [BOARD_SOFT_RESET] = "soft reset",
        [BOARD_RESTART] = "restart" };

    return names[step];
}

/* A number of a reply; ST_CORRUPT where this firmware does not say it. */
static enum status
number(const struct frame *f, const char *name, uint64_t *v, struct err *err)
{
    if (text_find(f->text, name, v))
        return ST_OK;
    return err_set(err, ST_CORRUPT, "device.firmware",
        "the board's answer '%s' has no '%s': flash the firmware of this "
        "version",
        f->text, name);
}

static enum status
identify(struct board *b, struct err *err)
{
    struct frame f;
    enum status st = client_greet(&b->client, "name", &f, err);
    uint64_t mark = 0;
    uint64_t dwt = 0;

    if (st != ST_OK)
        return st;
    if (sscanf(f.text, "m-name offramp 1 %31s %31s", b->name, b->core) != 2)
        return err_set(err, ST_CORRUPT, "device.firmware",
            "the board calls itself '%s': flash the firmware of this version",
            f.text);
    if ((st = client_greet(&b->client, "caps", &f, err)) != ST_OK ||
        (st = number(&f, "hz", &b->clock_hz, err)) != ST_OK ||
        (st = number(&f, "bits", &b->counter_bits, err)) != ST_OK ||
        (st = number(&f, "pool", &b->pool_bytes, err)) != ST_OK ||
        (st = number(&f, "kernels", &b->kernels, err)) != ST_OK ||
        (st = number(&f, "dwt", &dwt, err)) != ST_OK)
        return st;
    b->dwt = dwt != 0;
    b->mark = text_find(f.text, "mark", &mark) && mark != 0;
    return ST_OK;
}

static enum status
test_clock(struct board *b, struct err *err)
{
    uint64_t moves, wraps;
    struct frame f;
    enum status st = client_greet(&b->client, "selftest", &f, err);

    if (st != ST_OK || (st = number(&f, "moves", &moves, err)) != ST_OK ||
        (st = number(&f, "wraps", &wraps, err)) != ST_OK ||
        (st = number(&f, "cost", &b->clock_cost, err)) != ST_OK)
        return st;
    if (moves && wraps)
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "device.timer_suspect",
        "the board's clock %s: its numbers cannot be used",
        moves ? "does not survive a wrap" : "does not move");
}

static enum status
take_into_use(struct board *b, struct err *err)
{
    enum status st = identify(b, err);

    return st == ST_OK ? test_clock(b, err) : st;
}

enum status
board_open(struct board **out, struct port *port, struct err *err)
{
    struct board *b = calloc(1, sizeof(*b));
    char seq[5];
    enum status st;

    *out = NULL;
    if (b == NULL) {
        port_close(port);
        return err_nomem(err);
    }
    hash_random_hex(2, seq);
    b->port = port;
    client_init(&b->client, port, (uint16_t)strtoul(seq, NULL, 16));
    /* An emulator has just started and says so; a real board may have done so
     * long ago, and answers at once. */
    st = client_await_ready(&b->client, READY_MS, NULL);
    if (st == ST_OK || st == ST_TIMEOUT)
        st = take_into_use(b, err);
    else
        st = client_await_ready(&b->client, 0, err); /* why */
    if (st != ST_OK) {
        board_close(b);
        return st;
    }
    *out = b;
    return ST_OK;
}

void
board_close(struct board *b)
{
    if (b == NULL)
        return;
    port_close(b->port);
    free(b);
}

/* Send bytes with a command that takes "OFFSET BYTES". */
static enum status
send_bytes(struct board *b, const char *command, const uint8_t *data,
    size_t len, struct err *err)
{
    enum status st = ST_OK;
    char request[FRAME_TEXT + 1];
    struct frame f;
    struct text t;

    for (size_t at = 0; st == ST_OK && at < len; at += FRAME_DATA) {
        size_t n = len - at < FRAME_DATA ? len - at : FRAME_DATA;

        text_init(&t, request, sizeof(request));
        text_str(&t, command);
        text_str(&t, " ");
        text_hex(&t, at);
        text_str(&t, " ");
        text_bytes(&t, data + at, n);
        st = client_call(&b->client, request, &f, err);
    }
    return st;
}

/* Ask with up to three numbers. */
static enum status
ask(struct board *b, struct frame *f, struct err *err, const char *command,
    const uint64_t *numbers, size_t n)
{
    char request[FRAME_TEXT + 1];
    struct text t;

    text_init(&t, request, sizeof(request));
    text_str(&t, command);
    for (size_t i = 0; i < n; i++) {
        text_str(&t, " ");
        text_hex(&t, numbers[i]);
    }
    return client_call(&b->client, request, f, err);
}

enum status
board_load(struct board *b, const void *image, size_t len, struct err *err)
{
    uint64_t range[] = { 0, len }, crc = 0;
    enum status st = ST_OK;
    struct frame f;

    for (int i = 0; i < LOAD_TRIES; i++) {
        if ((st = send_bytes(b, "data", image, len, err)) != ST_OK ||
            (st = ask(b, &f, err, "crc", range, 2)) != ST_OK ||
            (st = number(&f, "v", &crc, err)) != ST_OK)
            return st;
        if (crc == crc32_of(0, image, len))
            return ask(b, &f, err, "open", &range[1], 1);
    }
    return err_set(err, ST_CORRUPT, "device.memory",
        "what the board holds differs from what it was sent, %d times: its "
        "memory may be damaged",
        LOAD_TRIES);
}

enum nn_kernels
board_best(const struct board *b)
{
    int i = NN_KERNEL_SETS - 1;

    while (i > NN_PLAIN && (b->kernels >> i & 1) == 0)
        i--;
    return (enum nn_kernels)i;
}

enum status
board_kernels(struct board *b, enum nn_kernels kernels, struct err *err)
{
    uint64_t which = kernels;
    struct frame f;

    return ask(b, &f, err, "kernels", &which, 1);
}

enum status
board_input(struct board *b, const void *data, size_t len, struct err *err)
{
    return send_bytes(b, "in", data, len, err);
}

enum status
board_run(struct board *b, uint32_t first, uint32_t end, uint32_t count,
    int wait_ms, struct board_run *out, struct err *err)
{
    uint64_t range[] = { first, end, count }, crc;
    int usual_ms = b->client.wait_ms;
    struct frame f;
    enum status st;

    b->client.wait_ms = wait_ms;
    st = ask(b, &f, err, "run", range, 3);
    b->client.wait_ms = usual_ms;
    if (st != ST_OK || (st = number(&f, "ticks", &out->ticks, err)) != ST_OK ||
        (st = number(&f, "n", &out->count, err)) != ST_OK ||
        (st = number(&f, "crc", &crc, err)) != ST_OK)
        return st;
    out->crc = (uint32_t)crc;
    out->by_class = b->port->ops->counts != NULL;
    if (out->by_class)
        b->port->ops->counts(b->port, &out->counts);
    return ST_OK;
}

enum status
board_arm(struct board *b, bool on, struct err *err)
{
    uint64_t which = on;
    struct frame f;

    return ask(b, &f, err, "gpio", &which, 1);
}

enum status
board_read(struct board *b, uint32_t at, void *out, size_t len, struct err *err)
{
    enum status st = ST_OK;
    uint8_t *to = out;

    for (size_t done = 0; st == ST_OK && done < len;) {
        size_t n = len - done < FRAME_DATA ? len - done : FRAME_DATA, got = 0;
        uint64_t range[] = { at + done, n };
        struct frame f;
        struct words w;

        if ((st = ask(b, &f, err, "read", range, 2)) != ST_OK)
            return st;
        w.at = f.text + strcspn(f.text, " ");
        if (!words_bytes(&w, to + done, n, &got) || got != n)
            st = err_set(err, ST_CORRUPT, "device.firmware",
                "the board answered '%.40s' where %zu bytes were asked for",
                f.text, n);
        done += n;
    }
    return st;
}

static enum status
climb(struct board *b, enum board_step step, struct err *err)
{
    struct frame f;
    enum status st = ST_OK;

    if (step == BOARD_SOFT_RESET &&
        (st = client_greet(&b->client, "reset", &f, err)) != ST_OK)
        return st;
    if (step == BOARD_RESTART)
        st = b->port->ops->restart
                 ? b->port->ops->restart(b->port, err)
                 : err_set(err, ST_UNAVAILABLE, NULL, "it has no reset line");
    if (step != BOARD_RESYNC && st == ST_OK)
        st = client_await_ready(&b->client, READY_MS, err);
    return st == ST_OK ? take_into_use(b, err) : st;
}

enum status
board_recover(struct board *b, enum board_step *step, struct err *err)
{
    struct err why = { 0 };

    for (*step = BOARD_RESYNC; *step < BOARD_STEPS; (*step)++) {
        err_clear(&why);
        if (climb(b, *step, &why) == ST_OK)
            return ST_OK;
    }
    return err_set(err, ST_UNAVAILABLE, "infra.board_lost",
        "asking again, resetting and restarting did not bring the board back: "
        "%.300s",
        why.text);
}
