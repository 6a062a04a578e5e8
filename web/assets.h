/* SPDX-License-Identifier: MIT */
/*
 * assets.h -- the page's files, embedded in the program.
 *
 * The table is constant: nobody owns or frees anything in it, and any thread
 * may read it.  CMakeLists.txt lists the files.
 */
#ifndef OFFRAMP_WEB_ASSETS_H
#define OFFRAMP_WEB_ASSETS_H

#include <stddef.h>

struct web_asset {
    const char *path; /* of the URL: "/", "/app.js" */
    const char *type; /* Content-Type */
    const unsigned char *data;
    size_t len;
    const char *etag; /* start of the SHA-256 in hex, without quotes */
};

/* Ends with a row whose path is NULL. */
extern const struct web_asset web_assets[];

#endif
