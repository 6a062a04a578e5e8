-- SPDX-License-Identifier: MIT
-- 0001 -- the first schema.  Comments and units: see ../schema.sql.

CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_used_ms INTEGER
) STRICT;

CREATE TABLE idempotency (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_ms);

CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agent (
    id TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agent (id),
    epoch INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'closed', 'void')),
    kinds INTEGER NOT NULL,
    version TEXT NOT NULL,
    labels TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_agent ON session (agent, epoch);
CREATE UNIQUE INDEX session_live ON session (agent) WHERE state = 'live';

CREATE TABLE device (
    name TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session (id),
    labels TEXT NOT NULL,
    env TEXT NOT NULL,
    env_fingerprint TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('active', 'draining', 'retired')),
    health TEXT NOT NULL CHECK (health IN ('good', 'suspect', 'bad')),
    infra_failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_session ON device (session);

CREATE TABLE model (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,
    blob TEXT NOT NULL REFERENCES blob (sha256),
    shape TEXT,
    state TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code TEXT,
    error_detail TEXT,
    error_nodes TEXT,
    analysis TEXT,
    version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    CHECK (state <> 'ready' OR analysis IS NOT NULL)
) STRICT;

CREATE TABLE dataset (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT REFERENCES model (id),
    inputs TEXT NOT NULL REFERENCES blob (sha256),
    labels TEXT REFERENCES blob (sha256),
    preprocess TEXT,
    split TEXT,
    state TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code TEXT,
    error_detail TEXT,
    error_nodes TEXT,
    info TEXT,
    version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    CHECK (state <> 'ready' OR info IS NOT NULL)
) STRICT;

CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT REFERENCES model (id),
    dataset INTEGER REFERENCES dataset (id),
    csv TEXT REFERENCES blob (sha256),
    state TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code TEXT,
    error_detail TEXT,
    error_nodes TEXT,
    summary TEXT,
    version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    CHECK (state <> 'ready' OR (csv IS NOT NULL AND summary IS NOT NULL))
) STRICT;

CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT NOT NULL REFERENCES model (id),
    owner TEXT NOT NULL,
    devices TEXT NOT NULL,
    levels TEXT NOT NULL,
    policy TEXT NOT NULL,
    cache TEXT NOT NULL CHECK (cache IN ('use', 'refresh', 'only', 'off')),
    priority INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    version INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
) STRICT;
CREATE INDEX job_state ON job (state);

CREATE TABLE search (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    profile INTEGER REFERENCES profile (id),
    costs TEXT NOT NULL,
    records INTEGER NOT NULL REFERENCES records (id),
    problem TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    version INTEGER NOT NULL,
    curve TEXT,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
) STRICT;

CREATE TABLE plan (
    id INTEGER PRIMARY KEY,
    search INTEGER NOT NULL UNIQUE REFERENCES search (id),
    document TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE owner (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('analyse', 'dataset', 'records', 'search', 'profile')),
    state TEXT NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'cancelled')),
    owner TEXT NOT NULL REFERENCES owner (name),
    priority INTEGER NOT NULL,
    job INTEGER REFERENCES job (id),
    search INTEGER REFERENCES search (id),
    model TEXT REFERENCES model (id),
    dataset INTEGER REFERENCES dataset (id),
    records INTEGER REFERENCES records (id),
    selector TEXT,
    device TEXT REFERENCES device (name),
    attempt INTEGER NOT NULL,
    budget_scale INTEGER NOT NULL CHECK (budget_scale >= 1),
    deadline_s INTEGER NOT NULL CHECK (deadline_s > 0),
    not_before_ms INTEGER NOT NULL,
    queue_until_ms INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    payload TEXT NOT NULL,
    blobs TEXT,
    phase TEXT,
    detail TEXT,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    error_class TEXT NOT NULL CHECK (error_class IN ('none', 'infra', 'device', 'model', 'measure', 'user')),
    error_code TEXT,
    error_detail TEXT,
    error_nodes TEXT,
    dedup_key TEXT,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER
) STRICT;
CREATE INDEX task_next ON task (owner, priority DESC, id) WHERE state = 'queued';
CREATE INDEX task_running ON task (owner) WHERE state = 'leased';
CREATE INDEX task_waiting ON task (queue_until_ms) WHERE state = 'queued';
CREATE INDEX task_recent ON task (kind, finished_ms) WHERE state = 'done';
CREATE INDEX task_job ON task (job, state) WHERE job IS NOT NULL;
CREATE INDEX task_search ON task (search, state) WHERE search IS NOT NULL;
CREATE UNIQUE INDEX task_dedup ON task (dedup_key) WHERE state IN ('queued', 'leased');

