/* SPDX-License-Identifier: MIT */
#include "base/chance.h"

#include <math.h>

bool
chance_like(double accuracy, int64_t n, int64_t classes)
{
    const double z = 1.959963984540054, nn = (double)n;
    const double guess = 1 / (double)classes;
    double middle, half;

    if (!isfinite(accuracy) || n < 1 || classes < 2)
        return false;
    middle = accuracy + z * z / (2 * nn);
    half = z * sqrt((accuracy * (1 - accuracy) + z * z / (4 * nn)) / nn);
    return (middle - half) / (1 + z * z / nn) <= guess + 0.1 * (1 - guess);
}

json_t *
chance_warnings(double accuracy, int64_t n, int64_t classes)
{
    if (!chance_like(accuracy, n, classes))
        return json_array();
    return json_pack("[{s:s,s:o}]", "code", "accuracy.chance", "detail",
        json_sprintf(
            "the network itself is right on %.2f %% of %lld labelled samples; "
            "guessing among %lld classes is right on %.2f %%: check how inputs "
            "are prepared (preprocess: scale, mean, std), their layout (NCHW "
            "or NHWC), and that labels count classes as the network does",
            100 * accuracy, (long long)n, (long long)classes,
            100 / (double)classes));
}
