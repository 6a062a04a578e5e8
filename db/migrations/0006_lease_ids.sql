-- SPDX-License-Identifier: MIT
-- Leases of a new store begin anywhere: what an agent still has of another
-- store's lease must not be taken for one of these.
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'lease', 1 + (random() & 1099511627775)
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'lease');
