/* SPDX-License-Identifier: MIT */
#include "search/policy/temporal.h"

#include <math.h>
#include <string.h>

const struct temporal_rule temporal_rules[] = {
    { "difference", "repeat while the class scores stay near the reference",
        true, false, false },
    { "patience", "the same, and the head's own answer stays", true, true,
        false },
    { "feature-first", "repeat while the features stay near the first's", false,
        false, false },
    { "feature-previous", "repeat while the features stay near the last's",
        false, false, true },
    { NULL, NULL, false, false, false },
};

double
temporal_distance(const float *a, const float *b, size_t dims)
{
    double sum = 0;

    for (size_t i = 0; i < dims; i++) {
        double d = (double)a[i] - (double)b[i];

        sum += d * d;
    }
    return sqrt(sum);
}

void
temporal_start(struct temporal *t, const struct temporal_rule *rule,
    double threshold, float *reference, size_t dims)
{
    *t = (struct temporal){ .rule = rule,
        .threshold = threshold,
        .reference = reference,
        .dims = dims };
}

void
temporal_forget(struct temporal *t)
{
    t->known = false;
}

bool
temporal_repeat(struct temporal *t, const float *vector, int64_t head)
{
    bool near;

    if (!t->known)
        return false;
    near = temporal_distance(vector, t->reference, t->dims) < t->threshold;
    if (t->rule->moving)
        memcpy(t->reference, vector, t->dims * sizeof(*vector));
    return near && (!t->rule->patience || head == t->head);
}

void
temporal_learn(
    struct temporal *t, const float *vector, int64_t head, int64_t answer)
{
    memcpy(t->reference, vector, t->dims * sizeof(*vector));
    t->head = head;
    t->answer = answer;
    t->known = true;
}
