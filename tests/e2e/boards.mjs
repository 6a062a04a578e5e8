// SPDX-License-Identifier: MIT
// One host serves five emulated boards at once: the 1-D network of heart beats
// in int8 on every core from M3 to M55, each board an agent of its own, and in
// float32 on one.  The beats are MIT-BIH's where they are, else made up.
// Skipped without QEMU or the firmware.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needEmulator, startBoards } from './emulator.mjs';
import { npy } from './npy.mjs';
import { check, fixtures, shared, withService } from './service.mjs';

const machines = { m3: 'mps2-an385', m4: 'mps2-an386', m7: 'mps2-an500',
  m33: 'mps2-an505', m55: 'mps3-an547' };
const names = Object.keys(machines);
needEmulator(...Object.values(machines));

const real = existsSync(join(shared, 'mitbih'));
const rows = { calibrate: [0, 200], evaluate: [2219, 2719] }; // see fixtures

function write(s, name, descr, shape, data) {
  writeFileSync(s.path(name), npy(descr, shape, Buffer.from(data.buffer)));
  return s.path(name);
}

// Waves of five lengths, one for each class.
function madeUp(s) {
  const n = rows.evaluate[1], beats = new Int16Array(n * 256);
  const labels = new BigInt64Array(n).map((_, i) => BigInt(i % 5));

  for (let i = 0; i < beats.length; i++)
    beats[i] = 1000 * Math.sin((i % 256) / (4 + Number(labels[i >> 8])));
  return [write(s, 'beats.npy', '<i2', [n, 1, 256], beats),
    write(s, 'labels.npy', '<i8', [n], labels)];
}

async function profiles(s, done) {
  const of = done.tasks.filter((t) => t.kind === 'profile');
  return Promise.all(of.map(async (t) => ({
    device: t.device, ...await s.get(`/v1/profiles/${t.profile}`),
    rows: (await s.get(`/v1/profiles/${t.profile}/layers`)).items,
  })));
}

const whole = (p) => p.rows.find((r) => r.role === 'whole').counters
  .instructions;

withService(async (s) => {
  startBoards(s, Object.fromEntries(names.map((name) =>
    [name, `qemu=${machines[name]}`])));
  const model = await s.model(join(fixtures, 'ecg1d.onnx'), 'ecg1d');
  const [inputs, labels] = real
    ? ['beats_i16', 'labels'].map((x) => join(shared, 'mitbih', `pubA_${x}.npy`))
    : madeUp(s);
  const dataset = await s.post('/v1/datasets?wait=50', { model: model.id,
    inputs: await s.upload(inputs), labels: await s.upload(labels),
    preprocess: { per_sample: 'zscore' } });
  for (const name of names) await s.untilDevice(name);

  const job = await s.post('/v1/jobs', { model: model.id, devices: names,
    quantise: { dataset: dataset.id, ...rows } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const made = await profiles(s, done);
  check(made.length === names.length, 'all five boards were measured');
  const begun = made.map((p) => Date.parse(p.started_at));
  const ended = made.map((p) => Date.parse(p.finished_at));
  const busy = ended.reduce((sum, end, i) => sum + end - begun[i], 0);
  const span = Math.max(...ended) - Math.min(...begun);
  check(busy > 1.5 * span, `side by side: ${busy} ms of work in ${span} ms`);
  for (const p of made)
    check(p.grade === 'A' && p.check.pass && p.closure.aa_rel === 0
      && p.rows.every((r) => r.median_ns === null),
    `${p.device}: ${whole(p)} instructions a beat, grade ${p.grade}`);
  const [m3, m4] = ['m3', 'm4'].map((x) => made.find((p) => p.device === x));
  check(whole(m3) > 2 * whole(m4), 'the DSP extension saves over half');

  const [last] = done.quantise.image.evaluation.exits.slice(-1);
  if (real)
    check(last.accuracy >= last.accuracy_float - 0.01,
      `int8 ${last.accuracy}, float ${last.accuracy_float} on MIT-BIH`);
  check(last.same_as_float > 0.95, `same class on ${last.same_as_float}`);

  const float = await s.post('/v1/jobs', { model: model.id, devices: ['m4'],
    quantise: { type: 'float32' } });
  const [p] = await profiles(s, await s.until(`/v1/jobs/${float.id}`));
  check(p.check.pass && p.check.max_rel_err <= 1e-5,
    `float32: ${whole(p)} instructions a beat, off by ${p.check.max_rel_err}`);
});
