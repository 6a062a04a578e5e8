// SPDX-License-Identifier: MIT
// A plan beside what other methods make of the same problem.
import { chip, h } from "./dom.js";
import { table } from "./table.js";
import { amount, dash, known, percent, quantity, signed } from "./format.js";

const remarks = {
    floor: ["misses the floor", "warn", "its accuracy is below the floor"],
    limit: ["breaks a limit", "warn", "such as the exits kept at most"],
    none: ["no plan", "bad"],
};
const against = {
    optimum: "Gaps are to the proved optimum over the same candidate thresholds.",
    lower_bound: "The proof is not complete: gaps are to the proved lower bound, so they are from above.",
};

export function comparison({ against: what, rows }, kind) {
    const cost = (title, member) => ({ title, number: true,
        key: (r) => r[member] ?? null,
        cell: (r) => quantity(r[member], kind, why(r)) });
    const share = (title, member) => ({ title, number: true,
        key: (r) => r[member] ?? null,
        cell: (r) => known(r[member]) ? percent(r[member]) : dash(why(r)) });
    return [table("Methods on the same samples and costs", [
        { title: "Method", head: true, wrap: true, cell: (r) =>
            h("span", { "data-method": r.method }, r.title) },
        cost("Cost", "cost"), share("Accuracy", "accuracy"),
        cost("Cost, held out", "test_cost"),
        share("Accuracy, held out", "test_accuracy"),
        { title: "Gap", number: true, key: (r) => r.gap, cell: (r) =>
            known(r.gap) ? h("span", { "data-gap": r.method }, signed(r.gap))
                : remark(r) },
        { title: "Time", number: true, key: (r) => r.ms,
            cell: (r) => known(r.ms) ? amount(r.ms * 1e6, "ns")
                : dash("it did not run") },
        { title: "It expected", number: true, hint:
            "what the method itself believed of its plan",
        cell: (r) => expected(r, kind) },
    ], rows.map((r) => ({ ...r, mark: r.method === "search" ? "chosen"
        : r.status === "meets" ? null : "dropped" }))),
    h("p", { class: "note" }, against[what]
        ?? "No plan meets the floor, so there is nothing to measure gaps from.",
    " Held out: samples that chose no threshold.")];
}

const why = (r) => r.note ?? "no samples are held out";

function remark(r) {
    const [text, look, title] = remarks[r.status] ?? ["—"];
    return chip(text, look, r.note ?? title);
}

const expected = (r, kind) => known(r.expected_cost)
    ? `${amount(r.expected_cost, kind)}${known(r.expected_accuracy)
        ? `, ${percent(r.expected_accuracy)}` : ""}`
    : dash("nothing else than what it measures");
