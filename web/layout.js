// SPDX-License-Identifier: MIT
// Where a network's layers are drawn: a column says how many layers must run
// before, a lane 0 is the backbone's, branches of it go up (negative), early
// exits go down (positive).

// `layers` of the analysis, in run order; answers [{ column, lane }] in it.
export function layout(layers) {
    const taken = new Set();
    const places = [];
    const claim = (column, lane, step) => {
        while (taken.has(`${column} ${lane}`))
            lane += step;
        taken.add(`${column} ${lane}`);
        return { column, lane };
    };
    for (const layer of layers) {
        const from = (layer.reads ?? []).map((i) => places[i])
            .filter(Boolean);
        const latest = Math.max(-1, ...from.map((p) => p.column));
        places.push(layer.role === "head"
            ? claim(Math.max(latest, 0),
                1 + Math.max(0, ...from.map((p) => p.lane)), 1)
            : claim(latest + 1, 0, -1));
    }
    return places;
}

// The path of an edge between two boxes: { x, y } is the middle, { w, h }
// half the size.
export function edge(a, b) {
    if (a.x === b.x && b.y > a.y)
        return down(a, b);
    if (a.y === b.y && b.x - a.x > 4 * a.w)
        return arc(a, b);
    const [from, to] = [a.x + a.w, b.x - b.w];
    const middle = (from + to) / 2;
    return `M${from} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${to} ${b.y}`;
}

const down = (a, b) => b.y - a.y < 4 * a.h
    ? `M${a.x} ${a.y + a.h}V${b.y - b.h}`
    : `M${a.x + a.w} ${a.y}C${a.x + a.w + 16} ${a.y} ${a.x + a.w + 16} ${
        b.y} ${b.x + b.w} ${b.y}`;

// Over what lies between, the higher the farther.
function arc(a, b) {
    const top = a.y - a.h;
    const rise = top - 12 - Math.min(40, (b.x - a.x) / 12);
    return `M${a.x} ${top}C${a.x} ${rise} ${b.x} ${rise} ${b.x} ${top}`;
}
