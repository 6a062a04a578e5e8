// SPDX-License-Identifier: MIT
// Networks of which a board can run only a part: one with an operator that
// boards lack in its middle, one with a layer that does not fit.  What runs is
// counted, what does not has a reason, and a mapping goes around it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needEmulator, startBoards } from './emulator.mjs';
import { dataOf } from './fixture.mjs';
import { npy } from './npy.mjs';
import { model, node, weights } from './onnx.mjs';
import { check, withService } from './service.mjs';

needEmulator('mps2-an386');

const rows = 40;
const conv = (k, from, to, act) => [
  node('Conv', `conv${k}`, [from, `w${k}`], [`c${k}`],
    { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
  node(act, `act${k}`, [`c${k}`], [to])];
const head = (k, from, out) => [
  node('GlobalAveragePool', `gap${k}`, [from], [`g${k}`]),
  node('Flatten', `flat${k}`, [`g${k}`], [`f${k}`]),
  node('Gemm', `fc${k}`, [`f${k}`, `wf${k}`, `bf${k}`], [out])];
const conv3 = (k, inputs) => weights(`w${k}`, [8, inputs, 3, 3], 9 * inputs);
const dense = (k, inputs, outputs) => [
  weights(`wf${k}`, [inputs, outputs], inputs),
  weights(`bf${k}`, [outputs], inputs)];

// conv relu [exit0] conv sigmoid conv relu [exit1] conv relu [final]
const lacking = () => model([
  ...conv(1, 'input', 'a1', 'Relu'), ...head(0, 'a1', 'exit0'),
  ...conv(2, 'a1', 'a2', 'Sigmoid'), ...conv(3, 'a2', 'a3', 'Relu'),
  ...head(1, 'a3', 'exit1'),
  ...conv(4, 'a3', 'a4', 'Relu'), ...head(2, 'a4', 'final')],
[conv3(1, 3), conv3(2, 8), conv3(3, 8), conv3(4, 8),
  ...dense(0, 8, 10), ...dense(1, 8, 10), ...dense(2, 8, 10)],
{ input: [1, 3, 16, 16] },
{ exit0: [1, 10], exit1: [1, 10], final: [1, 10] });

// conv relu [exit0], then weights of 4.3 MB, more than a board's memory
const large = () => model([
  ...conv(1, 'input', 'a1', 'Relu'), ...head(0, 'a1', 'exit0'),
  node('Flatten', 'flat', ['a1'], ['f']),
  node('Gemm', 'big', ['f', 'wf7', 'bf7'], ['b']),
  node('Relu', 'act7', ['b'], ['r']),
  node('Gemm', 'last', ['r', 'wf8', 'bf8'], ['final'])],
[conv3(1, 3), ...dense(0, 8, 10), ...dense(7, 2048, 2100),
  ...dense(8, 2100, 10)],
{ input: [1, 3, 16, 16] }, { exit0: [1, 10], final: [1, 10] });

async function prepare(s, name, onnx) {
  writeFileSync(s.path(`${name}.onnx`), onnx);
  const it = await s.model(s.path(`${name}.onnx`), name);
  const values = Buffer.alloc(rows * 768);
  for (let i = 0; i < values.length; i++) values[i] = (i * 37 + (i >> 5)) % 251;
  writeFileSync(s.path('x.npy'), npy('|u1', [rows, 3, 16, 16], values));
  writeFileSync(s.path('y.npy'), npy('|u1', [rows],
    Buffer.from(Array.from({ length: rows }, (_, i) => i % 10))));
  const data = await dataOf(s, it, { inputs: s.path('x.npy'),
    labels: s.path('y.npy'), preprocess: { scale: 1 / 255 } });
  return { model: it, data };
}

async function profile(s, { model: m, data }) {
  const job = await s.post('/v1/jobs', { model: m.id, devices: ['m4'],
    quantise: { dataset: data.id, calibrate: [0, 10] } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const id = done.tasks.find((t) => t.kind === 'profile').profile;
  const { items } = await s.get(`/v1/profiles/${id}/layers`);
  const { layers } = m.analysis;
  return { id, image: done.quantise.image, records: done.quantise.records,
    support: await s.get(`/v1/models/${m.id}/support?device=m4`),
    find: (level, role, index) => items.find((r) => r.level === level
      && r.role === role && r.index === index),
    layer: (name) => layers.findIndex((l) => l.onnx_nodes.includes(name)) };
}

const counted = (row) => row.counters?.instructions > 0 && !row.support?.code
  .match(/operator|memory/);
const refused = (row, code, words) => row.counters === null
  && row.median_ns === null && row.flags.includes('unsupported')
  && row.support.support === false && row.support.code === code
  && words.test(row.support.reason);

async function anOperatorBoardsLack(s) {
  const p = await profile(s, await prepare(s, 'lacking', lacking()));
  const bad = p.find('L2', 'layer', p.layer('act2'));
  check(refused(bad, 'operator', /'act2' \(Sigmoid\).*no such layer/),
    `the layer that boards lack says so: ${bad.support.reason}`);
  check(['conv1', 'conv3', 'conv4', 'fc0', 'fc1', 'fc2'].every((name) =>
    counted(p.find('L2', 'layer', p.layer(name)))),
  'every other layer is counted, those behind it too');
  check(counted(p.find('L6', 'segment', 0)) && counted(p.find('L6', 'head', 0))
    && counted(p.find('L6', 'head', 1)) && counted(p.find('L6', 'segment', 2)),
  'so are the segments and heads that can run');
  check(refused(p.find('L6', 'segment', 1), 'operator', /Sigmoid/)
    && p.find('L6', 'prefix', 0).counters.instructions > 0
    && [p.find('L6', 'prefix', 1), p.find('L0', 'whole', 0)].every((r) =>
      r.counters === null && r.flags.includes('unsupported')),
  'the segment with it, and all that contains it, has no number');
  const answers = p.support.layers;
  check(p.support.profile === p.id && p.support.type === 'int8'
    && answers.filter((a) => !a.support).length === 1
    && answers.every((a) => a.reason.length > 0),
  'every layer has an answer and a reason');
  check(p.image.evaluation.exits.map((x) => x.numbers).join()
    === 'int8,mixed,mixed', 'records say whose numbers they are');

  const costs = await s.get(`/v1/export/costs?profile=${p.id}`);
  check(costs.exits[1].segment.instructions === null
    && /Sigmoid/.test(costs.exits[1].reason) && costs.exits[0].reason
    === undefined, 'its costs are null, with the reason');
  const alone = await s.post('/v1/searches', { profile: p.id,
    records: p.records, max_drop: 0.5, objective: 'instructions' },
  { expect: 422 });
  check(alone.code === 'search.unsupported' && /Sigmoid/.test(alone.detail),
    `the board alone is refused: ${alone.detail}`);
  const server = { schema: 'offramp.costs/1', device: 'server',
    source: 'measured', metrics: ['macs'], exits: costs.exits.map((x) => ({
      name: x.name, segment: { macs: 1e6 }, head: x.head && { macs: 1e3 } })) };
  const found = await s.post('/v1/searches?wait=50', { records: p.records,
    max_drop: 0.5, objective: 'macs', system: {
      processors: [{ profile: p.id }, { costs: server }],
      links: [{ from: 0, to: 1, per_byte: 1 }] } });
  const { mapping } = await s.get(`/v1/plans/${found.plan}`);
  check(mapping.segments[1] === 'server' && mapping.segments[2] === 'server',
    `a mapping goes around it: ${mapping.segments}`);
  check(mapping.options.filter((o) => o.segments[1] === 'm4').every((o) =>
    o.state === 'unsupported' && /m4 cannot run.*Sigmoid/.test(o.why)),
  'and says why the others cannot be');
  const table = execFileSync(join(process.env.OFFRAMP_BIN, 'offramp'),
    ['table', '--server', s.url, `${p.id}`], { encoding: 'utf8' });
  check(/m4 cannot run:[^]*act2.*Sigmoid/.test(table), 'offramp table says so');
}

async function aLayerThatDoesNotFit(s) {
  const p = await profile(s, await prepare(s, 'large', large()));
  const big = p.find('L2', 'layer', p.layer('big'));
  check(refused(big, 'memory', /needs 4\d{6} bytes .*has 4\d{6}/),
    `a layer that does not fit says so with numbers: ${big.support.reason}`);
  check(['conv1', 'fc0', 'last'].every((name) =>
    counted(p.find('L2', 'layer', p.layer(name)))), 'the others are counted');
  check(counted(p.find('L6', 'segment', 0)) && counted(p.find('L6', 'head', 0))
    && p.find('L6', 'prefix', 0).counters.instructions > 0
    && refused(p.find('L6', 'segment', 1), 'memory', /needs/),
  'so are the segments that fit');
  const parts = p.find('L6', 'segment', 0).counters.instructions
    + p.find('L6', 'head', 0).counters.instructions;
  const whole = p.find('L6', 'prefix', 0).counters.instructions;
  check(Math.abs(parts / whole - 1) < 0.01,
    `parts loaded alone add up (${(parts / whole - 1).toFixed(5)})`);
}

withService(async (s) => {
  startBoards(s, { m4: 'qemu=mps2-an386' });
  await s.untilDevice('m4');
  await anOperatorBoardsLack(s);
  await aLayerThatDoesNotFit(s);
});
