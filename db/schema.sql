-- SPDX-License-Identifier: MIT
-- schema.sql -- the store as it is now, for reading.  What runs are the
-- numbered files in migrations/; a test proves that they give exactly this.
--
-- Units are in the names: _ms in times is milliseconds since 1970 UTC, _ns
-- nanoseconds, _nj nanojoules, _s seconds, _bytes bytes.  NULL is missing,
-- never 0.  "document" is text that only the layers above understand.
-- sha256 is 64 lower-case hex digits.

-- Who may call.
CREATE TABLE token (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,  -- for people: "laptop"
    sha256       TEXT NOT NULL UNIQUE,  -- of the token's text, which is not kept
    scopes       TEXT NOT NULL,         -- separated by spaces
    created_ms   INTEGER NOT NULL,
    last_used_ms INTEGER                -- to the minute
) STRICT;

-- Answers given to POSTs with an Idempotency-Key; kept 24 h.
CREATE TABLE idempotency (
    owner          TEXT NOT NULL,       -- token.name, '' without tokens
    key            TEXT NOT NULL,       -- the header's value
    request_sha256 TEXT NOT NULL,       -- of the request's body
    status         INTEGER NOT NULL,    -- HTTP status of the answer
    body           TEXT NOT NULL,       -- the answer
    created_ms     INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_ms);

