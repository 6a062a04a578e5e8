/* SPDX-License-Identifier: MIT */
/*
 * search_bar.h -- how far a search is, as one line that is drawn over itself:
 * best cost, proved bound, and the gap between them.  Only on a terminal.
 */
#ifndef OFFRAMP_CLI_SEARCH_BAR_H
#define OFFRAMP_CLI_SEARCH_BAR_H

#include "search/data/plan.h"

struct search_bar {
    const char *metric; /* borrowed */
    double drawn_s;     /* when it was drawn last; < 0: never */
    bool on;            /* standard error is a terminal */
};

void search_bar_init(struct search_bar *b, const char *metric);

/* Draw, but not more than a few times a second. */
void search_bar_show(struct search_bar *b, const struct search_progress *p);

/* Leave the line empty. */
void search_bar_clear(struct search_bar *b);

/* What is drawn, without the line's control characters. */
enum { SEARCH_BAR_TEXT = 160 };
void search_bar_text(const char *metric, const struct search_progress *p,
    char out[SEARCH_BAR_TEXT]);

#endif
