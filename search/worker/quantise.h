/* SPDX-License-Identifier: MIT */
/*
 * quantise.h -- a network as the image that a board is given (nn/image.h),
 * calibrated on rows of a data set, and what it answers on others.
 *
 * The caller owns a struct boardnet, ends it with boardnet_clear() whatever
 * happened, and uses it from one thread.
 */
#ifndef OFFRAMP_WORKER_QUANTISE_H
#define OFFRAMP_WORKER_QUANTISE_H

#include "probes/agent/task.h"
#include "search/data/records.h"
#include "search/quant/quant.h"
#include "search/worker/dataset.h"
#include "search/worker/feeder.h"

struct boardnet {
    enum nn_type type;
    struct low_net *net; /* owned, as are: */
    json_t *lacks;       /* of each layer of the analysis (lower.h) */
    json_t *missing;     /* outputs of exits that the image does not make */
    struct quant *quant;
    struct feeder *feeder; /* NULL: it is fed its input alone */
    void *image;
    size_t len;
    uint8_t *arena;   /* that of the image */
    uint8_t *sample;  /* what is fed for one input, as a board takes it */
    size_t n_in;      /* values of an input */
    float *raw, *row; /* a row as stored, and prepared */
};

/* An exit: its output (lower.h), and what its scores are. */
struct boardnet_exit {
    int output;
    enum score score;
};

/* Rows [from, to) of a data set. */
struct row_range {
    int64_t from, to;
};

/* What exits answered on some rows, by the image and by the float network. */
struct boardnet_answers {
    struct records image, real; /* owned */
};

/* A network: its file, and its analysis. */
struct boardnet_model {
    const void *onnx;
    size_t len;
    const json_t *analysis;
};

/*
 * Lower what boards have of the network and make its image; int8 needs `data`
 * and the rows to calibrate on.  `data` NULL (float32 only): the sample is
 * seeded numbers.  ST_UNPROCESSABLE as lower.h, quant.h and dataset.h say.
 */
enum status boardnet_make(struct boardnet *b, struct task *t,
    const struct boardnet_model *model, const struct dataset *data,
    struct row_range calibrate, struct err *err) MUST_CHECK;
void boardnet_clear(struct boardnet *b);

/*
 * Run other rows.  An exit's `output` is -1 - i where it is b->missing[i],
 * which the float network answers.  On ST_OK the caller ends *out with
 * boardnet_answers_clear().
 */
enum status boardnet_answer(struct boardnet *b, struct task *t,
    const struct dataset *data, struct row_range rows,
    const struct boardnet_exit *exits, int n_exits,
    struct boardnet_answers *out, struct err *err) MUST_CHECK;
void boardnet_answers_clear(struct boardnet_answers *a);

#endif
