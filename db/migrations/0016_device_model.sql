-- SPDX-License-Identifier: MIT
-- What the owner of an emulated device declares that its instructions take:
-- every declaration is a version, and none ever changes.
CREATE TABLE device_model (
    device     TEXT NOT NULL REFERENCES device (name),
    version    INTEGER NOT NULL CHECK (version > 0),
    document   TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (device, version)
) STRICT, WITHOUT ROWID;
