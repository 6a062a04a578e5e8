/* SPDX-License-Identifier: MIT */
/*
 * search_bar.h -- how far a search is, as one line that is drawn over itself:
 * best cost, proved bound, and the gap between them.  Only on a terminal.  An
 * interrupt (Ctrl-C) ends the search with the best plan so far.
 */
#ifndef OFFRAMP_CLI_SEARCH_BAR_H
#define OFFRAMP_CLI_SEARCH_BAR_H

#include "search/data/plan.h"

struct search_bar {
    const char *metric; /* borrowed */
    double drawn_s;     /* when it was drawn last; < 0: never */
    bool on;            /* standard error is a terminal */
};

/* Also asks for interrupts from now on. */
void search_bar_init(struct search_bar *b, const char *metric);

/* A search's `watch`, with the bar as its context: draw, but not more than a
 * few times a second.  True after an interrupt, as search_bar_stop(). */
bool search_bar_watch(void *bar, const struct search_progress *p);
bool search_bar_stop(void *bar);

/* Leave the line empty. */
void search_bar_clear(struct search_bar *b);

/* What is drawn, without the line's control characters. */
enum { SEARCH_BAR_TEXT = 160 };
void search_bar_text(const char *metric, const struct search_progress *p,
    char out[SEARCH_BAR_TEXT]);

#endif
