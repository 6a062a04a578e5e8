/* SPDX-License-Identifier: MIT */
/*
 * chain.h -- networks of files run one after the other: they exchange tensors
 * by name, as cut models do.
 *
 * A `struct chain` holds every tensor seen so far; its caller ends it with
 * chain_clear().  Any failure fails the test.
 */
#ifndef OFFRAMP_TEST_CHAIN_H
#define OFFRAMP_TEST_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct runtime;

enum { CHAIN_TENSORS = 128 };

struct chain {
    struct runtime *rt;
    bool plain; /* nets run as they are written: the runtime fuses nothing */
    struct {
        char name[128];
        float *data; /* owned */
        size_t n;
    } tensor[CHAIN_TENSORS];
    size_t n;
};

void chain_open(struct chain *c);
void chain_clear(struct chain *c);

/* Put a tensor, in place of the one so called; `data` is copied. */
void chain_put(struct chain *c, const char *name, const float *data, size_t n);

/* The tensor so called; its length goes to *n where that is not NULL. */
const float *chain_get(const struct chain *c, const char *name, size_t *n);

/* Run the network of a file on the tensors its inputs name; its outputs are
 * put.  The name of its last output is returned, borrowed from the chain. */
const char *chain_run(struct chain *c, const char *path);

#endif
