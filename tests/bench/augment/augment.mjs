// SPDX-License-Identifier: MIT
// The whole flow, from a plain network to a plan proved on the device:
//   augment.mjs all|fixture|resnet8|resnet20
// Heads are fitted on train10k, thresholds chosen and tested on halves of
// test2k, the device is this machine.  The project's own network has 1,600
// pictures: those choose and test, and heads are fitted on 5,000 more that
// fixtures/shapes.py draws (Debian's python3-numpy).  Aims are those of the
// project; what bounds the saving is printed beside it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service, fixtures, shared, withService } from '../../e2e/service.mjs';
import { gaps, perfectScore } from './bounds.mjs';

const cifar = (part) => ['images_u8', 'labels'].map((what) =>
  join(shared, `cifar10/${part}_${what}.npy`));
const drawn = mkdtempSync(join(tmpdir(), 'offramp-shapes-'));
process.on('exit', () => rmSync(drawn, { recursive: true, force: true }));
for (const python of ['python3', '/usr/bin/python3'])
  if (spawnSync(python, ['-B', join(fixtures, 'shapes.py'), '20261123', '5000',
    drawn]).status === 0)
    break;
const cases = {
  fixture: {
    model: join(fixtures, 'cnn3.onnx'), plain: true, saving: 0.15,
    fit: ['images_u8', 'labels'].map((what) => join(drawn, `${what}.npy`)),
    test: ['images_u8', 'labels'].map((what) =>
      join(fixtures, `cnn3_${what}.npy`)),
    preprocess: { scale: 0.00392156862745098 },
  },
  resnet8: {
    model: join(shared, 'models/resnet8_ic01.onnx'), saving: 0.15,
    fit: cifar('train10k'), test: cifar('test2k'),
  },
  resnet20: {
    model: join(shared, 'models/resnet20_cifar10.onnx'), saving: 0.35,
    fit: cifar('train10k'), test: cifar('test2k'),
    preprocess: { scale: 0.00392156862745098,
      mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
};
const DROP = 0.01;

const percent = (x) => `${(100 * x).toFixed(1)} %`;
const points = (x) => `${(100 * x).toFixed(2)} points`;
const us = (ns) => `${(ns / 1000).toFixed(1)} us`;
const aim = (met, text) => `${met ? 'ok' : '(!)'}, aim ${text}`;

async function order(s, c, name) {
  let model = await s.model(c.model, name);
  if (c.plain) // the last exit's prefix is the network without early exits
    model = await s.post('/v1/models?wait=50', {
      blob: model.analysis.exits.at(-1).prefix.blob, name: 'plain' });
  const dataset = async ([inputs, labels]) => (await s.post(
    '/v1/datasets?wait=50', { model: model.id, inputs: await s.upload(inputs),
      labels: await s.upload(labels), preprocess: c.preprocess })).id;
  return { model: model.id, dataset: await dataset(c.fit), device: 'localhost',
    ...c.test ? { evaluate: await dataset(c.test) } : {},
    search: { max_drop: DROP } };
}

const offer = (what, half) => console.log(`  ${what.padEnd(12)}${
  percent(1 - half.cost / half.cost_full)} less, held-out drop ${
  points(half.accuracy_full - half.accuracy)}`);

function tellPlans(plan, promised) {
  const { without } = plan.cross;
  const n = plan.test.n;
  console.log(`plans for a drop of ${points(DROP)}, on ${n} rows that chose `
    + `nothing (one deviation of sampling: ${points(plan.cross.error)}):`);
  offer('expected', plan.test);
  offer('optimistic', { ...plan.test, cost: without.test_cost,
    accuracy: without.test_accuracy });
  offer('promised', promised.test);
  console.log(`  expected drops: ${points(plan.cross.drop)} and, optimistic, ${
    points(plan.cross.drop_without)}`);
}

function tellMeasured(v, c) {
  const { residual, measured, predicted } = v;
  const rel = Math.abs(residual.mean.rel);
  console.log(`measured ${us(measured.plan.mean_ns.median)}, predicted ${
    us(predicted.mean_ns.median)}: ${percent(residual.mean.rel)} off (${
    aim(rel <= 0.05, '5 %')}); whole network ${
    us(measured.full.mean_ns.median)}, ${percent(residual.full_mean.rel)} off`);
  console.log(`measured saving ${percent(residual.saving)} (${
    aim(residual.saving >= c.saving, percent(c.saving))}); accuracy ${
    percent(measured.plan.accuracy)} of ${
    percent(measured.full.accuracy)} on the device`);
}

const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length;

// The same heads and costs, left by another score: how each ranks right
// answers before wrong ones, and what the plan with it saves.
async function tellScores(s, a, body) {
  const kept = a.augmentation.heads.filter((h) => h.kept);
  const own = Object.fromEntries(kept.map((h) => [h.exit, ['max_probability',
    'margin', 'entropy'].reduce((x, y) => h.auc[y] > h.auc[x] ? y : x)]));
  for (const score of ['max_probability', 'margin', 'entropy', own]) {
    const records = (await s.post('/v1/records?wait=50', { model: a.model,
      dataset: a.request.evaluate, score })).id;
    await s.until(`/v1/records/${records}`);
    const { id } = await s.post('/v1/searches', { ...body.search,
      profile: a.profile, records, cross: {} });
    const done = await s.until(`/v1/searches/${id}`);
    const { test } = await s.get(`/v1/plans/${done.plan}`);
    const area = mean(kept.map((h) => h.auc[score] ?? h.auc[score[h.exit]]));
    const name = typeof score === 'string' ? score : 'best of each';
    console.log(`  score ${name.padEnd(16)} mean area ${area.toFixed(4)}, plan ${
      percent(1 - test.cost / test.cost_full)} less, held-out drop ${
      points(test.accuracy_full - test.accuracy)}`);
  }
}

async function tellBounds(s, a) {
  const csv = await s.get(`/v1/records/${a.records}/csv`);
  const costs = await s.get(`/v1/export/costs?profile=${a.profile}`);
  const best = perfectScore(csv, costs);
  console.log(`bounded by: scores (one that knew when its exit answers as the `
    + `network does would save ${percent(best.saving)} with exits ${
      best.kept.join(', ')} and lose nothing) and heads (their accuracy less `
    + `the network's: ${gaps(csv, costs).map((g) => (100 * g).toFixed(1))
      .join(', ')} points)`);
}

async function bench(s, name) {
  const c = cases[name];
  const body = await order(s, c, name);
  await s.untilDevice('localhost');
  const start = performance.now();
  const { id } = await s.post('/v1/augmentations', body);
  const a = await s.until(`/v1/augmentations/${id}`);
  const plan = await s.get(`/v1/plans/${a.plan}`);
  const v = await s.until(`/v1/validations/${a.validation}`);
  const seconds = (performance.now() - start) / 1000;
  const front = (await s.get(`/v1/searches/${a.search}`)).curve.length;

  console.log(`\n${name}: whole flow ${seconds.toFixed(0)} s (${
    aim(seconds < 240, '240 s')}), features ${
    a.augmentation.seconds.features.toFixed(0)} s, fitting ${
    a.augmentation.seconds.fit.toFixed(0)} s; ${front} plans on the front (${
    aim(front >= 8, '8')})`);
  tellPlans(plan, await s.get(`/v1/plans/${a.promised}`));
  tellMeasured(v, c);
  await tellScores(s, a, body);
  await tellBounds(s, a);
}

const wanted = process.argv[2] ?? 'all';
const names = wanted === 'all' ? Object.keys(cases) : [wanted];
withService(async (s) => {
  s.startProbe();
  for (const name of names)
    if ([cases[name].model, ...cases[name].fit].every(existsSync))
      await bench(s, name);
    else
      console.log(`\n${name}: its model or data are not here`);
}, new Service({ patience_s: 86400 }));
