// SPDX-License-Identifier: MIT
// Elements from data.  Text only ever becomes a text node, so a hostile name
// of a model or layer stays a name.

// h("a", { href: "#/jobs", onclick: f }, "text", child, [more]): attributes
// that are null or false are left out, children likewise.
export const h = (tag, attributes, ...children) =>
    dress(document.createElement(tag), attributes, children);

// The same for drawings.
export const svg = (tag, attributes, ...children) =>
    dress(document.createElementNS("http://www.w3.org/2000/svg", tag),
        attributes, children);

function dress(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
        if (name.startsWith("on") && value)
            element.addEventListener(name.slice(2), value);
        else if (value === true)
            element.setAttribute(name, "");
        else if (value !== null && value !== undefined && value !== false)
            element.setAttribute(name, value);
    }
    element.append(...kept(children));
    return element;
}

const kept = (children) => children.flat(Infinity)
    .filter((c) => c !== null && c !== undefined && c !== false);

// Replace what is in `element`.
export function fill(element, ...children) {
    element.replaceChildren(...kept(children));
    return element;
}

export const link = (href, ...children) => h("a", { href }, ...children);

// A part of the page under its own heading.
export function section(title, ...children) {
    const id = "s-" + title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    return h("section", { "aria-labelledby": id },
        h("h2", { id }, title), ...children);
}

// What may be wider than a phone scrolls in itself, also by keyboard.
export function wide(label, child) {
    return h("div", { class: "wide", role: "region", tabindex: 0,
        "aria-label": label }, child);
}

// Name and value pairs.  `pairs`: [name, value] or null.
export function facts(pairs) {
    return h("dl", { class: "facts" }, pairs.filter(Boolean)
        .map(([name, value]) => h("div", null,
            h("dt", null, name), h("dd", null, value))));
}

// Columns: { title, cell: (row, i) => child, key: (row) => sort key,
// number: true, hint, head: true, wrap: true }.  A column with a key can be
// sorted.  `open(row)`, if given: what a click or Enter on the row does, or null.
export function table(caption, columns, rows, open = () => null) {
    const body = h("tbody");
    const heads = columns.map((column) => headCell(column, (sorted) => {
        for (const head of heads)
            head.removeAttribute("aria-sort");
        fillRows(body, columns,
            sorted ? bySort(rows, column, sorted) : rows, open);
    }));
    fillRows(body, columns, rows, open);
    return wide(caption, h("table", null, h("caption", null, h("span", null, caption)),
        h("thead", null, h("tr", null, heads)), body));
}

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

function fillRows(body, columns, rows, open) {
    fill(body, rows.map((row, i) => {
        const act = open(row);
        return h("tr", { class: row.mark ?? (act && "opens"),
            ...act && { onclick: (event) => opens(event) && act() } },
        columns.map((c) => h(c.head ? "th" : "td",
            { scope: c.head && "row", class: c.number ? "number"
                : c.wrap && "wrap" },
            act && c.head ? opener(c.cell(row, i)) : c.cell(row, i))));
    }));
}

// The keyboard's way to open a row: its click is the row's.
const opener = (...children) => h("button", { type: "button", class: "open",
    "aria-haspopup": "dialog" }, ...children);

// Links lead elsewhere, and marking text to copy it is no click.
const opens = (event) => !event.target.closest("a")
    && getSelection().isCollapsed;

// A sheet over the page; Escape closes it and the focus goes back.
export function sheet(title, ...children) {
    const close = h("button", { type: "button",
        onclick: () => dialog.close() }, "Close");
    const dialog = h("dialog", { class: "sheet",
        "aria-labelledby": "sheet-title",
        onclose: () => dialog.remove() },
    h("div", { class: "sheet-head" }, h("h2", { id: "sheet-title" }, title),
        close), ...children);
    document.getElementById("main").append(dialog);
    dialog.showModal();
    return dialog;
}

// A word in a box whose look says how good it is: good, warn, bad, busy, "".
export const chip = (text, look, title) =>
    h("span", { class: `chip ${look ?? ""}`, title }, text);

// A bar of 0..1, or of unknown length (null).
export function progressBar(label, share) {
    return h("progress", share === null ? { "aria-label": label }
        : { "aria-label": label, max: 1, value: share });
}

// A form's field under its label.
export function field(label, input, hint) {
    return h("label", { class: "field" }, h("span", null, label), input,
        hint && h("small", null, hint));
}

// A form that shows why it failed, at the field whose `data-blame` names it,
// and cannot be sent twice at once.  `send(values)` may throw; the browser has
// checked the fields before.
export function form(button, fields, send) {
    const trouble = h("div", { role: "alert", id: `trouble-${++forms}` });
    const submit = h("button", { type: "submit", class: "primary" }, button);
    const note = h("span", { class: "note", role: "status" });
    const element = h("form", { onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        fill(trouble);
        forgive(element);
        try {
            await send(new FormData(element), (text) => fill(note, text));
        } catch (e) {
            element.append(trouble);
            blame(element, e, trouble);
            fill(trouble, problemBox(e));
        }
        fill(note);
        submit.disabled = false;
    } }, fields, h("div", { class: "send" }, submit, note), trouble);
    return element;
}

let forms = 0;

const forgive = (element) => element.querySelectorAll("[aria-invalid]")
    .forEach((input) => {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
    });

// Of the words in an input's data-blame, how long is the longest that the
// problem says?  Its code (or `at`, where the page found it) counts before its
// text.
function guilt(input, { at, code = at ?? "", message = "" }) {
    const said = message.split(/[^\w.[\]]+/);
    const weights = input.dataset.blame.split(" ").map((word) =>
        code === word || code.startsWith(`${word}.`) ? 1000 + word.length
            : said.some((w) => w.replace(/\.$/, "") === word)
                ? word.length : 0);
    return Math.max(...weights);
}

// Put `trouble` behind the field at fault, and the focus there.
function blame(element, e, trouble) {
    const inputs = [...element.querySelectorAll("[data-blame]")]
        .filter((x) => !x.closest("[hidden]"))
        .map((input) => [guilt(input, e), input])
        .sort(([a], [b]) => b - a);
    const [weight, input] = inputs[0] ?? [0];
    if (!weight)
        return;
    const box = input.closest("details");
    if (box)
        box.open = true;
    input.closest(".field").after(trouble);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", trouble.id);
    input.focus();
}

// What makes a result doubtful: `warnings` of its document.
export const warnings = (doc) => (doc?.warnings ?? []).map((w) =>
    h("p", { class: "warn", role: "note", "data-warning": w.code }, w.detail));

// What went wrong, in the words and with the code of the problem document.
export function problemBox(e) {
    return h("div", { class: "problem", role: "alert" },
        h("strong", null, e.title ?? "The page failed"),
        h("p", null, e.message),
        e.nodes?.length > 0 && h("p", null, "Nodes: ", e.nodes.join(", ")),
        e.code && h("code", null, e.code));
}
