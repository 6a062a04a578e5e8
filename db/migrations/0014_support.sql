-- SPDX-License-Identifier: MIT
-- What of a network a device can run, and why it cannot run the rest.
ALTER TABLE profile ADD COLUMN support TEXT;
