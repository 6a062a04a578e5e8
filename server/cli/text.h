/* SPDX-License-Identifier: MIT */
/*
 * text.h -- numbers and tables as people read them on a terminal.
 */
#ifndef OFFRAMP_CLI_TEXT_H
#define OFFRAMP_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "base/status.h"

enum { TEXT_CELL = 40, TEXT_MARKDOWN = 400 };

/* "12.3 us"; "-" for NaN. */
void text_time(double ns, char out[TEXT_CELL]);

/* "442 k", "40.8 M"; "-" for NaN. */
void text_count(double n, char out[TEXT_CELL]);

/* "+-0.4 %": half of an interval relative to its median. */
void text_interval(double lo, double median, double hi, char out[TEXT_CELL]);

/* A name within Markdown, as itself: what Markdown or HTML would take for its
 * own is escaped, lines become spaces, and what is too long is cut. */
const char *text_markdown(const char *name, char out[TEXT_MARKDOWN]);

/* "a,b" as ["a","b"], which the caller owns; NULL: out of memory. */
json_t *text_words(const char *text);

/* Labels ({"site":"lab"}) and lists of selectors as they are typed: "site=lab",
 * "m4, any (all)".  The caller frees it; NULL: out of memory. */
char *text_selector(const json_t *v);

/* The `warnings` of a document, each a line or more; nothing where it has
 * none. */
void text_warnings(const json_t *doc);

/* A table that is printed once its columns' widths are known. */
struct text_table;

/* `columns` ends with NULL; a name that begins with '>' is right-aligned.
 * The caller ends it with text_table_free(). */
struct text_table *text_table_new(const char *const *columns);
void text_table_free(struct text_table *t);

/* Add the next cell of the current row (a copy is kept). */
enum status text_cell(struct text_table *t, const char *fmt, ...) MUST_CHECK
    PRINTF_LIKE(2, 3);

void text_table_print(const struct text_table *t, FILE *out);

#endif
