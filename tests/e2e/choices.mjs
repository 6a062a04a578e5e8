// SPDX-License-Identifier: MIT
// A network cut between devices, and a configuration chosen for each sample,
// asked of the server: the worker answers what the command answers here from
// the same numbers, and what does not fit is refused by name.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cnn3, cnn3Model, dataOf, profileOf, recordsOf } from './fixture.mjs';
import { check, withService } from './service.mjs';

const offramp = (...args) => JSON.parse(execFileSync(
  join(process.env.OFFRAMP_BIN, 'offramp'), args, { encoding: 'utf8' }));

withService(async (s) => {
  s.startProbe();
  const model = await cnn3Model(s);
  await s.untilDevice('localhost');
  const profile = await profileOf(s, model, 'localhost', ['L0', 'L2', 'L6']);
  const data = await dataOf(s, model);
  const { id: records } = await recordsOf(s, model, data);

  const file = async (name, path) => {
    const body = await s.get(path);
    writeFileSync(s.path(name), typeof body === 'string' ? body
      : JSON.stringify(body));
    return s.path(name);
  };
  const graph = await file('g.json', `/v1/export/graph?profile=${profile}`);
  const costs = await file('c.json', `/v1/export/costs?profile=${profile}`);
  const csv = await file('r.csv', `/v1/records/${records}/csv`);
  const ask = async (body) => {
    const flow = await s.post('/v1/policies', body);
    return s.until(`/v1/policies/${flow.id}`);
  };
  // Numbers may differ in their last digits: documents are printed on the way.
  const near = (a, b) => typeof a === 'number' && typeof b === 'number'
    ? Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
    : a !== null && typeof a === 'object' && b !== null
      && typeof b === 'object'
      ? Object.keys({ ...a, ...b }).every((k) => near(a[k], b[k])) : a === b;
  const same = (a, b, members) => members.every((m) => near(a[m], b[m]));

  const link = { bytes_per_s: 2e8, base_ns: 1000 };
  const typed = ['--rate', '2e8', '--base', '0.001', '--json'];
  for (const [plan, members, more, profiles] of [
    ['light', ['on_first', 'latency_ns', 'bytes'], {}, 2],
    ['heavy', ['on_first', 'stage_ns', 'bound_ns'], {}, 2],
    ['rates', ['rows', 'choices'], { seen: [3e8, 2e9] }, 2],
    ['pipeline', ['stage_ns'], { ways: [{ share: 0.5, encode_ns: 0.1,
      decode_ns: 0.1 }] }, 3],
    ['jobs', ['cuts', 'makespan_ns'], { jobs: 3 }, 1]]) {
    const { partition } = await ask({ partition: { plan, link, ...more,
      profiles: Array(profiles).fill(profile) } });
    const here = offramp('partition', '--plan', plan, ...typed,
      ...(more.seen ?? []).flatMap((r) => ['--seen', String(r)]),
      ...(more.ways ?? []).flatMap((w) => ['--way',
        `${w.share},${w.encode_ns},${w.decode_ns}`]),
      ...more.jobs ? ['--jobs', String(more.jobs)] : [],
      ...Array(profiles).fill(graph));
    if (!same(partition, here, members) || partition.layers.length === 0)
      throw new Error(`${plan}: ${JSON.stringify(partition)}`);
  }
  const { partition: exit } = await ask({ partition: { plan: 'exit', link,
    profiles: [profile, profile], records, max_drop: 0.02,
    bits: [{ bits: 8, records }] } });
  const exitHere = offramp('partition', '--plan', 'exit', '--records', csv,
    '--max-drop', '0.02', '--bits', `8=${csv}`, ...typed, costs, costs);
  check(exit.action !== null && same(exit, exitHere, ['action', 'front']),
    'every plan of a partition is what the command finds here');

  const { partition: coded } = await ask({ partition: { plan: 'pipeline',
    link: { bytes_per_s: 1e5 }, profiles: [profile, profile],
    ways: [{ share: 0.9, encode_ns: 1, decode_ns: 1 }],
    codings: { dataset: data.id, rows: 8, max_disagree: 0.5 } } });
  const { edges } = coded.codings;
  check(edges.length > 0 && edges.every((e) => e.rows === 8 && e.bytes
    === model.analysis.boundaries.find((b) => b.tensor === e.tensor).bytes),
  'every boundary was measured on real tensors');
  for (const way of edges.flatMap((e) => e.ways)) {
    const [share, low, high] = way.share;
    if (!(share > 0 && low <= share && share <= high && way.encode_ns[0] > 0
      && way.decode_ns[0] > 0) || (way.lossless
      && (way.max_error !== 0 || (way.agree !== null && way.agree !== 1))))
      throw new Error(JSON.stringify(way));
  }
  const half = edges[0].ways.find((w) => w.name === 'float16');
  check(half.share[0] === 0.5 && half.agree >= 0.75,
    'half precision halves the bytes and keeps the answers');
  check(coded.ways[0].source === 'plain' && coded.ways[1].source === 'typed'
    && coded.ways.slice(2).every((w) => w.source === 'measured'
      && w.edges > 0), 'typed ways are marked, measured ones too');

  // The command for the same: as a document, as a table, and what it refuses.
  const cli = (...args) => {
    const r = spawnSync(join(process.env.OFFRAMP_BIN, 'offramp'),
      ['partition', '--rate', '1e5', ...args],
      { encoding: 'utf8', env: { ...process.env, OFFRAMP_SERVER: s.url } });
    return { ...r, text: r.stdout + r.stderr };
  };
  const codings = ['--codings', `${data.id}`, '--coding-rows', '4',
    '--max-disagree', '0.5'];
  const two_of_it = [profile, profile].map(String);
  const asked = cli(...codings, '--json', ...two_of_it);
  const told = JSON.parse(asked.stdout);
  check(asked.status === 0 && told.codings.edges.length === edges.length
    && told.codings.edges.every((e) => e.rows === 4)
    && told.stages.length > 0,
  '`offramp partition --codings` has the worker measure every edge');
  const shown = cli(...codings, '--plan', 'pipeline', ...two_of_it);
  check(shown.status === 0 && /longest stage takes/.test(shown.stdout)
    && /answers that stay/.test(shown.stdout)
    && shown.stdout.split('localhost').length > 1,
  'and prints a device a line, with how its tensor goes on');
  for (const [args, says] of [
    [[...codings, graph, graph], 'is not the number of a profile'],
    [[...codings, '--plan', 'heavy', ...two_of_it], 'for --plan pipeline'],
    [['--codings', '99', ...two_of_it], '99'],
    [['--codings', '0', ...two_of_it], '--codings'],
    [['--codings', `${data.id}`, '--coding-rows', '3', ...two_of_it],
      '--coding-rows']]) {
    const no = cli(...args);
    check(no.status !== 0 && no.text.includes(says), `refused: ${says}`);
  }

  const rows = readFileSync(csv, 'utf8').trim().split('\n').length - 1;
  const configs = [{ name: 'whole', records, profile },
    { name: 'cheap', records, costs: { schema: 'offramp.costs/1',
      metrics: ['latency_ns'], exits: exit.front.length ? (await s.get(
        `/v1/export/costs?profile=${profile}`)).exits.map((x) => ({
        name: x.name, segment: { latency_ns: 10 } })) : [] } }];
  writeFileSync(s.path('cheap.json'), JSON.stringify(configs[1].costs));
  const { selection } = await ask({ selection: { configs, images: data.id,
    feature_cost: 5, folds: 4 } });
  const picked = offramp('select', '--config', `whole=${csv},${costs}`,
    '--config', `cheap=${csv},${s.path('cheap.json')}`, '--images',
    cnn3.inputs, '--feature-cost', '5', '--folds',
    '4', '--json');
  check(selection.samples === rows && same(selection, picked,
    ['configs', 'oracle', 'sets', 'best'])
    && selection.policies.every((p, i) => same(p, picked.policies[i],
      ['test', 'break_even', 'confusion'])),
  'a selection is what the command finds here');
  check(selection.policies.every((p) => p.confusion.flat()
    .reduce((a, b) => a + b) === rows), 'confusion counts every sample');

  const refused = async (body, says) => {
    const e = await s.call('POST', '/v1/policies', body)
      .then(() => null, (x) => x);
    if (e === null || !String(e.message).includes(says))
      throw new Error(`${says}: ${e}`);
  };
  const two = { profiles: [profile, profile] };
  const cut = (x) => ({ partition: { ...two, link, ...x } });
  await refused({ partition: two }, 'partition.link');
  await refused(cut({ link: { bytes_per_s: 0 } }), 'bytes_per_s');
  await refused(cut({ link: { bytes_per_s: 1e300 } }), 'bytes_per_s');
  await refused(cut({ link: 99 }), 'link');
  await refused(cut({ plan: 'best' }), 'light, heavy');
  await refused(cut({ profiles: [profile] }), 'takes 2 to 2');
  await refused(cut({ profiles: [profile, 99] }), '99');
  await refused(cut({ plan: 'exit' }), 'records');
  await refused(cut({ codings: { dataset: data.id } }), 'plan pipeline');
  await refused(cut({ plan: 'pipeline', codings: { dataset: 99 } }), '99');
  await refused({ ...cut({}), records }, 'records');
  await refused({ selection: { configs: configs.slice(0, 1),
    images: data.id } }, 'something to choose');
  await refused({ selection: { configs } }, 'features');
  await refused({ selection: { configs: [configs[0], { name: 'x' }],
    images: data.id } }, 'records');
  check(true, 'what does not fit is refused by name');
});
