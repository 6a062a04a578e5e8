/* SPDX-License-Identifier: MIT */
/*
 * image.h -- seven numbers of an image, those that LCTES'18 keeps (its
 * definitions are not published in full; these are ours):
 *
 *     keypoints    FAST corners (Rosten and Drummond 2006): nine in a row of
 *                  16 around a pixel are all brighter, or darker, by 20
 *     brightness   mean perceived: sqrt(.299 r^2 + .587 g^2 + .114 b^2)
 *     hue          share of pixels whose hue is in the first seventh (red)
 *     contrast     standard deviation of perceived brightness
 *     outline      area over perimeter of the main object
 *     edges        share of edges whose length is in the first seventh of the
 *                  longest's
 *     aspect       width over height of the main object's box
 *
 * The main object is the largest connected part of the less frequent side of
 * Otsu's threshold (1979); an edge is a connected set of pixels whose Sobel
 * magnitude is above mean plus standard deviation.  Pure; no allocation.
 */
#ifndef OFFRAMP_SEARCH_SELECT_IMAGE_H
#define OFFRAMP_SEARCH_SELECT_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { IMAGE_FEATURES = 7, IMAGE_SIDE_MAX = 4096 };

extern const char *const image_feature_names[IMAGE_FEATURES];

/* Values 0..255, planes one after the other; 1 channel (grey) or 3 (RGB). */
struct image {
    const float *v; /* [channels][height][width], borrowed */
    int channels, height, width;
};

/* Bytes of scratch memory that an image of that size needs, aligned as malloc
 * does. */
size_t image_scratch(int height, int width);

void image_features(
    const struct image *im, void *scratch, double out[IMAGE_FEATURES]);

#endif
