// SPDX-License-Identifier: MIT
// Tables from data: columns that sort, rows that open, and no more rows at once
// than a browser lays out without a pause.
import { fill, h, wide } from "./dom.js";

// Columns: { title, cell: (row, i) => child, key: (row) => sort key,
// number: true, hint, head: true, wrap: true }.  A column with a key can be
// sorted.  `open(row)`, if given: what a click or Enter on the row does, or null.
export function table(caption, columns, rows, open = () => null) {
    const body = h("tbody");
    const rest = h("p", { class: "rest" });
    let order = rows;
    const grow = (n) => {
        const from = body.rows.length;
        body.append(...order.slice(from, from + n).map((row, i) =>
            rowOf(row, from + i, columns, open)));
        fill(rest, restOf(order.length - body.rows.length, order.length, grow));
    };
    const heads = columns.map((column) => headCell(column, (sorted) => {
        for (const head of heads)
            head.removeAttribute("aria-sort");
        order = sorted ? bySort(rows, column, sorted) : rows;
        fill(body);
        grow(portion);
    }));
    grow(portion);
    return wide(caption, [h("table", null, h("caption", null,
        h("span", null, caption)), h("thead", null, h("tr", null, heads)),
    body), rest]);
}

// Thousands of rows at once would hold the page up for seconds.
const portion = 250;

const restOf = (left, all, grow) => left > 0 && [`${all - left} of ${all} rows `,
    h("button", { type: "button", onclick: () => grow(4 * portion) },
        `Show ${Math.min(left, 4 * portion)} more`)];

function bySort(rows, { key }, order) {
    const sign = order === "ascending" ? 1 : -1;
    return [...rows].sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === null || y === null) // missing goes last either way
            return (x === null) - (y === null);
        return sign * (typeof x === "string" ? x.localeCompare(y) : x - y);
    });
}

// First click: largest (numbers) or first (text); then the other way; then
// as it was.
function headCell(column, onsort) {
    const attributes = { scope: "col", class: column.number && "number",
        title: column.hint };
    if (!column.key)
        return h("th", attributes, column.title);
    const orders = column.number ? ["descending", "ascending", null]
        : ["ascending", "descending", null];
    const cell = h("th", attributes, h("button", { type: "button",
        class: "sort", onclick: () => {
            const now = cell.getAttribute("aria-sort");
            const next = orders[(orders.indexOf(now) + 1) % orders.length];
            onsort(next);
            if (next)
                cell.setAttribute("aria-sort", next);
        } }, column.title));
    return cell;
}

function rowOf(row, i, columns, open) {
    const act = open(row);
    return h("tr", { class: row.mark ?? (act && "opens"),
        ...act && { onclick: (event) => opens(event) && act() } },
    columns.map((c) => h(c.head ? "th" : "td",
        { scope: c.head && "row", class: c.number ? "number"
            : c.wrap && "wrap" },
        act && c.head ? opener(c.cell(row, i)) : c.cell(row, i))));
}

// The keyboard's way to open a row: its click is the row's.
const opener = (...children) => h("button", { type: "button", class: "open",
    "aria-haspopup": "dialog" }, ...children);

// Links lead elsewhere, and marking text to copy it is no click.
const opens = (event) => !event.target.closest("a")
    && getSelection().isCollapsed;