CREATE TABLE task_device (
    task INTEGER NOT NULL REFERENCES task (id),
    device TEXT NOT NULL REFERENCES device (name),
    avoid INTEGER NOT NULL CHECK (avoid IN (0, 1)),
    PRIMARY KEY (task, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_device_device ON task_device (device);

CREATE TABLE lease (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task (id),
    epoch INTEGER NOT NULL,
    session TEXT NOT NULL REFERENCES session (id),
    device TEXT REFERENCES device (name),
    state TEXT NOT NULL CHECK (state IN ('active', 'done', 'failed', 'expired', 'released', 'cancelled', 'void')),
    attempt INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    error_class TEXT NOT NULL CHECK (error_class IN ('none', 'infra', 'device', 'model', 'measure', 'user')),
    result_sha256 TEXT,
    UNIQUE (task, epoch),
    CHECK (until_ms <= deadline_ms)
) STRICT;
CREATE UNIQUE INDEX lease_task ON lease (task) WHERE state = 'active';
CREATE UNIQUE INDEX lease_device ON lease (device) WHERE state = 'active';
CREATE INDEX lease_session ON lease (session) WHERE state = 'active';
CREATE INDEX lease_until ON lease (until_ms) WHERE state = 'active';
CREATE INDEX lease_expired ON lease (id) WHERE state = 'expired';

CREATE TABLE part (
    lease INTEGER NOT NULL REFERENCES lease (id),
    n INTEGER NOT NULL CHECK (n >= 0),
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (lease, n)
) STRICT;

CREATE TABLE late_result (
    lease INTEGER NOT NULL REFERENCES lease (id),
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (lease, sha256)
) STRICT;

CREATE TABLE profile (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES job (id),
    task INTEGER NOT NULL REFERENCES task (id),
    model TEXT NOT NULL REFERENCES model (id),
    device TEXT NOT NULL REFERENCES device (name),
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER,
    seed INTEGER NOT NULL,
    policy TEXT NOT NULL,
    grade TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'X')),
    flags INTEGER NOT NULL,
    env TEXT NOT NULL,
    env_fingerprint TEXT NOT NULL,
    env_sha256 TEXT NOT NULL,
    closure_rel REAL,
    closure_hot_rel REAL,
    overhead_rel REAL,
    aa_rel REAL,
    sum_layers_ns REAL,
    whole_ns REAL,
    dispatch_ns REAL,
    output_check TEXT NOT NULL,
    exits TEXT NOT NULL
) STRICT;
CREATE INDEX profile_task ON profile (task);
CREATE INDEX profile_model ON profile (model);
CREATE INDEX profile_device ON profile (device, env_fingerprint);

CREATE TABLE measure (
    id INTEGER PRIMARY KEY,
    profile INTEGER NOT NULL REFERENCES profile (id),
    level TEXT NOT NULL CHECK (level IN ('L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7')),
    role TEXT NOT NULL CHECK (role IN ('whole', 'layer', 'segment', 'head', 'prefix', 'sentinel', 'aa')),
    idx INTEGER NOT NULL,
    name TEXT NOT NULL,
    kernel_key TEXT,
    source TEXT NOT NULL CHECK (source IN ('measured', 'emulated', 'modelled')),
    n_epochs INTEGER NOT NULL,
    iters_per_epoch INTEGER NOT NULL,
    min_ns REAL,
    p10_ns REAL,
    p25_ns REAL,
    median_ns REAL,
    p75_ns REAL,
    p90_ns REAL,
    p99_ns REAL,
    max_ns REAL,
    mean_ns REAL,
    sd_ns REAL,
    mad_ns REAL,
    ci95_lo_ns REAL,
    ci95_hi_ns REAL,
    lag1 REAL,
    n_mild INTEGER NOT NULL,
    n_severe INTEGER NOT NULL,
    first_ns REAL,
    stop_reason TEXT CHECK (stop_reason IN ('ci_met', 'max_rounds', 'max_time', 'cancelled')),
    flags INTEGER NOT NULL,
    grade TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'X')),
    energy_gross_nj REAL,
    energy_idle_nj REAL,
    energy_net_nj REAL,
    energy_err_nj REAL,
    energy_method TEXT CHECK (energy_method IN ('loop', 'prefix_diff', 'window', 'modelled')),
    energy_sensor TEXT,
    cached_from INTEGER REFERENCES measure (id),
    CONSTRAINT emulated_has_no_time CHECK (source <> 'emulated' OR coalesce(
        min_ns, p10_ns, p25_ns, median_ns, p75_ns, p90_ns, p99_ns, max_ns,
        mean_ns, sd_ns, mad_ns, ci95_lo_ns, ci95_hi_ns, first_ns) IS NULL),
    CONSTRAINT time_is_positive CHECK (coalesce(min_ns, 1.0) > 0.0
        AND coalesce(first_ns, 1.0) > 0.0),
    CONSTRAINT interval_is_ordered CHECK (ci95_lo_ns <= ci95_hi_ns),
    CONSTRAINT energy_has_a_method CHECK (
        (energy_gross_nj IS NULL) = (energy_method IS NULL))
) STRICT;
CREATE INDEX measure_profile ON measure (profile);
CREATE INDEX measure_kernel ON measure (kernel_key, level) WHERE kernel_key IS NOT NULL;
CREATE INDEX measure_cached ON measure (cached_from) WHERE cached_from IS NOT NULL;

CREATE TABLE epochs (
    measure INTEGER PRIMARY KEY REFERENCES measure (id),
    n INTEGER NOT NULL CHECK (n > 0),
    sha256 TEXT NOT NULL,
    deflated BLOB NOT NULL
) STRICT;

CREATE TABLE counter (
    measure INTEGER NOT NULL REFERENCES measure (id),
    event TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (measure, event)
) STRICT, WITHOUT ROWID;
