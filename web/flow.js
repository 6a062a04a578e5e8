// SPDX-License-Identifier: MIT
// Where samples go: a band that comes from the left and gives a part to every
// kept exit; each part falls onto what the exit answered, right and wrong.
import { h, svg, wide } from "./dom.js";
import { known, percent } from "./format.js";

const band = { top: 26, height: 110, left: 8 };
const fall = { pitch: 132, floor: 210, answers: 14, lead: 34 };

// A plan's kept exits with their shares; null where shares are not known.
export function flow(plan) {
    const exits = plan.exits.filter((e) => e.kept);
    if (!exits.every((e) => known(e.share)))
        return null;
    let rest = 1;
    const parts = exits.map((e, i) => {
        const part = { ...e, before: rest,
            x: band.left + fall.lead + i * fall.pitch };
        rest = i === exits.length - 1 ? 0 : Math.max(rest - e.share, 0);
        return { ...part, after: rest };
    });
    const width = parts.at(-1).x + fall.pitch + 20;
    const height = fall.floor + fall.answers + 56;
    return h("div", null, wide("The way of the samples, drawn", svg("svg",
        { class: "flow", width, height, viewBox: `0 0 ${width} ${height}`,
            role: "img", "aria-label": words(parts) },
        svg("text", { x: band.left, y: 16, class: "start" },
            `all ${plan.calibration?.n ?? ""} samples`),
        svg("rect", { class: "goes", x: band.left, y: band.top,
            width: fall.lead, height: band.height }),
        parts.map(draw))),
    h("p", { class: "note" }, h("span", { class: "key key-accent" },
        "answered right"), h("span", { class: "key key-bad" },
        "answered wrong"), dropped(plan)));
}

const words = (parts) => "Shares of calibration samples: " + parts.map((p) =>
    `${p.name} takes ${percent(p.share, 1)}${known(p.accuracy)
        ? `, ${percent(p.accuracy, 1)} of them right` : ""}`).join("; ");

function dropped(plan) {
    const names = plan.exits.filter((e) => !e.kept).map((e) => e.name);
    return names.length ? `Dropped, and not paid for: ${names.join(", ")}.`
        : null;
}

// One exit: the part that falls, the band that goes on, what was answered.
function draw(p) {
    const thick = band.height * p.share;
    const on = band.height * p.after;
    const right = p.x + fall.pitch / 2 + thick / 2;
    const left = right - thick;
    const share = known(p.accuracy) ? p.accuracy : 0;
    const middle = (left + right) / 2;
    return svg("g", { "data-flow": p.name },
        p.after > 0 && svg("rect", { class: "goes", x: p.x, y: band.top,
            width: fall.pitch, height: on }),
        p.share > 0 && [
            svg("path", { class: "falls", d: ribbon(p.x, band.top + on,
                band.top + on + thick, left, right) }),
            svg("rect", { class: "right", x: left, y: fall.floor,
                width: thick * share, height: fall.answers }),
            svg("rect", { class: "wrong", x: left + thick * share,
                y: fall.floor, width: thick * (1 - share),
                height: fall.answers })],
        ["name", "value", "value"].map((look, line) => svg("text",
            { class: look, x: middle,
                y: fall.floor + fall.answers + 16 + 15 * line },
            [clip(p.name), percent(p.share, 1), known(p.accuracy)
                ? `${percent(p.accuracy, 1)} right` : "nobody"][line])));
}

const clip = (name) => name.length > 16 ? `${name.slice(0, 15)}…` : name;

// From the upright edge x, y1..y2 to the level edge left..right on the floor.
function ribbon(x, y1, y2, left, right) {
    const y = fall.floor;
    return `M${x} ${y1}C${(x + right) / 2} ${y1} ${right} ${(y1 + y) / 2} ${
        right} ${y}H${left}C${left} ${(y2 + y) / 2} ${(x + left) / 2} ${y2} ${
        x} ${y2}Z`;
}
