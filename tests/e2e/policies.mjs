// SPDX-License-Identifier: MIT
// Online policies on a real profile, its records and a link, done by the
// worker: the same table as `offramp compare` makes of the same numbers here.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cnn3Model, dataOf, profileOf, recordsOf } from './fixture.mjs';
import { float32 } from './npy.mjs';
import { check, withService } from './service.mjs';

const offramp = (...args) => JSON.parse(execFileSync(
  join(process.env.OFFRAMP_BIN, 'offramp'), args, { encoding: 'utf8' }));

withService(async (s) => {
  s.startProbe();
  const model = await cnn3Model(s);
  await s.untilDevice('localhost');
  const profile = await profileOf(s, model, 'localhost', ['L0', 'L6']);
  const data = await dataOf(s, model);
  const { id: records } = await recordsOf(s, model, data, { vectors: true });

  const at = ['--server', s.url, '--steps', '2000', '--shuffles', '5',
    '--json'];
  const there = offramp('compare', String(records), '--profile',
    String(profile), '--link', '1e6', '--link-base', '20000', '--link-server',
    String(profile), ...at);
  const [trial] = (await s.get('/v1/policies')).items;
  check(trial.state === 'done' && trial.request.profile === profile,
    'the trial is kept with what was asked for');

  const costs = s.path('costs.json');
  const csv = s.path('records.csv');
  const table = await s.get(`/v1/export/costs?profile=${profile}`);
  writeFileSync(costs, JSON.stringify(table));
  writeFileSync(csv, await s.get(`/v1/records/${records}/csv`));
  const bytes = (exit) => model.analysis.boundaries.find((b) =>
    b.tensor === exit.tensor).bytes;
  const rest = (k) => table.exits.slice(k + 1)
    .reduce((sum, x) => sum + x.segment.latency_ns[0], 0)
    + (table.exits.at(-1).head?.latency_ns?.[0] ?? 0);
  const offload = model.analysis.exits.slice(0, -1).map((x, k) =>
    20000 + bytes(x) / 1e6 * 1e9 + rest(k));
  const here = offramp('compare', '--records', csv, '--costs', costs,
    '--offload', offload.join(), ...at);
  const near = (a, b) => Math.abs(a - b) <= 1e-9 * Math.abs(b);
  check(there.policies.length === here.policies.length
    && there.policies.every((p, i) => p.name === here.policies[i].name
      && near(p.cost[0], here.policies[i].cost[0])
      && near(p.regret[0] + 1, here.policies[i].regret[0] + 1)),
  'the link gives the costs that are typed here, and the same table');
  check(there.front.length > 0, 'with the exact front behind');

  // rows as a stream, and premodels by two features of each sample
  const rows = readFileSync(csv, 'utf8').trim().split('\n').length - 1;
  const features = s.path('features.npy');
  writeFileSync(features, float32(rows, (i) => [i % 2 + i / rows, i % 3]));
  const more = ['--offload', '1000', '--ordered', '--features', features,
    '--feature-cost', '7', '--json'];
  const remote = offramp('compare', String(records), '--profile',
    String(profile), '--server', s.url, ...more);
  const local = offramp('compare', '--records', csv, '--costs', costs,
    ...more);
  const same = (p, q) => p.name === q.name && p.exit === q.exit
    && near(p.cost[0], q.cost[0]) && near(p.accuracy[0], q.accuracy[0]);
  check(['online', 'fixed', 'selection', 'temporal'].every((f) =>
    remote.policies.some((p) => p.family === f))
    && remote.policies.length === local.policies.length
    && remote.policies.every((p, i) => same(p, local.policies[i])),
  'every family of policies is in one table, here and there');
  const bad = await s.call('POST', '/v1/policies', { records, profile,
    offload: 1, ordered: true, by_group: true }).catch((e) => e);
  check(/contradict/.test(String(bad.message ?? bad.detail)),
    'what contradicts is refused by name');
});
