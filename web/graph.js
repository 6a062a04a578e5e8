// SPDX-License-Identifier: MIT
// The network as a graph, each layer coloured by what it costs.  The table of
// layers has the same in words.
import { h, section, svg, wide } from "./dom.js";
import { amount, known, percent, timeOf } from "./format.js";
import { edge, layout } from "./layout.js";

const box = { w: 46, h: 20 }; // half of a layer's
const pitch = { x: 112, y: 58 };
const drawable = 2000;

// What a layer can be coloured by: its name, a number of a layer, that in
// words, its unit, what a layer without one is.
export const medians = (how) => ({ name: `median, measured ${how}`,
    of: (l) => l.row.median_ns, text: (l) => timeOf(l.row), kind: "ns",
    none: "not measured" });
export const instructions = { name: "instructions, counted",
    of: (l) => l.row.counters?.instructions, kind: "", none: "not counted",
    text: (l) => amount(Math.round(l.row.counters.instructions), "") };
export const macs = { name: "MACs (multiplications), nothing measured",
    of: (l) => l.facts.macs, text: (l) => amount(l.facts.macs, ""), kind: "",
    none: "no MACs" };

// `layers`: [{ row, facts, share }] of one level; `open(row)` opens a row.
export function graphSection(layers, analysis, cost, open) {
    const found = new Map(layers.map((l) => [l.row.index, l]));
    const most = Math.max(0, ...layers.map((l) => cost.of(l) ?? 0));
    const n = analysis.layers.length;
    if (!most)
        return null;
    if (n > drawable)
        return section("Network", h("p", null, `${n} layers are too many to `
            + "draw one by one; the export model-explorer opens in a viewer "
            + "that folds them."));
    return section("Network", legend(most, cost),
        wide("The network as a graph", graph(analysis, (i) => found.get(i),
            { ...cost, most }, `${n} layers, coloured by their ${cost.name}`,
            open)),
        h("p", { class: "note" }, `Colours are of the ${cost.name}. Arrow keys `
            + "go from layer to layer, Enter opens one that has epochs. The "
            + "tables say the same in words."));
}

// Each step is half of the next: 1/32 or less, .. of the dearest layer.
const steps = [5, 4, 3, 2, 1, 0];
const step = (x, most) => Math.max(0, steps.length - 1
    - Math.floor(Math.log2(most / x) + 1e-9));

const legend = (most, { name, kind, none }) => h("ul", { class: "legend",
    "aria-label": `Colour of a layer by its ${name}` },
steps.map((halvings, i) => h("li", { class: `swatch cost-${i}` }, i ? "to "
    : "up to ", amount(kind ? most / 2 ** halvings
    : Math.round(most / 2 ** halvings), kind))),
h("li", { class: "swatch cost-none" }, none));

function graph(analysis, layerAt, cost, label, open) {
    const places = layout(analysis.layers);
    const top = Math.min(...places.map((p) => p.lane));
    const middles = places.map((p) => ({ ...box,
        x: 8 + box.w + p.column * pitch.x,
        y: 64 + box.h + (p.lane - top) * pitch.y }));
    const width = Math.max(...middles.map((m) => m.x)) + box.w + 72;
    const height = Math.max(...middles.map((m) => m.y)) + box.h + 30;
    const nodes = analysis.layers.map((layer, i) =>
        node(layer, layerAt(i), middles[i], cost, open));
    rove(nodes);
    return svg("svg", { class: "graph", width, height, role: "group",
        viewBox: `0 0 ${width} ${height}`, "aria-label": label },
    analysis.layers.flatMap((layer, i) => (layer.reads ?? []).map((j) =>
        svg("path", { class: layer.role === "head" ? "edge head" : "edge",
            d: edge(middles[j], middles[i]) }))),
    analysis.exits.map((e) => exitName(e, middles)), nodes);
}

function node(layer, measured, at, cost, open) {
    const x = measured && cost.of(measured);
    const act = measured && open(measured.row);
    const look = x > 0 ? `cost-${step(x, cost.most)}` : "cost-none";
    return svg("g", { class: `node ${look} ${layer.role}`, tabindex: -1,
        role: act ? "button" : "img",
        "data-node": layer.index, onclick: act ?? undefined,
        onkeydown: (event) => {
            if (act && (event.key === "Enter" || event.key === " ")) {
                event.preventDefault();
                act();
            }
        } },
    svg("title", null, describe(layer, measured, cost)),
    svg("rect", { x: at.x - at.w, y: at.y - at.h, width: 2 * at.w,
        height: 2 * at.h, rx: 6 }),
    svg("text", { x: at.x, y: at.y - 3 },
        clip(`${layer.index} ${layer.op_type}`, 12)),
    svg("text", { x: at.x, y: at.y + 13, class: "value" },
        known(x) ? cost.text(measured) : "—"));
}

const clip = (text, most) => text.length > most
    ? `${text.slice(0, most - 1)}…` : text;

function describe(layer, measured, cost) {
    return [`${layer.index} ${layer.name}`, layer.fusion_group,
        measured && known(cost.of(measured)) ? cost.text(measured) : cost.none,
        known(measured?.share) && `${percent(measured.share, 1)} of the sum`,
        layer.reads?.length > 0 && `reads ${layer.reads.join(", ")}`]
        .filter(Boolean).join(", ");
}

// Early exits are named below their last layer, the network's own behind it.
function exitName(exit, middles) {
    const last = exit.head_layers?.at(-1);
    const at = middles[last ?? exit.after_layer ?? middles.length - 1];
    return last === undefined
        ? svg("text", { class: "exit end", x: at.x + at.w + 8, y: at.y + 4 },
            clip(exit.name, 9))
        : svg("text", { class: "exit", x: at.x, y: at.y + at.h + 17 },
            clip(exit.name, 16));
}

// One stop of the Tab key for all; arrows move between.
function rove(nodes) {
    const ways = { ArrowRight: (i) => i + 1, ArrowDown: (i) => i + 1,
        ArrowLeft: (i) => i - 1, ArrowUp: (i) => i - 1, Home: () => 0,
        End: () => nodes.length - 1 };
    nodes[0].setAttribute("tabindex", 0);
    nodes.forEach((element, i) => element.addEventListener("keydown",
        (event) => {
            const to = nodes[ways[event.key]?.(i)];
            if (!to)
                return;
            event.preventDefault();
            element.setAttribute("tabindex", -1);
            to.setAttribute("tabindex", 0);
            to.focus();
        }));
}
