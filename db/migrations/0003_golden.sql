-- SPDX-License-Identifier: MIT
-- Golden kernels as tasks of their own, and what they gave.  A CHECK cannot be
-- changed, so the queue's table is made again; what names a task finds it
-- before this is committed.
PRAGMA defer_foreign_keys = ON;
CREATE TEMP TABLE task_before AS SELECT * FROM main.task;
DROP TABLE main.task;
CREATE TABLE task (
    id             INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('analyse', 'dataset', 'records', 'search', 'profile', 'golden')),
    state          TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'cancelled')),
    owner          TEXT NOT NULL REFERENCES owner (name),
    priority       INTEGER NOT NULL,    -- higher first
    job            INTEGER REFERENCES job (id),     -- what it works for
    search         INTEGER REFERENCES search (id),
    model          TEXT REFERENCES model (id),
    dataset        INTEGER REFERENCES dataset (id),
    records        INTEGER REFERENCES records (id),
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
INSERT INTO task SELECT * FROM temp.task_before;
DROP TABLE temp.task_before;
CREATE INDEX lease_infra ON lease (device, ended_ms) WHERE error_class = 'infra';

-- One run of the golden kernels alone, before a device gets other work.
CREATE TABLE golden (
    id              INTEGER PRIMARY KEY,
    task            INTEGER NOT NULL UNIQUE REFERENCES task (id),
    device          TEXT NOT NULL REFERENCES device (name),
    reason          TEXT NOT NULL CHECK (reason IN ('first', 'infra', 'suspect', 'daily')), -- why it was due
    created_ms      INTEGER NOT NULL,
    started_ms      INTEGER NOT NULL,   -- of measuring
    finished_ms     INTEGER NOT NULL,
    flags           INTEGER NOT NULL,   -- set of base/flag.h
    env             TEXT NOT NULL,      -- document: stable and volatile
    env_fingerprint TEXT NOT NULL,
    env_sha256      TEXT NOT NULL
) STRICT;
CREATE INDEX golden_device ON golden (device, env_fingerprint, created_ms);

-- One kernel of such a run.
CREATE TABLE golden_kernel (
    golden     INTEGER NOT NULL REFERENCES golden (id),
    name       TEXT NOT NULL,
    n_epochs   INTEGER NOT NULL,
    median_ns  REAL,
    ci95_lo_ns REAL,                    -- 95 % interval of the median
    ci95_hi_ns REAL,
    flags      INTEGER NOT NULL,
    grade      TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'X')),
    PRIMARY KEY (golden, name)
) STRICT, WITHOUT ROWID;
