// SPDX-License-Identifier: MIT
// What run.mjs found, a row an instance, and how far it is from its target.

const columns = ['instance', 'what', 'CPU s', 'worst', 'wall s', 'proved',
  'gap', 'MB', 'x descent', 'target', 'verdict'];
/* How every baseline did, in percent over the best cost known. */
const rivals = { enumeration: 'all', descent_many: 'desc6', descent: 'desc',
  greedy: 'greedy', independent_repaired: 'indepR', independent: 'indep',
  shared: 'shared', geometric: 'geom', eenet: 'EENet', branchynet: 'Branchy',
  peax: 'PEAX' };

const mean = (v) => v.reduce((s, x) => s + x, 0) / v.length;
const most = (v) => v.reduce((a, b) => Math.max(a, b), -Infinity);
const short = (x) => x === null || !Number.isFinite(x) ? '-'
  : x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toPrecision(2);
const percent = (x) => x === null || !Number.isFinite(x) ? '-'
  : `${(100 * x).toFixed(2)} %`;
const seconds = (x) => x < 1 ? `${+(1e3 * x).toPrecision(3)} ms` : `${x} s`;
const met = (ok, words) => ok ? `met${words ? `: ${words}` : ''}`
  : `missed: ${words}`;
const under = (x, goal, what = '') => met(x <= goal, x <= goal ? what
  : `${short(x / goal)} times${what && `, ${what}`}`);

const rival = (run, name) => run.baselines?.find((b) => b.name === name);
const known = (r) => r.runs.map((run) => rival(run, 'descent')?.cpu_s)
  .filter((x) => x > 0);

/* Targets that are not a time alone: what was aimed at, and the verdict. */
const special = {
  S7: (r) => ['proved in 10 s, or 1 % at 5 s', under(most(r.runs.map((x) =>
    x.proved && x.cpu_s <= 10 ? 0 : x.gap_5s ?? x.gap)), 0.01,
  `gap at 5 s ${percent(most(r.runs.map((x) => x.gap_5s ?? 0)))}`)],
  S10: (r) => {
    const d = r.runs.map((x) => rival(x, 'descent'));
    const s = mean(d.map((x) => x.cpu_s)), gap = most(d.map((x) => x.gap));
    return ['descent 1 s, within 1 %', met(s <= 1 && gap <= 0.01,
      `${short(s)} s, ${percent(gap)} from the best known`)];
  },
  S11: (r) => {
    const h = r.beside, x = h && h.seconds / r.runs[0].cpu_s;
    return ['3000 x HiGHS', !h ? 'no SciPy here' : h.proved || x >= 3000
      ? met(x >= 3000, `${short(x)} x`)
      : `not shown: at least ${short(x)} x, HiGHS not done after ${
        short(h.seconds)} s, ${percent(1 - h.bound / h.cost)} open`];
  },
  S12: (r) => {
    const f = r.beside, s = r.runs[0].cpu_s;
    return ['500 x FrugalGPT, never worse', f ? met(f.loops.seconds / s >= 500,
      `${short(f.loops.seconds / s)} x its loops, ${short(f.numpy.seconds / s)
      } x with numpy; same budget: ${f.loops.accuracy.toFixed(4)} there, ${
        r.runs[0].accuracy.toFixed(4)} here`) : 'no SciPy here'];
  },
  L: (r) => ['2 GB', under(most(r.runs.map((x) => x.rss_mb)), 2000)],
};
for (const [front, one] of [['F8f', 'F8'], ['F3f', 'F3']])
  special[front] = (r, all) => {
    const single = all[one]?.runs[0].cpu_s, x = r.runs[0].cpu_s / single;
    return [`10 x ${one}`, single ? met(x < 10, `${short(x)} x one solve`)
      : '-'];
  };

function gaps(r) {
  return Object.keys(rivals).map((name) => {
    const all = r.runs.map((x) => rival(x, name)).filter(Boolean);
    const has = all.filter((b) => b.gap !== null);
    const words = { floor: 'floor', limit: 'limit', none: '-', meets: '-' };

    if (!has.length)
      return all.length ? words[all[0].status] : '-';
    return (100 * mean(has.map((b) => b.gap))).toFixed(2) +
      (has.length < all.length ? '!' : '') +
      (all.some((b) => b.stopped) ? '*' : '');
  });
}

function row(r, all) {
  const cpu = r.runs.map((x) => x.cpu_s), descent = known(r);
  const [goal, verdict] = special[r.name]?.(r, all) ?? (r.target_s > 0
    ? [seconds(r.target_s), under(mean(cpu), r.target_s)] : ['', '']);

  return [r.name, r.what, short(mean(cpu)), short(most(cpu)),
    short(mean(r.runs.map((x) => x.seconds))),
    `${r.runs.filter((x) => x.proved).length} of ${r.runs.length}`,
    percent(most(r.runs.map((x) => x.gap))),
    short(most(r.runs.map((x) => x.rss_mb))),
    descent.length ? short(mean(cpu) / mean(descent)) : '-', goal, verdict,
    ...gaps(r)];
}

const none = (n) => Array(n).fill('');
function others(results) {
  const list = [], best = results.S13?.other.find((w) =>
    w.way === 'auto, trinomial');
  const probe = results.S14?.other.find((p) => p.policy === 'thompson-probe');

  if (best)
    list.push(['S13', 'N=10k E=5, promise of 1 %', short(best.ms / 1e3),
      ...none(6), 'cost .585, broken 10 %', met(best.cost <= 0.585 &&
        best.broken <= 0.1, `${best.cost.toFixed(3)}, ${percent(best.broken)}`)]);
  if (probe)
    list.push(['S14', '12 exits online, 20k steps', ...none(7),
      '0.25 x UCB1', met(Math.max(probe.a, probe.b) <= 0.25,
        `${probe.a.toFixed(2)} and ${probe.b.toFixed(2)}`)]);
  return list;
}

export function rows(results) {
  const order = Object.values(results).filter((r) => r.runs)
    .map((r) => row(r, results));
  const at = order.findIndex((r) => r[0] === 'L');

  order.splice(at < 0 ? order.length : at, 0, ...others(results));
  return { head: [...columns, ...Object.values(rivals)], rows: order,
    machine: results.machine };
}

/* Two tables for a README: the searches, and the baselines beside them. */
export function markdown({ head, rows: list, machine }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const grid = (titles, body) => [line(titles), line(titles.map(() => '---')),
    ...body.map(line)].join('\n');
  const full = list.map((r) => head.map((_, c) => r[c] ?? ''));

  return `${grid(columns, full.map((r) => r.slice(0, columns.length)))}

${grid(['gap, %', ...Object.values(rivals)], full.filter((r) =>
    r.slice(columns.length).some((x) => /\d/.test(x))).map((r) =>
    [r[0], ...r.slice(columns.length)]))}

${machine.cpu}, ${machine.at}`;
}

export function text({ head, rows: list, machine }) {
  const all = [head, ...list.map((r) => head.map((_, c) => r[c] ?? ''))];
  const width = head.map((_, c) => Math.max(...all.map((r) => r[c].length)));

  return `${all.map((r) => r.map((cell, c) => cell.padEnd(width[c]))
    .join('  ').trimEnd()).join('\n')}

CPU s, wall s, x descent (coordinate descent from one start, same run): means
over the seeds; worst, gap and MB (data included): the worst of them.  Then
each baseline, in % over the cost found (! not on every seed, * stopped).
${machine.cpu}, load ${machine.load.toFixed(1)}, ${machine.at}`;
}
