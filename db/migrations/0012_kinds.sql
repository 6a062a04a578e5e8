-- SPDX-License-Identifier: MIT
-- The kinds of work are rows of tables of their own: a CHECK cannot be changed,
-- and for each new word the queue had to be made again.  That is done here once
-- more; what names a row finds it before this is committed.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE flow_kind (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO flow_kind VALUES ('validation'), ('augmentation'), ('trial'), ('link');
CREATE TEMP TABLE flow_before AS SELECT * FROM main.flow;
DROP TABLE main.flow;
CREATE TABLE flow (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL REFERENCES flow_kind (word),
    owner       TEXT NOT NULL,
    plan        INTEGER REFERENCES plan (id),    -- validated, or found
    request     TEXT NOT NULL,          -- document: what was asked for
    document    TEXT,                   -- document: what is known so far
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    version     INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    started_ms  INTEGER,
    finished_ms INTEGER
) STRICT;
CREATE INDEX flow_plan ON flow (plan) WHERE plan IS NOT NULL;
INSERT INTO flow SELECT * FROM temp.flow_before;
DROP TABLE temp.flow_before;

CREATE TABLE task_kind (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO task_kind VALUES ('analyse'), ('dataset'), ('records'), ('search'), ('profile'), ('golden'), ('deploy'), ('validate'), ('augment'), ('trial'), ('link'), ('quantise');
CREATE TEMP TABLE task_before AS SELECT * FROM main.task;
DROP TABLE main.task;
CREATE TABLE task (
    id             INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL REFERENCES task_kind (word),
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
INSERT INTO task SELECT * FROM temp.task_before;
DROP TABLE temp.task_before;
