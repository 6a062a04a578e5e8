// SPDX-License-Identifier: MIT
// Exits, thresholds and processors together: a search with `system`, done by
// the worker, finds what `offramp map` finds in the same files, and the page
// has what it needs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cnn3, importRecords } from './fixture.mjs';
import { check, withService } from './service.mjs';

const exits = ['exit0', 'exit1', 'exit2', 'final'];
const inputs = [3072, 16384, 8192, 4096];

// A processor `factor` times slower than a microsecond a kilobyte.
const costs = (device, source, factor) => ({ schema: 'offramp.costs/1',
  device, source, metrics: ['latency_ns'], exits: exits.map((name, e) => ({
    name, segment: { latency_ns: 100000 * factor * (e + 1) },
    head: e < 3 ? { latency_ns: 4000 * factor } : null,
    input_bytes: inputs[e], segment_bytes: 5000 * (e + 1), head_bytes: 400,
    peak_bytes: 20000 })) });

withService(async (s) => {
  const records = await importRecords(s, readFileSync(cnn3.records));
  const board = costs('board', 'modelled', 1);
  const server = costs('server', 'measured', 0.1);
  const search = await s.post('/v1/searches?wait=50', { records: records.id,
    max_drop: 0.01, grid: 8, system: {
      processors: [{ costs: board, memory_bytes: 40000 },
        { costs: server, wake: 5000 }],
      links: [{ from: 0, to: 1, per_byte: 10, base: 20000 }] } });
  const plan = await s.get(`/v1/plans/${search.plan}`);
  check(plan.status === 'optimal' && plan.mapping.segments.length === 4,
    'the plan says where each segment runs');

  const files = [['board', board], ['server', server]].map(([name, doc]) => {
    writeFileSync(s.path(`${name}.json`), JSON.stringify(doc));
    return s.path(`${name}.json`);
  });
  const here = JSON.parse(execFileSync(join(process.env.OFFRAMP_BIN, 'offramp'),
    ['map', '--records', cnn3.records, '--max-drop',
      '0.01', '--grid', '8', '--rate', '1e8', '--base', '0.02', '--memory',
      'board=40000', '--wake', 'server=5000', '--json', ...files],
    { encoding: 'utf8' }));
  check(here.calibration.cost === plan.calibration.cost
    && here.mapping.segments.join() === plan.mapping.segments.join(),
  'and it is what offramp map finds in the same files');
  const full = plan.mapping.options.find((o) =>
    o.segments.every((name) => name === 'board'));
  check(full.state === 'no_room' && /needs 70400 bytes of 40000/.test(full.why),
    'a mapping that cannot be says why');

  const refused = await s.post(`/v1/plans/${plan.id}/validations`, {},
    { expect: 422 });
  check(refused.code === 'plan.no_profile',
    'a plan whose costs were all sent has no network to run');
  for (const [system, word, expect] of [
    [{ processors: [{ costs: board }], links: [] }, 'processors', 400],
    [{ processors: [{ costs: board }, { costs: server }],
      links: [{ from: 1, to: 0, per_byte: 1 }] }, 'later', 400],
    [{ processors: [{ costs: board }, { costs: server }],
      links: [{ from: 0, to: 1, link: 99 }] }, 'link', 404],
    [{ processors: [{ costs: board }, { profile: 9 }],
      links: [{ from: 0, to: 1, per_byte: 1 }] }, 'profile', 404],
  ]) {
    const no = await s.post('/v1/searches', { records: records.id,
      max_drop: 0.01, system }, { expect });
    check(no.detail.includes(word), `refused by name: ${no.detail}`);
  }
});
