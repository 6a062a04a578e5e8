/* SPDX-License-Identifier: MIT */
/*
 * stretch.h -- what one processor runs of a mapped plan: some segments in
 * turn, with the heads of the exits that are kept there.  It takes tensors in,
 * and a sample either leaves at one of its exits or goes on elsewhere.
 *
 * A task's payload describes it ("stretch"; ../README.md, `relay`).  There is
 * one kind for machines that run ONNX and one for boards (image not null).
 * The caller owns a stretch, ends it with stretch_close() and uses it from one
 * thread.
 */
#ifndef OFFRAMP_RELAY_STRETCH_H
#define OFFRAMP_RELAY_STRETCH_H

#include "probes/agent/task.h"
#include "probes/deploy/runner.h"

enum { STRETCH_TENSORS_MAX = 16 };

/* One exit's part of the plan, as the payload has it; text is borrowed. */
struct stretch_exit {
    int64_t index; /* in graph order */
    const char *name;
    bool kept;        /* false: only a place where the network is cut */
    double threshold; /* of a kept one; -INFINITY: all leave */
    enum score score; /* what it is a threshold of */
    const json_t *doc;
};

/* A tensor that is handed over; one after the other, in this order. */
struct stretch_tensor {
    const char *name;
    size_t bytes, at; /* as float32 */
    double scale;     /* of a board that made it in int8; 0: of none */
    int64_t zero;
};

struct stretch_tensors {
    struct stretch_tensor item[STRETCH_TENSORS_MAX];
    size_t n, bytes; /* of all */
};

/* What became of one sample here. */
struct stretch_run {
    bool left;
    int64_t stage, class; /* where it left: index in graph order */
    double score;
    const float *values; /* borrowed until the next run */
    size_t n;
    const void *gives; /* the same, of gives.bytes: where it goes on */
    double counts;     /* instructions; NaN where none are counted */
    double own_ns;     /* by a clock of its own; NaN: it has none */
};

struct stretch {
    const struct stretch_ops *ops;
    struct stretch_exit exit[RUNNER_EXITS_MAX];
    int exits;
    struct stretch_tensors takes, gives;
    bool timeless;  /* an emulated board */
    bool own_clock; /* runs tell own_ns: a real board */
    json_t *stable; /* owned: the environment it runs in */
    char fingerprint[HASH_HEX];
};

struct stretch_ops {
    enum status (*run)(struct stretch *s, const void *in,
        struct stretch_run *out, struct err *err);
    /* MAY: no exit but the last is asked. */
    enum status (*run_full)(struct stretch *s, const void *in,
        struct stretch_run *out, struct err *err);
    /* MAY: the mean energy of a sample, of which left[i] leave at exit i. */
    enum status (*energy)(struct stretch *s, const size_t *left, json_t **out,
        int64_t *flags, struct err *err);
    /* MAY: what was wrong between the probe and its board (../mcu/rig.h). */
    json_t *(*trouble)(const struct stretch *s);
    void (*close)(struct stretch *s);
};

/* Open what the payload's member `stretch` says.  ST_INVALID names the member;
 * what runner_open_part() or a board says. */
enum status stretch_open(
    struct stretch **out, struct task *t, struct err *err) MUST_CHECK;
void stretch_close(struct stretch *s);

/* Run one sample; `in` has takes.bytes. */
enum status stretch_run(struct stretch *s, const void *in,
    struct stretch_run *out, struct err *err) MUST_CHECK;

/* The same through the network without early exits: every segment, and the
 * last head.  Only where stretch_has_full(): on a board that has all of it. */
bool stretch_has_full(const struct stretch *s);
enum status stretch_run_full(struct stretch *s, const void *in,
    struct stretch_run *out, struct err *err) MUST_CHECK;

/* What a sample takes in energy, where left[i] of them leave at the i-th exit
 * of the stretch that is kept; *out NULL: nobody knows, and *flags say why. */
enum status stretch_energy(struct stretch *s, const size_t *left, json_t **out,
    int64_t *flags, struct err *err) MUST_CHECK;

/* That, a new value: null of a machine; NULL: out of memory. */
json_t *stretch_trouble(const struct stretch *s);

/* The two kinds, for what was read into `base`; `image` is the member of that
 * name. */
enum status stretch_host_open(struct stretch **out, const struct stretch *base,
    struct task *t, struct err *err) MUST_CHECK;
enum status stretch_board_open(struct stretch **out, const struct stretch *base,
    const json_t *image, struct task *t, struct err *err) MUST_CHECK;

#endif
