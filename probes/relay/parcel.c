/* SPDX-License-Identifier: MIT */
#include "probes/relay/parcel.h"

#include <string.h>

#include "probes/nn/real.h"

static bool
is_coded(const struct stretch_tensor *t)
{
    return t->scale > 0;
}

static size_t
crossing(const struct stretch_tensor *t)
{
    return is_coded(t) ? t->bytes / sizeof(float) : t->bytes;
}

size_t
parcel_bytes(const struct stretch_tensors *list)
{
    size_t sum = 0;

    for (size_t i = 0; i < list->n; i++)
        sum += crossing(&list->item[i]);
    return sum;
}

bool
parcel_is_coded(const struct stretch_tensors *list)
{
    return parcel_bytes(list) != list->bytes;
}

void
parcel_pack(
    const struct stretch_tensors *list, const void *tensors, void *parcel)
{
    uint8_t *to = parcel;

    for (size_t i = 0; i < list->n; i++) {
        const struct stretch_tensor *t = &list->item[i];
        const uint8_t *from = (const uint8_t *)tensors + t->at;

        for (size_t k = 0; is_coded(t) && k < crossing(t); k++) {
            float v;

            memcpy(&v, from + k * sizeof(v), sizeof(v));
            ((int8_t *)to)[k] = nn_from_real(v, t->scale, t->zero);
        }
        if (!is_coded(t))
            memcpy(to, from, t->bytes);
        to += crossing(t);
    }
}

void
parcel_unpack(
    const struct stretch_tensors *list, const void *parcel, void *tensors)
{
    const uint8_t *from = parcel;

    for (size_t i = 0; i < list->n; i++) {
        const struct stretch_tensor *t = &list->item[i];
        uint8_t *to = (uint8_t *)tensors + t->at;

        for (size_t k = 0; is_coded(t) && k < crossing(t); k++) {
            const float v =
                nn_to_real(((const int8_t *)from)[k], t->scale, t->zero);

            memcpy(to + k * sizeof(v), &v, sizeof(v));
        }
        if (!is_coded(t))
            memcpy(to, from, t->bytes);
        from += crossing(t);
    }
}
