/* SPDX-License-Identifier: MIT */
/*
 * native.h -- which members the native JSON (offramp.export/1) has: the
 * export writes by these tables, the import reads by them.  Lists end with
 * NULL.
 */
#ifndef OFFRAMP_SERVER_EXPORT_NATIVE_H
#define OFFRAMP_SERVER_EXPORT_NATIVE_H

#define NATIVE_SCHEMA "offramp.export/1"

/* A member of an API row, and its name in the document. */
struct native_member {
    const char *row, *native;
};

/* Of a layer: statics, numbers, and what its row's `energy` holds. */
extern const struct native_member native_layer[], native_energy[];

/* Of every other row, as the API has them. */
extern const char *const native_row[];

#endif
