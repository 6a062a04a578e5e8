/* SPDX-License-Identifier: MIT */
#include "search/select/image.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BINS = 7, FAST_STEP = 20, FAST_ARC = 9, RING = 16 };

const char *const image_feature_names[IMAGE_FEATURES] = { "keypoints",
    "brightness", "hue", "contrast", "outline", "edges", "aspect" };

/* Scratch memory, all of one pixel count. */
struct work {
    int height, width;
    size_t n;
    float *grey, *edge; /* perceived brightness, Sobel magnitude */
    uint32_t *stack;    /* pixels to visit */
    uint8_t *mask;      /* 1: set, 2: visited */
};

size_t
image_scratch(int height, int width)
{
    return (size_t)height * (size_t)width *
           (2 * sizeof(float) + sizeof(uint32_t) + 1);
}

static struct work
work_of(const struct image *im, void *scratch)
{
    struct work w = { im->height, im->width,
        (size_t)im->height * (size_t)im->width, scratch, NULL, NULL, NULL };

    w.edge = w.grey + w.n;
    w.stack = (uint32_t *)(w.edge + w.n);
    w.mask = (uint8_t *)(w.stack + w.n);
    return w;
}

static void
perceive(const struct image *im, struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        float r = im->v[i], g = im->channels == 3 ? im->v[w->n + i] : r;
        float b = im->channels == 3 ? im->v[2 * w->n + i] : r;

        w->grey[i] = sqrtf(0.299F * r * r + 0.587F * g * g + 0.114F * b * b);
    }
}

static void
mean_and_sd(const float *v, size_t n, double *mean, double *sd)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)v[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)v[i] - *mean) * ((double)v[i] - *mean);
    *sd = sqrt(squares / (double)n);
}

/* Is the hue in 0..360/7 degrees?  Grey has none. */
static bool
is_first_hue(float r, float g, float b)
{
    float most = fmaxf(r, fmaxf(g, b)), range = most - fminf(r, fminf(g, b));

    /* in that part red leads, and green is ahead of blue by at most 6/7 */
    return range > 0 && most == r && g >= b && (g - b) * BINS < range * 6;
}

static double
first_hue(const struct image *im, size_t n)
{
    size_t count = 0;

    if (im->channels != 3)
        return 0;
    for (size_t i = 0; i < n; i++)
        count += is_first_hue(im->v[i], im->v[n + i], im->v[2 * n + i]);
    return (double)count / (double)n;
}

static bool
is_corner(const struct work *w, int y, int x)
{
    static const int8_t ring[RING][2] = { { -3, 0 }, { -3, 1 }, { -2, 2 },
        { -1, 3 }, { 0, 3 }, { 1, 3 }, { 2, 2 }, { 3, 1 }, { 3, 0 }, { 3, -1 },
        { 2, -2 }, { 1, -3 }, { 0, -3 }, { -1, -3 }, { -2, -2 }, { -3, -1 } };
    float centre = w->grey[y * w->width + x];
    int brighter = 0, darker = 0;

    for (int k = 0; k < RING + FAST_ARC - 1; k++) {
        const int8_t *at = ring[k % RING];
        float v = w->grey[(y + at[0]) * w->width + x + at[1]];

        brighter = v > centre + FAST_STEP ? brighter + 1 : 0;
        darker = v < centre - FAST_STEP ? darker + 1 : 0;
        if (brighter == FAST_ARC || darker == FAST_ARC)
            return true;
    }
    return false;
}

static double
corners(const struct work *w)
{
    size_t count = 0;

    for (int y = 3; y < w->height - 3; y++)
        for (int x = 3; x < w->width - 3; x++)
            count += is_corner(w, y, x);
    return (double)count;
}

/* Otsu's threshold on whole grey levels: the most variance between the two
 * sides. */
static int
otsu(const struct work *w)
{
    size_t count[256] = { 0 }, below = 0;
    double all = 0, sum = 0, most = -1;
    int best = 0;

    for (size_t i = 0; i < w->n; i++) {
        int level = (int)fminf(fmaxf(w->grey[i], 0), 255);

        count[level]++;
        all += level;
    }
    for (int t = 0; t < 255; t++) {
        double a, b, between;

        below += count[t];
        sum += (double)t * (double)count[t];
        if (below == 0 || below == w->n)
            continue;
        a = sum / (double)below;
        b = (all - sum) / (double)(w->n - below);
        between = (double)below * (double)(w->n - below) * (a - b) * (a - b);
        if (between > most) {
            most = between;
            best = t;
        }
    }
    return best;
}

