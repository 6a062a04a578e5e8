// SPDX-License-Identifier: MIT
// Augmentations that cannot work, or not as hoped, through the whole service:
// each says what is wrong by name, and costs nothing else.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cnn3, cnn3Model, plainModel } from './fixture.mjs';
import { npy } from './npy.mjs';
import * as onnx from './onnx.mjs';
import { check, quickPolicy, withService } from './service.mjs';

const npyData = (file) => {
  const all = readFileSync(file);
  return all.subarray(10 + all.readUInt16LE(8));
};
const pictures = npyData(cnn3.inputs), SIDE2 = 24 * 24;
const classes = npyData(cnn3.labels).filter((_, i) => i % 8 === 0);

async function put(s, data) {
  const hex = createHash('sha256').update(data).digest('hex');
  await s.call('PUT', `/v1/blobs/sha256:${hex}`, data);
  return hex;
}

// A data set of these rows of the fixture, or of these pictures and labels.
async function rows(s, model, n, label, picture = (i) =>
  pictures.subarray(i * SIDE2, (i + 1) * SIDE2), expect) {
  const index = [...Array(n).keys()];
  return s.post('/v1/datasets?wait=50', { model: model.id, preprocess: cnn3.preprocess,
    inputs: await put(s, npy('|u1', [n, 1, 24, 24],
      Buffer.concat(index.map(picture)))),
    labels: await put(s, npy('|u1', [n], Buffer.from(index.map(label)))) },
  { expect });
}

const order = (s, model, dataset, expect) => s.post('/v1/augmentations',
  { model: model.id, dataset: dataset.id, device: 'localhost',
    policy: quickPolicy, validate: false, options: { heads: ['pool'] },
    search: { max_drop: 0.02 } }, { expect });

async function failed(s, model, dataset) {
  const { id } = await order(s, model, dataset);
  const a = await s.until(`/v1/augmentations/${id}`, ['failed']);
  console.log(`   ${a.error.code}: ${a.error.detail}`);
  return a.error;
}

// A graph of one Sigmoid over four values, protobuf by hand.
const bytes = (field, body) => Buffer.concat([
  Buffer.from([field << 3 | 2, body.length]), Buffer.from(body)]);
const number = (field, value) => Buffer.from([field << 3, value]);
const value = (name) => Buffer.concat([bytes(1, name), bytes(2, bytes(1,
  Buffer.concat([number(1, 1), bytes(2, Buffer.concat([1, 1, 24, 24].map((d) =>
    bytes(1, number(1, d)))))])))]);
const sigmoid = Buffer.concat([number(1, 7), bytes(7, Buffer.concat([
  bytes(1, Buffer.concat([bytes(1, 'x'), bytes(2, 'f'), bytes(4, 'Flatten')])),
  bytes(1, Buffer.concat([bytes(1, 'f'), bytes(2, 'y'), bytes(4, 'Sigmoid')])),
  bytes(2, 'g'), bytes(11, value('x')), bytes(12, Buffer.concat([bytes(1, 'y'),
    bytes(2, bytes(1, Buffer.concat([number(1, 1), bytes(2, Buffer.concat([
      bytes(1, number(1, 1)), bytes(1, Buffer.from([8, 0xc0, 4]))]))])))])),
])), bytes(8, number(2, 13))]);

async function badModels(s, { analysis: { exits } }) {
  const map = await s.post('/v1/models?wait=50',
    { blob: exits[0].segment.blob, name: 'map' });
  const some = await rows(s, map, 100, (i) => classes[i]);
  check((await failed(s, map, some)).code === 'augment.not_classifier',
    'an output that is a map is no classifier');
  const gate = await s.post('/v1/models?wait=50',
    { blob: await put(s, sigmoid), name: 'gate' });
  const gates = await rows(s, gate, 100, (i) => classes[i]);
  check((await failed(s, gate, gates)).code === 'augment.sigmoid',
    'nor are sigmoids, of which each is its own question');
}

async function badRows(s, model) {
  const label = (i) => classes[i];
  const strange = await rows(s, model, 40, (i) => i === 7 ? 10 : classes[i],
    undefined, 422);
  check(/labels.*10/.test(strange.detail), `labels: ${strange.detail}`);
  const few = await order(s, model, await rows(s, model, 30, label),
    422);
  check(few.code === 'augmentation.rows' && /at least 20/.test(few.detail),
    `few rows: ${few.detail}`);
  const one = await rows(s, model, 60, () => 3);
  const same = await failed(s, model, one);
  check(same.code === 'augment.one_class' && /class 3/.test(same.detail),
    'one class alone teaches nothing');
}

