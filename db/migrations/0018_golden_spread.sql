-- SPDX-License-Identifier: MIT
-- How far a golden kernel's own epochs lay apart: where the machine's pace
-- changed under it, the interval of its median is too narrow to judge it by.
ALTER TABLE golden_kernel ADD COLUMN p10_ns REAL;
ALTER TABLE golden_kernel ADD COLUMN p90_ns REAL;
