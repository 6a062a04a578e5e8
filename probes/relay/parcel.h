/* SPDX-License-Identifier: MIT */
/*
 * parcel.h -- a sample's tensors as they cross from one processor to the next:
 * float32, or, what a board made in int8, in its own numbers, which are a
 * quarter of that and lose nothing.  Pure.
 */
#ifndef OFFRAMP_RELAY_PARCEL_H
#define OFFRAMP_RELAY_PARCEL_H

#include "probes/relay/stretch.h"

/* Bytes of a parcel. */
size_t parcel_bytes(const struct stretch_tensors *list);

/* Do any of them cross as int8?  Else the tensors are the parcel. */
bool parcel_is_coded(const struct stretch_tensors *list);

/* list->bytes of tensors into a parcel, and back. */
void parcel_pack(
    const struct stretch_tensors *list, const void *tensors, void *parcel);
void parcel_unpack(
    const struct stretch_tensors *list, const void *parcel, void *tensors);

#endif