/* A connected set of pixels. */
struct part {
    size_t area, perimeter;
    int top, bottom, left, right;
};

static bool
is_set(const struct work *w, int y, int x)
{
    return y >= 0 && y < w->height && x >= 0 && x < w->width &&
           w->mask[y * w->width + x] != 0;
}

static void
visit(struct work *w, int y, int x, size_t *top)
{
    uint8_t *m = &w->mask[y * w->width + x];

    if (*m != 1)
        return;
    *m = 2;
    w->stack[(*top)++] = (uint32_t)(y * w->width + x);
}

/* The part that pixel `at` belongs to, over all eight neighbours; its pixels
 * are then visited.  The perimeter counts sides without a set neighbour. */
static struct part
flood(struct work *w, size_t at)
{
    struct part p = { 0, 0, w->height, 0, w->width, 0 };
    size_t top = 0;

    visit(w, (int)at / w->width, (int)at % w->width, &top);
    while (top > 0) {
        int i = (int)w->stack[--top], y = i / w->width, x = i % w->width;

        p.area++;
        p.perimeter += !is_set(w, y - 1, x) + !is_set(w, y + 1, x) +
                       !is_set(w, y, x - 1) + !is_set(w, y, x + 1);
        p.top = y < p.top ? y : p.top;
        p.bottom = y > p.bottom ? y : p.bottom;
        p.left = x < p.left ? x : p.left;
        p.right = x > p.right ? x : p.right;
        for (int k = 0; k < 9; k++)
            if (is_set(w, y + k / 3 - 1, x + k % 3 - 1))
                visit(w, y + k / 3 - 1, x + k % 3 - 1, &top);
    }
    return p;
}

static void
main_object(struct work *w, double *outline, double *aspect)
{
    struct part best = { 0 };
    int threshold = otsu(w);
    size_t above = 0;

    for (size_t i = 0; i < w->n; i++) {
        w->mask[i] = (int)w->grey[i] > threshold;
        above += w->mask[i];
    }
    for (size_t i = 0; 2 * above > w->n && i < w->n; i++)
        w->mask[i] = !w->mask[i];
    for (size_t i = 0; i < w->n; i++) {
        struct part p;

        if (w->mask[i] != 1)
            continue;
        p = flood(w, i);
        if (p.area > best.area)
            best = p;
    }
    *outline = best.area ? (double)best.area / (double)best.perimeter : 0;
    *aspect = best.area ? (double)(best.right - best.left + 1) /
                              (double)(best.bottom - best.top + 1)
                        : 0;
}

static void
sobel(struct work *w)
{
    memset(w->edge, 0, w->n * sizeof(*w->edge));
    for (int y = 1; y < w->height - 1; y++)
        for (int x = 1; x < w->width - 1; x++) {
            const float *up = w->grey + (y - 1) * w->width + x;
            const float *on = up + w->width, *down = on + w->width;
            float gx =
                up[1] - up[-1] + 2 * (on[1] - on[-1]) + down[1] - down[-1];
            float gy =
                down[-1] - up[-1] + 2 * (down[0] - up[0]) + down[1] - up[1];

            w->edge[y * w->width + x] = sqrtf(gx * gx + gy * gy);
        }
}

/* Lengths (areas) of edges: the share in the first bin of seven. */
static double
short_edges(struct work *w)
{
    double mean, sd;
    size_t count = 0, longest = 0, few = 0;

    sobel(w);
    mean_and_sd(w->edge, w->n, &mean, &sd);
    for (size_t i = 0; i < w->n; i++)
        w->mask[i] = (double)w->edge[i] > mean + sd;
    /* lengths overwrite magnitudes, which were read before; at most one a
     * pixel */
    for (size_t i = 0; i < w->n; i++) {
        size_t area;

        if (w->mask[i] != 1)
            continue;
        area = flood(w, i).area;
        w->edge[count++] = (float)area;
        longest = area > longest ? area : longest;
    }
    for (size_t i = 0; i < count; i++)
        few += (double)w->edge[i] * BINS <= (double)longest;
    return count ? (double)few / (double)count : 0;
}

void
image_features(
    const struct image *im, void *scratch, double out[IMAGE_FEATURES])
{
    struct work w = work_of(im, scratch);

    perceive(im, &w);
    out[0] = corners(&w);
    mean_and_sd(w.grey, w.n, &out[1], &out[3]);
    out[2] = first_hue(im, w.n);
    main_object(&w, &out[4], &out[6]);
    out[5] = short_edges(&w);
}
