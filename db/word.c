/* SPDX-License-Identifier: MIT */
#include "db/word.h"

#include <stddef.h>
#include <string.h>

#define X(value, word) word,
const char *const task_kind_words[] = { TASK_KIND_MAP(X) NULL };
const char *const golden_reason_words[] = { GOLDEN_REASON_MAP(X) NULL };
const char *const flow_kind_words[] = { FLOW_KIND_MAP(X) NULL };
const char *const task_state_words[] = { TASK_STATE_MAP(X) NULL };
const char *const lease_state_words[] = { LEASE_STATE_MAP(X) NULL };
const char *const fail_class_words[] = { FAIL_CLASS_MAP(X) NULL };
const char *const run_state_words[] = { RUN_STATE_MAP(X) NULL };
const char *const item_state_words[] = { ITEM_STATE_MAP(X) NULL };
const char *const session_state_words[] = { SESSION_STATE_MAP(X) NULL };
const char *const device_mode_words[] = { DEVICE_MODE_MAP(X) NULL };
const char *const device_health_words[] = { DEVICE_HEALTH_MAP(X) NULL };
const char *const cache_mode_words[] = { CACHE_MODE_MAP(X) NULL };
const char *const source_words[] = { SOURCE_MAP(X) NULL };
const char *const level_words[] = { LEVEL_MAP(X) NULL };
const char *const role_words[] = { ROLE_MAP(X) NULL };
#undef X

int
word_find(const char *const *words, const char *text)
{
    for (int i = 0; text != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}
