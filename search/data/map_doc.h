/* SPDX-License-Identifier: MIT */
/* map_doc.h -- inside data/: one call of map_records(), and its document. */
#ifndef OFFRAMP_DATA_MAP_DOC_H
#define OFFRAMP_DATA_MAP_DOC_H

#include "search/data/map.h"
#include "search/data/plan_doc.h"

enum { MAP_PARTS = MAPPING_PROCESSORS_MAX * COSTS_EXITS_MAX };

/* Rows of [processors][exits]; sends [exits][processors][processors]. */
struct map_work {
    const struct map_system *sys;
    const struct search_options *wanted;
    int exits;
    struct problem problem;
    double segment[MAP_PARTS], head[MAP_PARTS];
    double send[MAP_PARTS * MAPPING_PROCESSORS_MAX];
    int64_t segment_steps[MAP_PARTS], head_steps[MAP_PARTS];
    int64_t send_steps[MAP_PARTS * MAPPING_PROCESSORS_MAX];
    int64_t wake_steps[MAPPING_PROCESSORS_MAX], memory[MAPPING_PROCESSORS_MAX];
    int64_t segment_hold[MAP_PARTS], head_hold[MAP_PARTS], peak[MAP_PARTS];
    struct mapping_result found;
    int64_t start_ns;
    double solve_ms;
};

/* The plan of `found`; ST_UNPROCESSABLE where no mapping can run at all. */
enum status map_doc_json(
    const struct map_work *w, json_t **out, struct err *err) MUST_CHECK;

#endif
