/* SPDX-License-Identifier: MIT */
/* records.c -- exit records in memory: room, halves, accuracy. */
#include "search/data/records.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/chance.h"

enum status
records_init(struct records *r, size_t n, int exits, struct err *err)
{
    size_t cells = n * (size_t)exits;

    *r = (struct records){ .n = n, .exits = exits };
    r->sample = calloc(n + 1, sizeof(*r->sample));
    r->label = calloc(n + 1, sizeof(*r->label));
    r->pred = calloc(cells + 1, sizeof(*r->pred));
    r->score = calloc(cells + 1, sizeof(*r->score));
    if (!r->sample || !r->label || !r->pred || !r->score) {
        records_clear(r);
        return err_nomem(err);
    }
    return ST_OK;
}

static void
free_texts(char **text, size_t n)
{
    for (size_t i = 0; text != NULL && i < n; i++)
        free(text[i]);
    free(text);
}

void
records_clear(struct records *r)
{
    free_texts(r->sample, r->n);
    free_texts(r->group, r->n);
    free(r->label);
    free(r->pred);
    free(r->score);
    free(r->seconds);
    free(r->half);
    records_vectors_free(r->vector, r->exits);
    records_vectors_free(r->feature, r->exits);
    *r = (struct records){ 0 };
}

void
records_split(const struct records *r, uint64_t seed, uint8_t *half)
{
    unsigned char key[crypto_shorthash_KEYBYTES] = { 0 };
    unsigned char hash[crypto_shorthash_BYTES];

    if (r->half != NULL) {
        memcpy(half, r->half, r->n);
        return;
    }
    for (int b = 0; b < 8; b++)
        key[b] = (unsigned char)(seed >> 8 * b);
    for (size_t i = 0; i < r->n; i++) {
        const char *name = r->group ? r->group[i] : r->sample[i];

        crypto_shorthash(hash, (const unsigned char *)name, strlen(name), key);
        half[i] = hash[0] & 1 ? RECORDS_TEST : RECORDS_CAL;
    }
}

int64_t
records_classes(const struct records *r)
{
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    int64_t top = -1;

    for (size_t i = 0; i < r->n; i++) {
        top = r->label[i] > top ? r->label[i] : top;
        top = last[i] > top ? last[i] : top;
    }
    return top + 1;
}

json_t *
records_warnings(const struct records *r)
{
    int64_t labelled = 0;

    for (size_t i = 0; i < r->n; i++)
        labelled += r->label[i] >= 0;
    return chance_warnings(
        records_accuracy(r, r->exits - 1), labelled, records_classes(r));
}

double
records_accuracy(const struct records *r, int exit)
{
    const int64_t *pred = r->pred + (size_t)exit * r->n;
    size_t known = 0, right = 0;

    for (size_t i = 0; i < r->n; i++) {
        known += r->label[i] >= 0;
        right += r->label[i] >= 0 && pred[i] == r->label[i];
    }
    return known ? (double)right / (double)known : NAN;
}

double
records_agreement(const struct records *r, int exit)
{
    const int64_t *pred = r->pred + (size_t)exit * r->n;
    const int64_t *last = r->pred + (size_t)(r->exits - 1) * r->n;
    size_t same = 0;

    for (size_t i = 0; i < r->n; i++)
        same += pred[i] == last[i];
    return r->n ? (double)same / (double)r->n : NAN;
}
