/* SPDX-License-Identifier: MIT */
#include "base/score.h"

#include <math.h>
#include <string.h>

static const char *const words[] = {
#define X(name, word) word,
    SCORE_MAP(X)
#undef X
};

const char *
score_word(enum score s)
{
    return words[s];
}

enum score
score_find(const char *word)
{
    int s = 0;

    while (s < SCORE_KINDS && (word == NULL || strcmp(words[s], word) != 0))
        s++;
    return (enum score)s;
}

enum status
score_read(const char *word, const char *path, enum score *out, struct err *err)
{
    *out = score_find(word);
    if (*out != SCORE_KINDS)
        return ST_OK;
    return err_set(err, ST_INVALID, "request.field",
        "%s must be max_probability, margin or entropy", path);
}

/* What logits' probabilities are divided by, largest first. */
static double
sum_of(const float *v, size_t n, size_t best)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += exp((double)v[i] - v[best]);
    return sum;
}

static double
largest(const float *v, size_t n, size_t best, bool logits)
{
    return logits ? 1 / sum_of(v, n, best) : v[best];
}

static double
margin(const float *v, size_t n, size_t best, bool logits)
{
    size_t second = best == 0;

    if (n == 1)
        return 1;
    for (size_t i = 0; i < n; i++)
        if (i != best && v[i] > v[second])
            second = i;
    if (!logits)
        return (double)v[best] - v[second];
    return -expm1((double)v[second] - v[best]) / sum_of(v, n, best);
}

/* Of logits z, the largest 0: H = ln S - sum z exp(z) / S, S = sum exp(z). */
static double
certainty(const float *v, size_t n, size_t best, bool logits)
{
    double h = 0, sum = logits ? sum_of(v, n, best) : 1;

    if (n == 1)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const double z = logits ? (double)v[i] - v[best] : v[i];

        if (logits)
            h -= z * exp(z) / sum;
        else if (z > 0)
            h -= z * log(z);
    }
    return 1 - (h + log(sum)) / log((double)n);
}

double
score_from(enum score s, const float *v, size_t n, size_t best, bool logits)
{
    static double (*const rule[])(const float *, size_t, size_t, bool) = {
        [SCORE_MAX_PROBABILITY] = largest,
        [SCORE_MARGIN] = margin,
        [SCORE_ENTROPY] = certainty,
    };
    const double x = rule[s](v, n, best, logits);

    /* Rounding may leave the interval by its last bits. */
    return x < 0 ? 0 : x > 1 ? 1 : x;
}
