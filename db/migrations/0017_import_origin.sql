-- SPDX-License-Identifier: MIT
-- A table may itself be of an import: where it was from before stays with it.
ALTER TABLE import ADD COLUMN origin TEXT;
