/* SPDX-License-Identifier: MIT */
/* register.h -- files of the user become models, data sets and what is made
 * of them on the server; each is followed until a worker has looked at it. */
#ifndef OFFRAMP_CLI_REGISTER_H
#define OFFRAMP_CLI_REGISTER_H

#include "server/cli/client.h"

/* An option that holds JSON; *out NULL where `text` is.  ST_INVALID names the
 * option. */
enum status option_json(const char *option, const char *text, json_t **out,
    struct err *err) MUST_CHECK;

/* Upload, register, and wait until the analysis has ended.  `name` NULL: the
 * file's; `shape` (stolen) may be NULL.  On ST_OK the caller owns *model. */
enum status register_model(struct client *c, const char *path, const char *name,
    json_t *shape, json_t **model, struct err *err) MUST_CHECK;

struct data_files {
    const char *data, *labels, *preprocess; /* labels, preprocess: or NULL */
};

/* Upload and register a data set for a model; *id is its number. */
enum status register_data(struct client *c, const char *model,
    const struct data_files *f, int64_t *id, struct err *err) MUST_CHECK;

/* POST `body` (stolen) to a collection and follow what it made; its id. */
enum status register_made(struct client *c, const char *collection,
    json_t *body, const char *title, int64_t *id, struct err *err) MUST_CHECK;

#endif
