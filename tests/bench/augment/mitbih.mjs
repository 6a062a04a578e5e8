// SPDX-License-Identifier: MIT
// The project's own 1-D network of heart beats (fixtures/ecg1d.onnx) gets
// exits: fitted on the beats it was trained on, thresholds chosen and tested
// on others, whole stretches of the recordings kept together.
//   run_bench_augment_mitbih   about two minutes
// The data name no patients (see fixtures/README.md): parts and groups end
// where the signal changes abruptly.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Service, fixtures, shared, skip, withService } from '../../e2e/service.mjs';

const FIT = [[0, 2219], [3187, 3617]]; // as in make_ecg1d.py
const GROUPS = [[2219, 2512], [2512, 2888], [2888, 3187], [3617, 4165],
  [4165, 4714]]; // of all other rows
const DROP = 0.01;
const folder = join(shared, 'mitbih');
const options = { heads: ['pool', 'spatial', 'hidden', 'conv'] };

// Rows of a .npy file as a new one; the header keeps its length.
function rowsOf(file, ranges) {
  const data = readFileSync(file), start = 10 + data.readUInt16LE(8);
  const old = data.toString('latin1', 10, start);
  const rows = Number(/\((\d+)/.exec(old)[1]);
  const each = (data.length - start) / rows;
  const n = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  const text = old.replace(/\(\d+/, `(${n}`).trimEnd();
  const head = Buffer.concat([data.subarray(0, 10),
    Buffer.from(`${text.padEnd(start - 11)}\n`, 'latin1')]);
  return Buffer.concat([head, ...ranges.map(([from, to]) =>
    data.subarray(start + from * each, start + to * each))]);
}

const percent = (x) => `${(100 * x).toFixed(2)} %`;
const us = (ns) => `${(ns / 1000).toFixed(1)} us`;

async function dataset(s, model, name, ranges) {
  const upload = async (what) => {
    const file = s.path(`${name}-${what}.npy`);
    writeFileSync(file, rowsOf(join(folder, `pubA_${what}.npy`), ranges));
    return s.upload(file);
  };
  const { id } = await s.post('/v1/datasets?wait=50', { model: model.id,
    inputs: await upload('beats_i16'), labels: await upload('labels'),
    preprocess: { per_sample: 'zscore' } });
  return id;
}

// The same records with the stretch that each sample is of.
function grouped(csv) {
  const [head, ...lines] = csv.trim().split(/\r?\n/);
  const ends = [];
  for (const [from, to] of GROUPS) ends.push((ends.at(-1) ?? 0) + to - from);
  const column = head.split(',').indexOf('sample');
  return [`${head},group`, ...lines.map((l) => `${l},g${
    ends.findIndex((e) => Number(l.split(',')[column]) < e)}`)].join('\n');
}

const tellHalf = (name, h) => console.log(`  ${name}: ${h.n} beats, accuracy ${
  percent(h.accuracy)} of ${percent(h.accuracy_full)} (drop ${
  percent(h.accuracy_full - h.accuracy)}), cost ${us(h.cost)} of ${
  us(h.cost_full)} (${percent(1 - h.cost / h.cost_full)} saved)`);

function tellHeads(a) {
  console.log(`the network itself: ${percent(a.augmentation.full.accuracy)} of `
    + 'the held-out fifth of the rows fitted on');
  for (const h of a.augmentation.heads)
    console.log(`  boundary ${h.boundary} ${h.kind.padEnd(8)}${
      h.accuracy === null ? '' : percent(h.accuracy)} ${
      h.kept ? `kept as ${h.exit}` : `left out: ${h.reason}`}`);
}

// Right answers of each exit on all beats that nothing was fitted on.
function tellExits(csv) {
  const [head, ...lines] = csv.trim().split(/\r?\n/).map((l) => l.split(','));
  const label = head.indexOf('label');
  for (const [at, name] of head.entries())
    if (name.startsWith('pred_'))
      console.log(`  exit ${name.slice(5)}: ${percent(lines.filter((l) =>
        l[at] === l[label]).length / lines.length)} of ${lines.length} beats`);
}

function tellPlan(name, plan) {
  const used = plan.exits.filter((e) => e.share > 0);
  console.log(`${name}: ${plan.status}; beats leave at ${
    used.map((e) => `${e.name} (${percent(e.share)})`).join(', ')}`);
  tellHalf('chosen on', plan.calibration);
  tellHalf('tested on', plan.test);
}

if (!existsSync(folder)) skip('mitbih is not here');
withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');
  const model = await s.model(join(fixtures, 'ecg1d.onnx'), 'ecg1d');
  const order = { model: model.id, dataset: await dataset(s, model, 'fit', FIT),
    evaluate: await dataset(s, model, 'rest', GROUPS), device: 'localhost',
    options, search: { max_drop: DROP } };
  const start = performance.now();
  const { id } = await s.post('/v1/augmentations', order);
  const a = await s.until(`/v1/augmentations/${id}`);
  const v = await s.until(`/v1/validations/${a.validation}`);
  const seconds = (performance.now() - start) / 1000;
  tellHeads(a);
  console.log('on the beats that nothing was fitted on, whose recordings are '
    + 'others:');
  const csv = await s.get(`/v1/records/${a.records}/csv`);
  tellExits(csv);
  tellPlan(`halves drawn beat by beat, a drop of ${percent(DROP)} at most`,
    await s.get(`/v1/plans/${a.plan}`));
  console.log(`  measured ${us(v.measured.plan.mean_ns.median)}, predicted ${
    us(v.predicted.mean_ns.median)} (residual ${
    percent(v.residual.mean.rel)}); whole network ${
    us(v.measured.full.mean_ns.median)}; measured saving ${
    percent(v.residual.saving)}; flow ${seconds.toFixed(0)} s`);
  const records = await s.call('POST', '/v1/records?wait=50&name=grouped',
    Buffer.from(grouped(csv)), { headers: { 'Content-Type': 'text/csv' } });
  const search = await s.until(`/v1/searches/${(await s.post('/v1/searches',
    { profile: a.profile, records: records.id, max_drop: DROP })).id}`);
  tellPlan('halves of whole stretches', await s.get(`/v1/plans/${search.plan}`));
}, new Service({ patience_s: 86400 }));
