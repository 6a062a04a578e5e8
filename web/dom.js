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
