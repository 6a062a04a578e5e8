-- SPDX-License-Identifier: MIT
-- Profiles of other servers.  NOT NULL cannot be taken back, so the table is
-- made again; rows and searches find their profile before this is committed.
PRAGMA defer_foreign_keys = ON;
-- A native table of another server: where a profile is from.
CREATE TABLE import (
    id         INTEGER PRIMARY KEY,
    sha256     TEXT NOT NULL UNIQUE,    -- of the document's canonical text
    generator  TEXT NOT NULL,           -- the program that wrote it
    profile    INTEGER NOT NULL,        -- its number there
    created_ms INTEGER NOT NULL,        -- imported
    model_name TEXT NOT NULL,
    analysis   TEXT NOT NULL,           -- document: of the model, from there
    omitted    TEXT NOT NULL            -- document: rows that were left out there
) STRICT;

CREATE TEMP TABLE profile_before AS SELECT * FROM main.profile;
DROP TABLE main.profile;
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
    CONSTRAINT measured_here_by_a_task CHECK (
        (import IS NULL) = (job IS NOT NULL) AND (job IS NULL) = (task IS NULL))
) STRICT;
CREATE INDEX profile_task ON profile (task);
CREATE INDEX profile_model ON profile (model);
CREATE INDEX profile_device ON profile (device_here, env_fingerprint);
CREATE UNIQUE INDEX profile_import ON profile (import) WHERE import IS NOT NULL;
INSERT INTO profile SELECT *, NULL FROM temp.profile_before;
DROP TABLE temp.profile_before;
