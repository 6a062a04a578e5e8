// SPDX-License-Identifier: MIT
// A board on a serial line (a pseudo terminal) with an energy meter that is a
// recording: energy of its layers, and its line as a link with
// energy per byte; a plan validated on it, by its own clock and the meter; the
// line of an emulated board, which has no time.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { canEmulate, startBoards } from './emulator.mjs';
import { dataOf } from './fixture.mjs';
import { npy } from './npy.mjs';
import { model as onnx, node, weights } from './onnx.mjs';
import { check, quickPolicy, withService } from './service.mjs';

// Idle for the first seconds, then busy, as the tasks begin by idling.
function record(path) {
  const lines = ['meter bench kind=iv period_us=2000 quantum=0.0001 gain=0.002 '
    + 'window_ms=60 latency_ms=2'];
  for (let t = 0; t <= 240e3; t += 2)
    lines.push(`s ${t * 1000} 3.3 ${t < 5050 ? 0.01 : 0.05}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

// Two exits: every row runs a hundred times and more, so they are few and short.
function small(s) {
  const head = (k, from, to) => [
    node('GlobalAveragePool', `gap${k}`, [from], [`g${k}`]),
    node('Flatten', `flat${k}`, [`g${k}`], [`f${k}`]),
    node('Gemm', `fc${k}`, [`f${k}`, `wf${k}`, `bf${k}`], [to])];
  const conv = (k, from, to) => [
    node('Conv', `conv${k}`, [from, `w${k}`], [`c${k}`],
      { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
    node('Relu', `act${k}`, [`c${k}`], [to])];
  const numbers = (k, inputs) => [weights(`w${k}`, [8, inputs, 3, 3], 9 * inputs),
    weights(`wf${k}`, [8, 4], 8), weights(`bf${k}`, [4], 8)];
  writeFileSync(s.path('small.onnx'), onnx([...conv(0, 'input', 'a0'),
    ...head(0, 'a0', 'exit0'), ...conv(1, 'a0', 'a1'), ...conv(2, 'a1', 'a2'),
    ...head(2, 'a2', 'final')],
  [...numbers(0, 3), weights('w1', [8, 8, 3, 3], 72), ...numbers(2, 8)],
  { input: [1, 3, 12, 12] }, { exit0: [1, 4], final: [1, 4] }));
  return s.model(s.path('small.onnx'), 'small');
}

// Its data: any pictures, and any classes.
function pictures(s, model) {
  const rows = 200, size = 432;
  writeFileSync(s.path('x.npy'), npy('|u1', [rows, 3, 12, 12],
    Buffer.from(Array.from({ length: rows * size },
      (_, i) => (i * 37 + (i >> 4) * (i % 5)) % 251))));
  writeFileSync(s.path('y.npy'), npy('|u1', [rows],
    Buffer.from(Array.from({ length: rows }, (_, i) => i % 4))));
  return dataOf(s, model, { inputs: s.path('x.npy'), labels: s.path('y.npy'),
    preprocess: { scale: 1 / 255 } });
}

async function startBoard() {
  const child = spawn(process.argv[2], [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const path = await new Promise((done) => child.stdout.once('data',
    (d) => done(d.toString().trim())));
  return { child, path };
}

const emulated = canEmulate('mps2-an386');

// A busy machine widens an interval, to below 0 as well.
const inside = (v) => v.ci95_lo <= v.value && v.value <= v.ci95_hi;

// A plan of that board's times, run there.
async function validated(s, { profile, records }) {
  const search = await s.post('/v1/searches?wait=50', { profile, records,
    max_drop: 0.05, grid: 8 });
  const made = await s.post(`/v1/plans/${search.plan}/validations`,
    { max_rows: 12, budget_s: 3 });
  const { measured: m, predicted: p, residual: r } = await s.until(
    `/v1/validations/${made.id}`);
  check(m.rounds >= 8 && m.plan.mean_ns.median > 0 && m.outputs.equal === true
    && m.full.mean_ns.median > 0 && p.mean_ns.median > 0
    && m.plan.mean_instructions === null && Number.isFinite(r.mean.rel)
    && Number.isFinite(r.full_mean.rel) && r.same_env === true
    && Number.isFinite(r.saving) && !m.flags.includes('emulated'),
  `${m.n} samples by its own clock: ${m.plan.mean_ns.median} ns, predicted `
    + `${p.mean_ns.median}, ${m.full.mean_ns.median} without exits`);
  check(m.energy ? m.energy.sensor === 'bench' && m.energy.err_nj > 0
    && m.flags.includes('replayed')
    : m.flags.some((f) => /energy|meter/.test(f)),
  `a sample takes ${m.energy?.net_nj} nJ, or a flag says why it is not known`);
}

const { child, path } = await startBoard();

withService(async (s) => {
  startBoards(s, { real: `serial=${path},id=one`,
    ...emulated ? { m4: 'qemu=mps2-an386' } : {} }, { args: ['--meter',
    `bench:trace=${record(s.path('trace.txt'))},device=real`] });
  const model = await small(s);
  const data = await pictures(s, model);
  await s.untilDevice('real');

  await s.post('/v1/jobs', { model: model.id, devices: ['real'],
    quantise: { dataset: data.id }, policy: { energy_method: 'magic' } },
  { expect: 400 });
  const energy_method = 'loop';
  const job = await s.post('/v1/jobs', { model: model.id, devices: ['real'],
    quantise: { dataset: data.id }, cache: 'off',
    policy: { ...quickPolicy, job_budget_s: 4, energy_method } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const { profile } = done.tasks.find((t) => t.kind === 'profile');
  const rows = (await s.get(`/v1/profiles/${profile}/layers`)).items
    .filter((r) => r.level === 'L5');
  const good = rows.filter((r) => r.energy);
  check(rows.length > 10 && good.length > rows.length / 2,
    `${good.length} of ${rows.length} rows have energy`);
  check(good.every((r) => r.source === 'measured' && r.median_ns === null
    && r.energy.method === energy_method && r.energy.sensor === 'bench'
    && r.energy.err_nj > 0 && r.flags.includes('replayed')),
  `by ${energy_method}, with a bound`);
  check(rows.every((r) => r.energy || r.flags.length > 0),
    'a row without says why');
  const { env } = await s.get(`/v1/profiles/${profile}/env`);
  check(env.stable.energy_sensor === 'bench'
    && Array.isArray(env.volatile.energy_problems),
  'the environment names the meter, and its problems');
  const best = { profile, records: done.quantise.records };
  const costs = await s.get(`/v1/export/costs?profile=${best.profile}`);
  check(costs.metrics.includes('energy_nj'), 'the costs have energy');
  const search = await s.post('/v1/searches', { ...best, max_drop: 0.02,
    objective: 'energy_nj' });
  const found = await s.until(`/v1/searches/${search.id}`);
  check((await s.get(`/v1/plans/${found.plan}`)).calibration.cost > 0,
    'and a search minimises it');

  await validated(s, best);

  const { id } = await s.post('/v1/links', { from: 'real', to: 'host',
    policy: { budget_s: 3, max_rounds: 16, max_bytes: 1024 } });
  const { link } = await s.until(`/v1/links/${id}`);
  check(link.transport === 'serial' && link.source === 'measured'
    && link.to === 'host' && [link.send, link.receive].every((w) =>
    inside(w.base_ns) && inside(w.byte_ns) && w.residual_rel >= 0
      && w.exchanges.every((e) => e.median_ns > 0)),
  'the line to its host is a link');
  check(link.energy ? link.energy.sensor === 'bench'
    && link.energy.send.err_nj > 0 && link.energy.receive.net_nj !== undefined
    : link.flags.some((f) => /energy|meter/.test(f)),
  `a byte takes ${link.energy?.send.net_nj} nJ, or a flag says why it is not `
    + 'known');
  if (!emulated) return;
  await s.untilDevice('m4');
  const counted = await s.post('/v1/links', { from: 'm4', to: 'host' });
  const m4 = (await s.until(`/v1/links/${counted.id}`)).link;
  check(m4.source === 'emulated' && m4.send.base_ns === null
    && m4.energy === null && m4.send.exchanges.every((e) =>
    e.line_bytes > e.bytes && e.median_ns === null),
  'an emulated line has counts, and no time');
  check((await s.get('/v1/links?from=m4')).items.length === 0,
    'so nobody counts with it');
}).finally(() => child.kill());
