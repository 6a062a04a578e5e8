-- SPDX-License-Identifier: MIT
-- Rows of roles joint and stage.  A CHECK cannot be changed, so the table is
-- made again; children and copies find their rows before this is committed.
PRAGMA defer_foreign_keys = ON;
CREATE TEMP TABLE measure_before AS SELECT * FROM main.measure;
DROP TABLE main.measure;
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
INSERT INTO measure SELECT * FROM temp.measure_before;
DROP TABLE temp.measure_before;
