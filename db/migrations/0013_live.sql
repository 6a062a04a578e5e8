-- SPDX-License-Identifier: MIT
-- Online policies run for real on a device.
INSERT INTO task_kind VALUES ('live');
