/* SPDX-License-Identifier: MIT */
/*
 * temporal.h -- policies for samples that come in order, such as a sensor's:
 * while little has changed since a sample that the full network answered, its
 * answer is repeated (Sponner et al., arXiv 2403.07957, and PEAX).
 *
 * A rule looks at one exit: at its head's class scores, or at a fingerprint of
 * its feature map, which needs no head.  For every sample temporal_repeat()
 * says whether the last answer still holds; if not, the caller runs the full
 * network and tells temporal_learn() what it answered.  A replay and a device
 * make the very same calls.
 *
 * Pure C: no I/O, no clock, no allocation; the reference vector is the
 * caller's memory.  One thread at a time.
 */
#ifndef OFFRAMP_SEARCH_TEMPORAL_H
#define OFFRAMP_SEARCH_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct temporal_rule {
    const char *name, *summary;
    bool head;     /* compares class scores: the exit's head is run */
    bool patience; /* the head's own answer must stay the same too */
    bool moving;   /* each sample becomes the reference of the next */
};

/* Ends with a NULL name: "difference", "patience", "feature-first",
 * "feature-previous". */
extern const struct temporal_rule temporal_rules[];

struct temporal {
    const struct temporal_rule *rule; /* borrowed */
    double threshold;                 /* repeat while the distance is below */
    float *reference;                 /* [dims], borrowed */
    size_t dims;
    bool known;     /* there is a reference and an answer */
    int64_t answer; /* the full network's last one */
    int64_t head;   /* the head's answer then */
};

/* `reference` has room for `dims` numbers. */
void temporal_start(struct temporal *t, const struct temporal_rule *rule,
    double threshold, float *reference, size_t dims);

/* Another sequence begins: what was known holds no longer. */
void temporal_forget(struct temporal *t);

/* May t->answer be repeated for a sample with this vector, for which the
 * exit's head answers `head` (any number where the rule runs no head)? */
bool temporal_repeat(struct temporal *t, const float *vector, int64_t head);

/* The full network answered `answer` for that sample. */
void temporal_learn(
    struct temporal *t, const float *vector, int64_t head, int64_t answer);

/* Euclidean distance. */
double temporal_distance(const float *a, const float *b, size_t dims);

#endif
