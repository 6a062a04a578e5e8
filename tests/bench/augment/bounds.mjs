// SPDX-License-Identifier: MIT
// bounds.mjs -- what the data allow: savings that no threshold can exceed.
// `records` is CSV text, `costs` an offramp.costs/1.

const median = (v) => Array.isArray(v) ? v[0] : v;

function read(records, costs) {
  const [head, ...lines] = records.trim().split(/\r?\n/)
    .map((l) => l.split(','));
  const exits = costs.exits.length;
  const columns = [...Array(exits).keys()].map((e) => head.indexOf(`pred_${e}`));
  const label = head.indexOf('label');
  return {
    exits,
    samples: lines.map((l) => ({
      label: Number(l[label]), pred: columns.map((c) => Number(l[c])),
    })),
    segment: costs.exits.map((x) => median(x.segment.latency_ns)),
    head: costs.exits.map((x) => median(x.head?.latency_ns) ?? 0),
  };
}

// Nanoseconds of leaving at `e` where `kept` early exits have their heads.
const path = (d, e, kept) =>
  d.segment.slice(0, e + 1).reduce((a, b) => a + b, 0)
  + kept.filter((k) => k <= e).reduce((a, k) => a + d.head[k], 0);

function* subsets(n, size, from = 0) {
  if (size === 0) { yield []; return; }
  for (let i = from; i < n; i++)
    for (const rest of subsets(n, size - 1, i + 1)) yield [i, ...rest];
}

// Every sample leaves at the first kept exit that answers as the whole
// network does: what a score that knew that would save.  The best sets of up
// to four exits.
export function perfectScore(records, costs) {
  const d = read(records, costs);
  const last = d.exits - 1;
  const full = path(d, last, []);
  let best = { saving: 0, kept: [] };
  for (let size = 1; size <= Math.min(4, last); size++)
    for (const kept of subsets(last, size)) {
      const sum = d.samples.reduce((a, s) => a + path(d,
        kept.find((k) => s.pred[k] === s.pred[last]) ?? last, kept), 0);
      const saving = 1 - sum / d.samples.length / full;
      if (saving > best.saving) best = { saving, kept };
    }
  return best;
}

// For each early exit: its accuracy less the network's, on all samples.
export function gaps(records, costs) {
  const d = read(records, costs);
  const right = (e) => d.samples.filter((s) => s.pred[e] === s.label).length
    / d.samples.length;
  return d.head.slice(0, -1).map((_, e) => right(e) - right(d.exits - 1));
}
