// SPDX-License-Identifier: MIT
// Every row of a profile, of every level and role: the same numbers that the
// exports take, each with its epochs behind it.
import { h, section } from "./dom.js";
import { table } from "./table.js";
import { dash, flagList, grade, measured } from "./format.js";

const columns = [
    { title: "Row", number: true, key: (r) => r.id, cell: (r) => r.id },
    { title: "Name", head: true, key: (r) => r.name, cell: (r) => r.name },
    { title: "Level", key: (r) => r.level, cell: (r) => r.level },
    { title: "Of", key: (r) => r.role,
        cell: (r) => r.role === "aa" ? "layer, again" : r.role },
    { title: "#", number: true, key: (r) => r.index, cell: (r) => r.index },
    { title: "Median", number: true, key: (r) => r.median_ns,
        cell: (r) => measured(r, "this row counts or weighs, it does not time") },
    { title: "Epochs", number: true, key: (r) => r.n_epochs,
        cell: (r) => r.n_epochs || dash("this row has no times") },
    { title: "Grade", key: (r) => r.grade, cell: (r) => grade(r.grade) },
    { title: "Flags", wrap: true, cell: (r) => flagList(r.flags) },
];

export const rowSection = (rows, open) => section("All rows",
    h("details", { class: "box" },
        h("summary", null, `Every measured row (${rows.length})`),
        h("p", { class: "note" }, "Open a row to see its epochs."),
        table("Rows by level, role and index", columns, rows, open)));