-- Files in the blob folder.  A row is written after its file is durable.
CREATE TABLE blob (
    sha256     TEXT PRIMARY KEY,        -- of the file's bytes: its name
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Programs that run tasks.
CREATE TABLE agent (
    id    TEXT PRIMARY KEY,             -- chosen by its operator
    epoch INTEGER NOT NULL              -- sessions opened so far
) STRICT, WITHOUT ROWID;

-- One run of an agent.  At most one is live for each agent.
CREATE TABLE session (
    id           TEXT PRIMARY KEY,      -- random hex
    agent        TEXT NOT NULL REFERENCES agent (id),
    epoch        INTEGER NOT NULL,      -- agent.epoch when it was opened
    state        TEXT NOT NULL CHECK (state IN ('live', 'closed', 'void')),
    kinds        INTEGER NOT NULL,      -- task kinds it runs, bit i = kind i of word.h
    version      TEXT NOT NULL,         -- of the agent program
    labels       TEXT NOT NULL,         -- document
    created_ms   INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,      -- to the second
    expires_ms   INTEGER NOT NULL       -- offline from then on
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_agent ON session (agent, epoch);
CREATE UNIQUE INDEX session_live ON session (agent) WHERE state = 'live';

-- Boards and emulators.
CREATE TABLE device (
    name            TEXT PRIMARY KEY,
    session         TEXT NOT NULL REFERENCES session (id), -- presented it last
    labels          TEXT NOT NULL,      -- document
    env             TEXT NOT NULL,      -- document: the stable environment
    env_fingerprint TEXT NOT NULL,      -- hash of env without the serial number
    mode            TEXT NOT NULL CHECK (mode IN ('active', 'draining', 'retired')),
    health          TEXT NOT NULL CHECK (health IN ('good', 'suspect', 'bad')),
    infra_failures  INTEGER NOT NULL    -- in a row
) STRICT, WITHOUT ROWID;
CREATE INDEX device_session ON device (session);

-- What the owner of an emulated device declares that its instructions take:
-- every declaration is a version, and none ever changes.
CREATE TABLE device_model (
    device     TEXT NOT NULL REFERENCES device (name),
    version    INTEGER NOT NULL CHECK (version > 0), -- the newest counts
    document   TEXT NOT NULL,           -- document: figures, and where they are from
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (device, version)
) STRICT, WITHOUT ROWID;

-- Networks.
CREATE TABLE model (
    seq          INTEGER PRIMARY KEY,   -- order of arrival
    id           TEXT NOT NULL UNIQUE,  -- sha256
    name         TEXT NOT NULL,
    labels       TEXT NOT NULL,         -- document
    blob         TEXT NOT NULL REFERENCES blob (sha256), -- the file as sent
    shape        TEXT,                  -- document: input shapes asked for
    state        TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code   TEXT,                  -- why rejected
    error_detail TEXT,
    error_nodes  TEXT,                  -- document: the nodes at fault
    analysis     TEXT,                  -- document, where ready
    version      INTEGER NOT NULL,      -- grows with each change
    created_ms   INTEGER NOT NULL,
    CHECK (state <> 'ready' OR analysis IS NOT NULL)
) STRICT;

-- Inputs and labels.
CREATE TABLE dataset (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    model        TEXT REFERENCES model (id),             -- checked against it
    inputs       TEXT NOT NULL REFERENCES blob (sha256), -- .npy
    labels       TEXT REFERENCES blob (sha256),          -- .npy
    preprocess   TEXT,                  -- document
    split        TEXT,                  -- document
    state        TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code   TEXT,
    error_detail TEXT,
    error_nodes  TEXT,
    info         TEXT,                  -- document, where ready
    version      INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    CHECK (state <> 'ready' OR info IS NOT NULL)
) STRICT;

-- Exit records.
CREATE TABLE records (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL,
    model        TEXT REFERENCES model (id),      -- NULL: the CSV was sent
    dataset      INTEGER REFERENCES dataset (id), -- NULL: the CSV was sent
    csv          TEXT REFERENCES blob (sha256),   -- NULL until there is one
    state        TEXT NOT NULL CHECK (state IN ('checking', 'ready', 'rejected')),
    error_code   TEXT,
    error_detail TEXT,
    error_nodes  TEXT,
    summary      TEXT,                  -- document, where ready
    version      INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    CHECK (state <> 'ready' OR (csv IS NOT NULL AND summary IS NOT NULL))
) STRICT;

-- A model to be measured on devices: one task a device.
CREATE TABLE job (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    model       TEXT NOT NULL REFERENCES model (id),
    owner       TEXT NOT NULL,          -- token.name, '' without tokens
    devices     TEXT NOT NULL,          -- document: selectors as asked for
    levels      TEXT NOT NULL,          -- document
    policy      TEXT NOT NULL,          -- document
    cache       TEXT NOT NULL CHECK (cache IN ('use', 'refresh', 'only', 'off')),
    priority    INTEGER NOT NULL,       -- higher first
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    version     INTEGER NOT NULL,       -- grows with each change of a task
    created_ms  INTEGER NOT NULL,
    started_ms  INTEGER,                -- first lease
    finished_ms INTEGER,
    quantise    TEXT                    -- document: how, and the image; NULL: not for boards
) STRICT;
CREATE INDEX job_state ON job (state);

-- Costs and records to be searched: one task.
CREATE TABLE search (
    id          INTEGER PRIMARY KEY,
    owner       TEXT NOT NULL,
    profile     INTEGER REFERENCES profile (id), -- NULL: costs were sent
    costs       TEXT NOT NULL,          -- document offramp.costs/1
    records     INTEGER NOT NULL REFERENCES records (id),
    problem     TEXT NOT NULL,          -- document: objective, floor, limits
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    version     INTEGER NOT NULL,
    curve       TEXT,                   -- document, where done
    created_ms  INTEGER NOT NULL,
    started_ms  INTEGER,
    finished_ms INTEGER,
    ending_ms   INTEGER                 -- cancelled then, while it ran: it is to end with what it has
) STRICT;

-- What a search found.
CREATE TABLE plan (
    id         INTEGER PRIMARY KEY,
    search     INTEGER NOT NULL UNIQUE REFERENCES search (id),
    document   TEXT NOT NULL,           -- offramp.plan/1
    created_ms INTEGER NOT NULL
) STRICT;

-- What kinds there are is rows, so that a new one is an INSERT.
CREATE TABLE flow_kind (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO flow_kind VALUES ('validation'), ('augmentation'), ('trial'), ('link');

-- Work of several stages, each a task of its own: a plan run for real on a
-- device, a plain network that is given exits, or a link measured; or of one:
-- policies tried.
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

-- The ends of a link that was measured; what was measured is its flow's
-- document.
CREATE TABLE link (
    flow   INTEGER PRIMARY KEY REFERENCES flow (id),
    source TEXT NOT NULL REFERENCES device (name), -- whose clock took the times
    target TEXT NOT NULL                -- a device's name, or 'server'
) STRICT;
CREATE INDEX link_ends ON link (source, target);

-- Whoever ever had a task: the queue is shared fairly among them.
CREATE TABLE owner (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE task_kind (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO task_kind VALUES ('analyse'), ('dataset'), ('records'), ('search'), ('profile'), ('golden'), ('deploy'), ('validate'), ('augment'), ('trial'), ('link'), ('quantise'), ('live'), ('relay');

-- The queue.
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

-- Devices that may do a task; none: a worker does it.
CREATE TABLE task_device (
    task   INTEGER NOT NULL REFERENCES task (id),
    device TEXT NOT NULL REFERENCES device (name),
    avoid  INTEGER NOT NULL CHECK (avoid IN (0, 1)), -- it failed there
    PRIMARY KEY (task, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_device_device ON task_device (device);

-- An agent's right to do a task for a while.
CREATE TABLE lease (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, nor by other stores: they begin anywhere
    task          INTEGER NOT NULL REFERENCES task (id),
    epoch         INTEGER NOT NULL,     -- the fence: counts the task's leases
    session       TEXT NOT NULL REFERENCES session (id),
    device        TEXT REFERENCES device (name),
    state         TEXT NOT NULL CHECK (state IN ('active', 'done', 'failed', 'expired', 'released', 'cancelled', 'void')),
    attempt       INTEGER NOT NULL,     -- task.attempt it stands for
    created_ms    INTEGER NOT NULL,
    until_ms      INTEGER NOT NULL,     -- over then, unless extended
    deadline_ms   INTEGER NOT NULL,     -- cannot be extended beyond
    ended_ms      INTEGER,
    error_class   TEXT NOT NULL CHECK (error_class IN ('none', 'infra', 'device', 'model', 'measure', 'user')),
    result_sha256 TEXT,                 -- of the answer that was accepted
    UNIQUE (task, epoch),
    CHECK (until_ms <= deadline_ms)
) STRICT;
CREATE UNIQUE INDEX lease_task ON lease (task) WHERE state = 'active';
CREATE UNIQUE INDEX lease_device ON lease (device) WHERE state = 'active';
CREATE INDEX lease_session ON lease (session) WHERE state = 'active';
CREATE INDEX lease_until ON lease (until_ms) WHERE state = 'active';
CREATE INDEX lease_expired ON lease (id) WHERE state = 'expired';
CREATE INDEX lease_infra ON lease (device, ended_ms) WHERE error_class = 'infra';

-- Pieces of a result, sent while the task runs.
CREATE TABLE part (
    lease      INTEGER NOT NULL REFERENCES lease (id),
    n          INTEGER NOT NULL CHECK (n >= 0),
    sha256     TEXT NOT NULL,           -- of body
    body       BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (lease, n)
) STRICT;

-- Answers that came after their lease had ended: evidence, never results.
CREATE TABLE late_result (
    lease       INTEGER NOT NULL REFERENCES lease (id),
    sha256      TEXT NOT NULL,          -- of body
    body        BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (lease, sha256)
) STRICT;

-- A native table of another server: where a profile is from.
CREATE TABLE import (
    id         INTEGER PRIMARY KEY,
    sha256     TEXT NOT NULL UNIQUE,    -- of the document's canonical text
    generator  TEXT NOT NULL,           -- the program that wrote it
    profile    INTEGER NOT NULL,        -- its number there
    created_ms INTEGER NOT NULL,        -- imported
    model_name TEXT NOT NULL,
    analysis   TEXT NOT NULL,           -- document: of the model, from there
    omitted    TEXT NOT NULL,           -- document: rows that were left out there
    origin     TEXT                     -- document: where it was from there; NULL: measured there
) STRICT;

-- One measured run of one model on one device: of this server's, or imported.
CREATE TABLE profile (
    id               INTEGER PRIMARY KEY,
    job              INTEGER REFERENCES job (id),   -- NULL: imported
    task             INTEGER REFERENCES task (id),
    model            TEXT NOT NULL,     -- sha256
    device           TEXT NOT NULL,     -- its name, here or there
    created_ms       INTEGER NOT NULL,
    started_ms       INTEGER,           -- of measuring
    finished_ms      INTEGER,
    seed             INTEGER NOT NULL,
    policy           TEXT NOT NULL,     -- document
    grade            TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'X')),
    flags            INTEGER NOT NULL,  -- set of base/flag.h
    env              TEXT NOT NULL,     -- document: stable and volatile
    env_fingerprint  TEXT NOT NULL,     -- hash of the stable part, no serial number
    env_sha256       TEXT NOT NULL,     -- hash of env
    closure_rel      REAL,              -- (sum of L1 layers - L0) / L0
    closure_hot_rel  REAL,              -- (sum of L2 layers - L0) / L0
    overhead_rel     REAL,              -- (e2e under L1 - L0) / L0
    aa_rel           REAL,              -- difference of a layer and its duplicate
    sum_layers_ns    REAL,
    whole_ns         REAL,
    dispatch_ns      REAL,              -- L0 - sum of L1 layers, where positive
    output_check     TEXT NOT NULL,     -- document: outputs against the reference
    exits            TEXT NOT NULL,     -- document: residuals by exit
    import           INTEGER REFERENCES import (id), -- NULL: measured here
    model_here       TEXT AS (iif(import IS NULL, model, NULL)) REFERENCES model (id),
    device_here      TEXT AS (iif(import IS NULL, device, NULL)) REFERENCES device (name),
    support          TEXT,              -- document: what the device can run of it; NULL: all that it loaded
    CONSTRAINT measured_here_by_a_task CHECK (
        (import IS NULL) = (job IS NOT NULL) AND (job IS NULL) = (task IS NULL))
) STRICT;
CREATE INDEX profile_task ON profile (task);
CREATE INDEX profile_model ON profile (model);
CREATE INDEX profile_device ON profile (device_here, env_fingerprint);
CREATE UNIQUE INDEX profile_import ON profile (import) WHERE import IS NOT NULL;

-- One measurement of one thing at one level.  Never changed, but for the flag
-- `stale` and the grade that goes with it.
CREATE TABLE measure (
    id              INTEGER PRIMARY KEY,
    profile         INTEGER NOT NULL REFERENCES profile (id),
    level           TEXT NOT NULL CHECK (level IN ('L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6', 'L7')),
    role            TEXT NOT NULL CHECK (role IN ('whole', 'layer', 'segment', 'head', 'prefix', 'joint', 'stage', 'sentinel', 'aa', 'dispatch')),
    idx             INTEGER NOT NULL,   -- the layer's, or the exit's; 0
    name            TEXT NOT NULL,
    kernel_key      TEXT,               -- what decides its cost; equal keys cost the same: the file's digest for all but layers
    source          TEXT NOT NULL CHECK (source IN ('measured', 'emulated', 'modelled')),
    n_epochs        INTEGER NOT NULL,   -- epochs the statistics are over
    iters_per_epoch INTEGER NOT NULL,   -- executions in one epoch
    min_ns          REAL,               -- of epoch means (L0: of executions)
    p10_ns          REAL,
    p25_ns          REAL,
    median_ns       REAL,
    p75_ns          REAL,
    p90_ns          REAL,
    p99_ns          REAL,
    max_ns          REAL,
    mean_ns         REAL,
    sd_ns           REAL,               -- standard deviation
    mad_ns          REAL,               -- median absolute deviation
    ci95_lo_ns      REAL,               -- 95 % interval of the median
    ci95_hi_ns      REAL,
    lag1            REAL,               -- autocorrelation, -1 to 1
    n_mild          INTEGER NOT NULL,   -- outliers beyond 1.5 IQR
    n_severe        INTEGER NOT NULL,   -- outliers beyond 3 IQR
    first_ns        REAL,               -- the first execution
    stop_reason     TEXT CHECK (stop_reason IN ('ci_met', 'max_rounds', 'max_time', 'cancelled')),
    flags           INTEGER NOT NULL,   -- set of base/flag.h
    grade           TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'X')),
    energy_gross_nj REAL,               -- of one execution
    energy_idle_nj  REAL,               -- idle power x time
    energy_net_nj   REAL,               -- gross - idle
    energy_err_nj   REAL,               -- bound of the error
    energy_method   TEXT CHECK (energy_method IN ('loop', 'prefix_diff', 'window', 'modelled')),
    energy_sensor   TEXT,
    cached_from     INTEGER REFERENCES measure (id), -- the row copied
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

-- The raw epochs of a row, in the order they were taken.
CREATE TABLE epochs (
    measure   INTEGER PRIMARY KEY REFERENCES measure (id),
    n         INTEGER NOT NULL CHECK (n > 0),
    sha256    TEXT NOT NULL,            -- of the bytes before compression
    deflated  BLOB NOT NULL             -- zlib: n little-endian doubles, ns
) STRICT;

-- Hardware counts of a row, per execution.
CREATE TABLE counter (
    measure INTEGER NOT NULL REFERENCES measure (id),
    event   TEXT NOT NULL,              -- "PAPI_TOT_INS"
    value   REAL NOT NULL,
    PRIMARY KEY (measure, event)
) STRICT, WITHOUT ROWID;

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
    instructions REAL,                  -- of an emulated board, which has no times
    p10_ns     REAL,                    -- of the epochs
    p90_ns     REAL,
    PRIMARY KEY (golden, name)
) STRICT, WITHOUT ROWID;
