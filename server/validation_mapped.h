/* SPDX-License-Identifier: MIT */
/*
 * validation_mapped.h -- the processors of a mapped plan, and who is to be
 * each of them when it is run for real.  A microcontroller board alone is a
 * chain of one.
 */
#ifndef OFFRAMP_SERVER_VALIDATION_MAPPED_H
#define OFFRAMP_SERVER_VALIDATION_MAPPED_H

#include "base/json.h"
#include "db/profile.h"

struct mapped {
    json_t *system;     /* owned: of the search, with the costs of each */
    json_t *processors; /* owned: those that the plan uses, in the order in
                         * which data flows, the first always:
                         * [{"name","selector","devices":[names],"profile",
                         *   "emulated","image":{offramp.image/1}|null}] */
    int64_t profile;    /* one that has the model */
};

/*
 * `document` is the plan's, `search` its search.  `devices` ({name:
 * selector}, may be NULL) says who is which processor; by default it is the
 * device of that name.  ST_UNPROCESSABLE "plan.no_profile": no processor's
 * costs come from a profile; "validation.same_agent": two processors would be
 * devices of one agent; ST_CONFLICT "job.unsatisfiable"; ST_INVALID: a name
 * in `devices` that is no processor.  End it with mapped_clear() in every
 * case.
 */
enum status mapped_read(struct db *db, const json_t *document, int64_t search,
    const json_t *devices, int64_t now_ms, struct mapped *out,
    struct err *err) MUST_CHECK;
void mapped_clear(struct mapped *m);

/*
 * The same for a plan of one device, where its profile `p` is of a board's
 * image; of another, `out` is left empty.  `selector` says which board, `costs`
 * are the plan's: modelled ones give way to what was counted, since no
 * emulator can be held against a model's times.  ST_CONFLICT
 * "job.unsatisfiable".  End it with mapped_clear() in every case.
 */
enum status mapped_board(struct db *db, const struct profile *p,
    const json_t *costs, const char *selector, int64_t now_ms,
    struct mapped *out, struct err *err) MUST_CHECK;

#endif
