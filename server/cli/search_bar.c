/* SPDX-License-Identifier: MIT */
#include "server/cli/search_bar.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/cli/plan_text.h"

enum { CELLS = 28 };
#define PACE_S 0.2

static volatile sig_atomic_t interrupted;

static void
interrupt(int sig)
{
    (void)sig;
    interrupted = 1;
}

void
search_bar_init(struct search_bar *b, const char *metric)
{
    *b = (struct search_bar){
        .metric = metric, .drawn_s = -1, .on = isatty(STDERR_FILENO)
    };
    signal(SIGINT, interrupt);
}

void
search_bar_text(const char *metric, const struct search_progress *p,
    char out[SEARCH_BAR_TEXT])
{
    double near = p->cost > 0 ? p->lower_bound / p->cost : 0;
    char bar[CELLS + 1], best[TEXT_CELL], bound[TEXT_CELL], gap[24] = "";
    int full = near > 0 ? (int)(CELLS * fmin(near, 1)) : 0;

    memset(bar, '.', CELLS);
    memset(bar, '#', (size_t)full);
    bar[CELLS] = '\0';
    plan_text_cost(metric, p->cost, best);
    plan_text_cost(metric, p->lower_bound, bound);
    if (near > 0)
        snprintf(gap, sizeof(gap), ", gap %.2f %%", 100 * (1 - fmin(near, 1)));
    snprintf(out, SEARCH_BAR_TEXT, "[%s]  best %s, bound %s%s  %.0f s", bar,
        best, bound, gap, p->seconds);
}

static void
show(struct search_bar *b, const struct search_progress *p)
{
    char text[SEARCH_BAR_TEXT];

    if (!b->on || (b->drawn_s >= 0 && p->seconds - b->drawn_s < PACE_S))
        return;
    search_bar_text(b->metric, p, text);
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
    b->drawn_s = p->seconds;
}

bool
search_bar_stop(void *bar)
{
    (void)bar;
    return interrupted;
}

bool
search_bar_watch(void *bar, const struct search_progress *p)
{
    show(bar, p);
    return interrupted;
}

void
search_bar_clear(struct search_bar *b)
{
    if (b->drawn_s >= 0)
        fprintf(stderr, "\r\033[K");
    b->drawn_s = -1;
}
