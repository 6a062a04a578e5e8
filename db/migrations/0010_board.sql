-- SPDX-License-Identifier: MIT
-- Jobs on small boards: the network is quantised first, and what emulators
-- count stands where others have times.  A CHECK cannot be changed, so the
-- queue's table is made again; what names a task finds it before this is
-- committed.
PRAGMA defer_foreign_keys = ON;
ALTER TABLE job ADD COLUMN quantise TEXT; -- document: how, and the image; NULL: not for boards
ALTER TABLE golden_kernel ADD COLUMN instructions REAL; -- of an emulated board, which has no times
CREATE TEMP TABLE task_before AS SELECT * FROM main.task;
DROP TABLE main.task;
CREATE TABLE task (
    id             INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('analyse', 'dataset', 'records', 'search', 'profile', 'golden', 'deploy', 'validate', 'augment', 'trial', 'link', 'quantise')),
    state          TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'cancelled')),
    owner          TEXT NOT NULL REFERENCES owner (name),
    priority       INTEGER NOT NULL,    -- higher first
    job            INTEGER REFERENCES job (id),     -- what it works for
    search         INTEGER REFERENCES search (id),
    model          TEXT REFERENCES model (id),
    dataset        INTEGER REFERENCES dataset (id),
    records        INTEGER REFERENCES records (id),
    flow           INTEGER REFERENCES flow (id),
    selector       TEXT,                -- device asked for, in a person's words
    device         TEXT REFERENCES device (name),   -- of the newest lease
    attempt        INTEGER NOT NULL,    -- leases that counted
    budget_scale   INTEGER NOT NULL CHECK (budget_scale >= 1), -- of time budgets
    deadline_s     INTEGER NOT NULL CHECK (deadline_s > 0), -- of one attempt, unscaled
    not_before_ms  INTEGER NOT NULL,    -- rests until then
    queue_until_ms INTEGER NOT NULL,    -- fails if still queued then
    fence          INTEGER NOT NULL,    -- lease.epoch of the newest lease
    payload        TEXT NOT NULL,       -- document for the agent
    blobs          TEXT,                -- document: blobs the payload needs
    phase          TEXT,                -- progress, in the agent's words
    detail         TEXT,
    done           INTEGER NOT NULL,    -- steps of the phase
    total          INTEGER NOT NULL,
    error_class    TEXT NOT NULL CHECK (error_class IN ('none', 'infra', 'device', 'model', 'measure', 'user')), -- newest failure
    error_code     TEXT,
    error_detail   TEXT,
    error_nodes    TEXT,                -- document
    dedup_key      TEXT,                -- equal unfinished tasks are one
    created_ms     INTEGER NOT NULL,
    started_ms     INTEGER,             -- first lease
    finished_ms    INTEGER
) STRICT;
CREATE INDEX task_next ON task (owner, priority DESC, id) WHERE state = 'queued';
CREATE INDEX task_running ON task (owner) WHERE state = 'leased';
CREATE INDEX task_waiting ON task (queue_until_ms) WHERE state = 'queued';
CREATE INDEX task_recent ON task (kind, finished_ms) WHERE state = 'done';
CREATE INDEX task_job ON task (job, state) WHERE job IS NOT NULL;
CREATE INDEX task_search ON task (search, state) WHERE search IS NOT NULL;
CREATE UNIQUE INDEX task_dedup ON task (dedup_key) WHERE state IN ('queued', 'leased');
CREATE INDEX task_golden ON task (dedup_key, finished_ms) WHERE kind = 'golden';
CREATE INDEX task_flow ON task (flow, state) WHERE flow IS NOT NULL;
INSERT INTO task (id, kind, state, owner, priority, job, search, model, dataset, records, flow,
    selector, device, attempt, budget_scale, deadline_s, not_before_ms,
    queue_until_ms, fence, payload, blobs, phase, detail, done, total,
    error_class, error_code, error_detail, error_nodes, dedup_key,
    created_ms, started_ms, finished_ms)
SELECT id, kind, state, owner, priority, job, search, model, dataset, records, flow,
    selector, device, attempt, budget_scale, deadline_s, not_before_ms,
    queue_until_ms, fence, payload, blobs, phase, detail, done, total,
    error_class, error_code, error_detail, error_nodes, dedup_key,
    created_ms, started_ms, finished_ms
FROM temp.task_before;
DROP TABLE temp.task_before;
