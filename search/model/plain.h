/* SPDX-License-Identifier: MIT */
/*
 * plain.h -- a plain network (one classifier, no exits yet) understood, and
 * every boundary of it looked at: can a head start there, and if not, why?
 *
 * Owns the model and all that is found out about it; belongs to one thread.
 */
#ifndef OFFRAMP_MODEL_PLAIN_H
#define OFFRAMP_MODEL_PLAIN_H

#include "search/model/boundary.h"
#include "search/model/exit.h"
#include "search/model/shape.h"

/* Why a boundary is no candidate: word for the document, sentence. */
#define SITE_MAP(X)                                                            \
    X(SITE_OK, NULL, NULL)                                                     \
    X(SITE_TYPE, "type", "heads need float32")                                 \
    X(SITE_BATCH, "batch", "its first dimension is not the batch")             \
    X(SITE_RANK, "rank", "heads read 2 to 4 dimensions")                       \
    X(SITE_LAYOUT, "layout", "its channels are not in dimension 1")            \
    X(SITE_NO_WORK, "no_work", "no work since the boundary before it")         \
    X(SITE_NOTHING_LEFT, "nothing_left",                                       \
        "no more work is left than a head costs")                              \
    X(SITE_RULE, "rule", "the rule places no exit here")                       \
    X(SITE_LIMIT, "limit", "more candidates than max_candidates")

enum site_reason {
#define X(name, word, text) name,
    SITE_MAP(X)
#undef X
};

const char *site_reason_word(enum site_reason r);
const char *site_reason_text(enum site_reason r);

enum site_form {
    FORM_VECTOR,   /* [1, channels] */
    FORM_MAP,      /* [1, channels, extent..] of one or two dimensions */
    FORM_SEQUENCE, /* [1, extent, channels]: hidden states */
};

struct site {
    const char *tensor; /* borrowed from the model */
    const int64_t *dims;
    int rank;
    int64_t bytes;
    int64_t macs_before; /* of the backbone up to here */
    enum site_reason reason;
    enum site_form form; /* where the reason is SITE_OK; so the rest */
    size_t channels;
    size_t extent[2]; /* height and width; {1, length}; {1, 1} */
};

struct plain {
    Onnx__ModelProto *m;
    struct graph *g;
    struct exits exits;
    struct layers layers;
    struct boundary *boundaries; /* as the analysis numbers them */
    struct site *site;           /* one a boundary */
    int n;
    int64_t classes, macs, params, input_bytes;
};

/*
 * Understand the bytes of a normalised model.  End it with plain_close()
 * whatever the outcome.  ST_UNPROCESSABLE: codes `model.*` of analyse.h, or
 * `augment.not_classifier`, `augment.sigmoid`, `augment.has_exits`,
 * `augment.opset`, `augment.inputs`.
 */
enum status plain_open(struct plain *p, const void *data, size_t len,
    shape_infer_fn infer, void *ctx, struct err *err) MUST_CHECK;
void plain_close(struct plain *p);

#endif
