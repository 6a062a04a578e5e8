// SPDX-License-Identifier: MIT
// Forms: fields under their labels, and what is wrong said at its field.
import { fill, h, problemBox } from "./dom.js";

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
