// SPDX-License-Identifier: MIT
// Time and memory against N, E and T, as small SVG files that can be read:
//   node plots.mjs build/bench_search_plots.json search/solve/plots
// from what `run_bench_search_plots` has timed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [from, to] = process.argv.slice(2);
const results = JSON.parse(readFileSync(from, 'utf8'));
const axes = { n: ['N', 'samples'], exits: ['E', 'exits, the last one included'],
  grid: ['T', 'thresholds an exit'] };
const panels = [['cpu_s', 'processor time, s'], ['rss_mb', 'peak memory, MB']];
const width = 320, height = 240, left = 48, right = 12, top = 30, foot = 38;
const colours = ['#1f6feb', '#d1602a'];

/* Where a value is on a logarithmic axis from lo to hi; whole powers of ten
 * (`base` 10) or of two. */
const log = (v, [lo, hi], a, b) =>
  a + (b - a) * Math.log(v / lo) / Math.log(hi / lo);
const fixed = (x) => x.toFixed(1).replace(/\.0$/, '');
const plain = (v) => v >= 1e6 ? `${v / 1e6}M` : v >= 1e3 ? `${v / 1e3}k` : `${v}`;

function decades(values) {
  const lo = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const hi = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  return [lo, hi > lo ? hi : 10 * lo];
}

function ticks([lo, hi]) {
  const list = [];
  for (let v = lo; v <= hi * 1.001; v *= 10)
    list.push(+v.toPrecision(1));
  return list;
}

function panel(series, over, [member, title], at) {
  const points = series.flatMap((s) => s.points);
  const xs = points.map((p) => p[over]);
  const xr = [Math.min(...xs), Math.max(...xs)];
  const yr = decades(points.map((p) => p[member]));
  const x = (v) => log(v, xr, at + left, at + width - right);
  const y = (v) => log(v, yr, height - foot, top);
  const out = [`<text x="${at + left}" y="18" class="title">${title}</text>`];

  for (const v of ticks(yr))
    out.push(`<path class="grid" d="M${fixed(at + left)} ${fixed(y(v))}H${
      fixed(at + width - right)}"/><text x="${at + left - 5}" y="${
      fixed(y(v) + 4)}" text-anchor="end">${plain(v)}</text>`);
  for (const v of new Set(xs))
    out.push(`<text x="${fixed(x(v))}" y="${height - foot + 15}" `
      + `text-anchor="middle">${plain(v)}</text>`);
  out.push(`<text x="${at + width - right}" y="${height - 6}" `
    + `text-anchor="end">${axes[over].join(', ')}</text>`);
  series.forEach((s, i) => {
    const colour = colours[i % colours.length];

    out.push(`<path d="M${s.points.map((p) => `${fixed(x(p[over]))} ${
      fixed(y(p[member]))}`).join('L')}" fill="none" stroke="${colour}" `
      + 'stroke-width="2"/>');
    for (const p of s.points)
      out.push(`<circle cx="${fixed(x(p[over]))}" cy="${fixed(y(p[member]))}" `
        + `r="3.5" stroke="${colour}" fill="${p.proved ? colour : '#fff'}">`
        + `<title>${s.name} ${axes[over][0]}=${p[over]}: ${
          p[member].toPrecision(3)}${p.proved ? '' : ', not proved'}</title>`
        + '</circle>');
    out.push(`<text x="${at + left + 8 + 60 * i}" y="${top + 12}" `
      + `fill="${colour}">${s.name}</text>`);
  });
  return out;
}

function draw(over) {
  const series = Object.entries(results)
    .filter(([key, r]) => key.startsWith('plot ') && r.over === over)
    .map(([key, r]) => ({ name: key.split(', ').at(-1), points: r.points }));
  const body = panels.flatMap((p, i) => panel(series, over, p, i * width));

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${
    height}" width="${2 * width}" height="${height}" font-family="sans-serif" `
    + 'font-size="11" fill="#555">\n'
    + '<style>.grid{stroke:#8884;stroke-width:1}.title{font-weight:bold}</style>\n'
    + `<rect width="100%" height="100%" fill="#fff"/>\n${body.join('\n')}\n</svg>\n`;
}

for (const over of Object.keys(axes))
  writeFileSync(join(to, `${over}.svg`), draw(over));
