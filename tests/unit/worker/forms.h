/* SPDX-License-Identifier: MIT */
/*
 * forms.h -- small networks as text, and random data for them: what tests of
 * the task `augment` share.  One thread.
 */
#ifndef OFFRAMP_TEST_FORMS_H
#define OFFRAMP_TEST_FORMS_H

#include "unit/worker/task_box.h"

#define IMAGE "input x f4 1,3,16,16\n"
#define CONV1                                                                  \
    "init w1 f4 8,3,3,3\n"                                                     \
    "node Conv x,w1 -> c1 pads=1,1,1,1\n"                                      \
    "node Relu c1 -> r1\n"
#define FINISH(from)                                                           \
    "node GlobalAveragePool " from " -> g\n"                                   \
    "node Flatten g -> f\n"                                                    \
    "init wf f4 4,8\n"                                                         \
    "node Gemm f,wf -> y transB=1\n"                                           \
    "output y\n"
#define HEAD13 "ir 8\nopset 13\n"
#define CHAIN                                                                  \
    HEAD13 IMAGE CONV1 "init w2 f4 8,8,3,3\n"                                  \
                       "node Conv r1,w2 -> c2 strides=2,2 pads=1,1,1,1\n"      \
                       "node Relu c2 -> r2\n" FINISH("r2")

#define DENSE                                                                  \
    HEAD13 "input x f4 1,20\n"                                                 \
           "init w1 f4 16,20\ninit w2 f4 16,16\ninit w3 f4 16,16\n"            \
           "init w4 f4 4,16\n"                                                 \
           "node Gemm x,w1 -> d1 transB=1\nnode Relu d1 -> r1\n"               \
           "node Gemm r1,w2 -> d2 transB=1\nnode Relu d2 -> r2\n"              \
           "node Gemm r2,w3 -> d3 transB=1\nnode Relu d3 -> r3\n"              \
           "node Gemm r3,w4 -> y transB=1\noutput y\n"

enum { FORM_ROWS = 60 };

extern float form_noise[FORM_ROWS * 3 * 16 * 16]; /* 0..1 */

/* Call it first. */
void form_make_noise(void);

/* Labels 0, 1, 2, 3, 0, ..: [FORM_ROWS], static. */
const unsigned char *form_labels(void);

/* The model analysed, `rows` rows of data and their labels; the payload of a
 * task, the caller's. */
json_t *form_payload(struct task_box *b, const char *text, const char *shape,
    const float *data, size_t rows, const unsigned char *labels);

#endif
