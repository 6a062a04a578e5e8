// SPDX-License-Identifier: MIT
// The instances of the design's table and the real records, one process a
// search, and one table of all of them with what was aimed at.
//   run_bench_search                     all, three seeds each
//   node run.mjs S3 S6 --seeds 10        some of them (OFFRAMP_TESTS: where
//                                        bench_search is)
//   --out FILE      keep the figures there, beside those of earlier runs
//   --table         run nothing: print what FILE has
//   --markdown      print it as search/solve/README.md shows it
//   --highs S       let HiGHS try S11 for so long (60)
//   --plots         instead time growing N, E and T, for plots.mjs
// Times are of one thread.  Limits are in processor time, so that a busy
// machine changes nothing but the wall time.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdown, rows, text } from './table.mjs';

const { values: opt, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '3' }, out: { type: 'string' },
    table: { type: 'boolean' }, markdown: { type: 'boolean' },
    highs: { type: 'string', default: '60' },
    plots: { type: 'boolean' } },
});
const here = dirname(fileURLToPath(import.meta.url));
const seeds = Number(opt.seeds);
const start = Date.now();
const results = opt.out && existsSync(opt.out)
  ? JSON.parse(readFileSync(opt.out, 'utf8')) : {};

function call(program, ...args) {
  const file = program.startsWith('/') ? program
    : join(process.env.OFFRAMP_TESTS ?? '.', program);

  return execFileSync(file, args.map(String),
    { encoding: 'utf8', maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'] });
}
const last = (s) => JSON.parse(s.trimEnd().split('\n').at(-1));

function keep(key, value) {
  results[key] = value;
  results.machine = { cpu: cpus()[0].model, node: process.version,
    load: loadavg()[0], at: new Date().toISOString().slice(0, 16) };
  if (opt.out)
    writeFileSync(opt.out, JSON.stringify(results, null, 1));
}

/* A Python that has SciPy, or null. */
function python() {
  for (const p of ['/usr/bin/python3', '/usr/local/bin/python3'])
    try {
      execFileSync(p, ['-c', 'import scipy'], { stdio: 'ignore' });
      return p;
    } catch { /* the next */ }
  return null;
}

/* One of the scripts beside this one on a written instance. */
function script(name, instance, ...args) {
  const py = python(), folder = mkdtempSync(join(tmpdir(), 'offramp-bench-'));
  const file = join(folder, 'instance.json');

  if (py === null)
    return null;
  writeFileSync(file, call('bench_search', 'write', instance, 1));
  const out = call(py, join(here, name), file, ...args);
  rmSync(folder, { recursive: true });
  return out;
}

const beside = {
  S11: () => {
    const s = script('highs.py', 'S11', opt.highs);
    return s && last(s);
  },
  S12: (runs) => {
    const s = script('frugal.py', 'S12', runs[0].cost);
    return s && last(s);
  },
};
const others = {
  S13: { seconds: 30, run: () => last(call('bench_certify', 60, 'json')) },
  S14: { seconds: 20, run: () => last(call('bench_policy', 'json')) },
};

function runAll(list) {
  const chosen = list.filter((x) => !wanted.length || wanted.includes(x.name));
  const more = Object.keys(others).filter((k) =>
    !wanted.length || wanted.includes(k));
  const bound = chosen.reduce((s, x) => s + (x.records ? 1 : seeds) *
      (x.limit_s + x.rivals_s), 0) +
    more.reduce((s, k) => s + others[k].seconds, 0) +
    (chosen.some((x) => x.name === 'S11') ? Number(opt.highs) + 5 : 0);

  console.error(`at most ${Math.ceil(bound / 60)} min of processor time; ` +
    'usually a third of that');
  for (const x of chosen) {
    if (x.missing) {
      console.error(`${x.name}: left out, ../shared/data is not here`);
      continue;
    }
    const runs = [];
    for (let s = 1; s <= (x.records ? 1 : seeds); s++)
      runs.push(last(call('bench_search', 'run', x.name, s)));
    keep(x.name, { ...x, runs, beside: beside[x.name]?.(runs) ?? null });
    console.error(`${x.name} done, ${Math.round((Date.now() - start) / 1e3)} s`);
  }
  for (const k of more) {
    keep(k, { name: k, other: others[k].run() });
    console.error(`${k} done, ${Math.round((Date.now() - start) / 1e3)} s`);
  }
}

/* One after the other until one is not proved any more. */
const series = [
  { name: 'N, E=5', over: 'n', exits: 5, grid: 32,
    at: [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6] },
  { name: 'N, E=7', over: 'n', exits: 7, grid: 32,
    at: [1e3, 3e3, 1e4, 3e4, 1e5] },
  { name: 'E, T=16', over: 'exits', n: 1e4, grid: 16,
    at: [3, 4, 5, 6, 7, 8, 9, 10] },
  { name: 'E, T=32', over: 'exits', n: 1e4, grid: 32,
    at: [3, 4, 5, 6, 7, 8, 9] },
  { name: 'T, E=5', over: 'grid', n: 1e4, exits: 5,
    at: [8, 16, 32, 64, 128, 256] },
  { name: 'T, E=7', over: 'grid', n: 1e4, exits: 7, at: [8, 16, 32, 64, 128] },
];
function runPlots() {
  for (const { name, at, ...x } of series) {
    const points = [];
    for (const v of at) {
      const p = { ...x, [x.over]: v };
      points.push(last(call('bench_search', 'point', p.n, p.exits, p.grid, 1,
        20)));
      if (!points.at(-1).proved)
        break;
    }
    keep(`plot ${name}`, { over: x.over, points });
    console.error(`${name} done`);
  }
}

if (opt.plots)
  runPlots();
else if (!opt.table)
  runAll(last(call('bench_search', 'list')));
if (!opt.plots)
  console.log((opt.markdown ? markdown : text)(rows(results)));
