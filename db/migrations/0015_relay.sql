-- SPDX-License-Identifier: MIT
-- A processor's place in a mapped plan that is run for real.
INSERT INTO task_kind VALUES ('relay');