async function missingClass(s, model) {
  const kept = [...Array(600).keys()].filter((i) => classes[i] !== 4);
  const some = await rows(s, model, kept.length, (i) => classes[kept[i]],
    (i) => pictures.subarray(kept[i] * SIDE2, (kept[i] + 1) * SIDE2));
  const { id } = await order(s, model, some);
  const a = await s.until(`/v1/augmentations/${id}`);
  const { flags, rows: r } = a.augmentation;
  check(flags.includes('class_missing') && r.missing.fit.join() === '4'
    && r.missing.held_out.includes(4),
  `class 4 is missing to fit on and held out: ${JSON.stringify(r.missing)}`);
  const plan = await s.get(`/v1/plans/${a.plan}`);
  check(plan.status !== 'infeasible', 'and the rest works');
}

// Nothing to learn from: each head says so, and the plan keeps none.
async function nothingToGain(s, model, dataset, reason) {
  const { id } = await order(s, model, dataset);
  const a = await s.until(`/v1/augmentations/${id}`);
  for (const h of a.augmentation.heads)
    check(!h.kept && h.reason === reason && h.number !== null,
      `boundary ${h.boundary}: ${h.reason} ${h.number}`);
  const plan = await s.get(`/v1/plans/${a.plan}`);
  check(plan.exits.length === 1, 'and the plan is the network as it was');
  for (const [what, { warnings }] of [['augmentation', a.augmentation],
    ['plan', plan], ['records', await s.get(`/v1/records/${a.records}`)]])
    check(warnings.length === 1 && warnings[0].code === 'accuracy.chance'
      && warnings[0].detail.includes('check how inputs are prepared'),
    `the ${what} warns that the network itself guesses`);
}

// A layer whose numbers are not finite for every third sample: the logarithm
// of 0.
async function notFinite(s) {
  const data = onnx.model([
    onnx.node('Log', 'log1', ['x'], ['l']),
    ...[1, 2, 3].map((i) => onnx.node('Conv', `conv${i}`,
      [i > 1 ? `c${i - 1}` : 'l', `w${i}`], [`c${i}`],
      { pads: [1, 1, 1, 1] })), // a Relu would make zeros of them
    onnx.node('GlobalAveragePool', 'pool1', ['c3'], ['p']),
    onnx.node('Flatten', 'flat1', ['p'], ['f']),
    onnx.node('Gemm', 'fc1', ['f', 'v'], ['y']),
  ], [onnx.weights('w1', [4, 1, 3, 3], 9), onnx.weights('w2', [4, 4, 3, 3], 36),
    onnx.weights('w3', [4, 4, 3, 3], 36), onnx.weights('v', [4, 10], 4)],
  { x: [1, 1, 24, 24] }, { y: [1, 10] });
  const model = await s.post('/v1/models?wait=50',
    { blob: await put(s, data), name: 'logarithm' });
  const dataset = await rows(s, model, 100, (i) => i % 10,
    (i) => Buffer.alloc(SIDE2, i % 3 === 0 ? 0 : 90 + i));
  const says = ({ code, detail }) => code === 'model.nan_output'
    && detail.includes('log1') && /sample (\d+)/.exec(detail)?.[1] % 3 === 0;
  check(says(await failed(s, model, dataset)),
    'an augmentation names the layer and the sample');
  const { error } = await s.until(`/v1/records/${(await s.post('/v1/records',
    { model: model.id, dataset: dataset.id })).id}`, ['rejected']);
  check(says(error), `and so do exit records: ${error.detail}`);
}

withService(async (s) => {
  s.startProbe();
  const whole = await cnn3Model(s);
  const model = await plainModel(s, whole);
  await s.untilDevice('localhost');
  await badModels(s, whole);
  await notFinite(s);
  await badRows(s, model);
  await missingClass(s, model);
  const chance = await rows(s, model, 600, (i) => (i * 7919 >> 3) % 10);
  await nothingToGain(s, model, chance, 'guessing');
  const grey = await rows(s, model, 200, (i) => i % 10,
    () => Buffer.alloc(SIDE2, 90));
  await nothingToGain(s, model, grey, 'constant_features');
  check((await s.get('/healthz')).status === 'ok', 'the service took no harm');
});
