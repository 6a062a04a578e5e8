/* SPDX-License-Identifier: MIT */
#include "server/golden.h"

#include "base/log.h"
#include "db/golden.h"
#include "server/api_input.h"
#include "server/view.h"

enum {
    PRIORITY = 1000, /* above what a person may ask for */
    BUDGET_S = 3,
    DEADLINE_S = 120,
};

static enum status
add_task(struct db *db, const char *device, const struct golden_due *due,
    int64_t now_ms, struct err *err)
{
    const char *reason = golden_reason_words[due->reason];
    int64_t id;
    enum status st = input_task_add(db,
        &(struct task_offer){ .kind = TASK_GOLDEN,
            .priority = PRIORITY,
            .selector = device,
            .devices = &device,
            .n_devices = 1,
            .deadline_s = DEADLINE_S,
            .dedup_key = due->key,
            .now_ms = now_ms },
        json_pack("{s:s,s:I,s:{s:i,s:i}}", "reason", reason, "seed",
            (json_int_t)(now_ms / 1000), "policy", "job_budget_s", BUDGET_S,
            "layer_budget_s", BUDGET_S),
        json_array(), &id, err);

    if (st == ST_OK)
        log_info("%s: golden kernels are due (%s): task %lld", device, reason,
            (long long)id);
    return st;
}

enum status
golden_schedule(struct db *db, const char *session, const char *const *devices,
    size_t n, int64_t now_ms, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        struct golden_due due = { 0 };

        st = db_golden_due(db, devices[i], session, now_ms, &due, err);
        if (st == ST_OK)
            st = add_task(db, devices[i], &due, now_ms, err);
        else if (st == ST_NOT_FOUND)
            st = ST_OK;
        golden_due_clear(&due);
    }
    return st;
}

enum status
golden_view(struct db *db, const char *device, json_t **out, struct err *err)
{
    struct golden_state s = { 0 };
    enum status st = db_golden_state(db, device, &s, err);

    if (st != ST_OK)
        return st;
    *out = json_pack("{s:o,s:o,s:o}", "task", view_id(s.task), "state",
        view_text(s.task != 0 ? task_state_words[s.state] : NULL), "last_at",
        view_time(s.last_ms));
    return *out ? ST_OK : err_nomem(err);
}
