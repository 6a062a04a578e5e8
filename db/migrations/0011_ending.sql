-- SPDX-License-Identifier: MIT
-- A search that is cancelled while it runs ends with the best plan so far.
ALTER TABLE search ADD COLUMN ending_ms INTEGER;
