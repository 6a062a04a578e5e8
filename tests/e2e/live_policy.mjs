// SPDX-License-Identifier: MIT
// Policies run for real by `offramp run --policy`, and replayed from the scores
// of the same stream: every decision must be the same.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cnn3 } from './fixture.mjs';
import { check } from './service.mjs';

const program = join(process.env.OFFRAMP_BIN, 'offramp');
const offramp = (...args) => JSON.parse(execFileSync(program,
  ['run', '--json', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }));

const folder = mkdtempSync(join(tmpdir(), 'offramp-live-'));
const [csv, costs] = ['r.csv', 'c.json'].map((f) => join(folder, f));
const network = ['--model', cnn3.file, '--data', cnn3.inputs, '--labels',
  cnn3.labels, '--preprocess', JSON.stringify(cnn3.preprocess),
  '--limit', '300'];

try {
  // a probe of every sample sees every score: records of this very stream
  const seen = offramp(...network, '--policy', 'follow', '--probes', '1e9',
    '--offload', '0.5');
  check(seen.samples === 300 && seen.probed === 1, 'every sample was probed');
  writeFileSync(csv, ['sample,label,pred_0,score_0,pred_1,score_1,'
    + 'pred_2,score_2,pred_3,score_3', ...seen.steps.map((x, i) =>
    [i, 1, ...x.scores.flatMap((s) => [1, s])].join())].join('\n') + '\n');
  writeFileSync(costs, JSON.stringify({ schema: 'offramp.costs/1',
    metrics: ['latency_ns'], exits: [0, 1, 2, 3].map((k) => ({ name: `e${k}`,
      segment: { latency_ns: 1000 * (k + 2) },
      head: k < 3 ? { latency_ns: 150 } : null })) }));
  const ways = [['--offload', '0.5'], ['--costs', costs, '--offload',
    '4000,2500,900', '--weight', '0.6', '--seed', '9']];
  const names = execFileSync(program, ['compare', '--list'],
    { encoding: 'utf8' }).split('\n\n')[0].split('\n').slice(1)
    .map((l) => l.trim().split(' ')[0]).filter((name) => name !== 'splitee-s-published');
  const choices = (doc) => JSON.stringify(doc.steps.map((x) =>
    [x.exit, x.probe, x.handed_over]));
  let kinds = 0;
  for (const name of names) {
    const way = ways[kinds++ % ways.length];
    const live = offramp(...network, '--policy', name, ...way);
    const replay = offramp('--records', csv, '--policy', name, ...way);
    if (choices(live) !== choices(replay)
      || Math.abs(live.cost - replay.cost) > 1e-9 * live.cost)
      throw new Error(`${name}: live and replay differ`);
  }
  check(kinds > 10, `${kinds} policies: live and replay agree on every step`);
  const leak = spawnSync(program, ['run', ...network, '--policy',
    'splitee-s-published', '--offload', '1'], { encoding: 'utf8' });
  check(leak.status === 2 && leak.stderr.includes('no device knows'),
    'what no device can do is refused');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
