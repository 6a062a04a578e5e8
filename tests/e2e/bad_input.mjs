// SPDX-License-Identifier: MIT
// Bad models and bad data, through a real worker: each is refused with a
// status, a code and words that name what is wrong, and costs nothing else.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cnn3, cnn3Model, dataOf } from './fixture.mjs';
import { npy, npyFile } from './npy.mjs';
import { check, withService } from './service.mjs';

const good = readFileSync(cnn3.file);

// A copy with every `from` replaced by `to`, which is as long.
function replaced(from, to) {
  const out = Buffer.from(good);
  for (let i = out.indexOf(from); i >= 0; i = out.indexOf(from, i + 1))
    out.write(to, i, 'latin1');
  return out;
}

// A copy whose weight `name` (raw bytes after the name) is all NaN.
function withNan(name, bytes) {
  const out = Buffer.from(good);
  const mark = Buffer.concat([Buffer.from([0x42, name.length]),
    Buffer.from(name), Buffer.from([0x4a, bytes])]);
  const at = out.indexOf(mark) + mark.length;
  for (let i = 0; i < bytes; i += 4) out.writeFloatLE(NaN, at + i);
  return out;
}

// Protobuf by hand: fields that end in bytes, and small integers.
const bytes = (field, body) => Buffer.concat([
  Buffer.from([field << 3 | 2, body.length]), Buffer.from(body)]);
const number = (field, value) => Buffer.from([field << 3, value]);

// A model whose one weight is in another file.
const external = Buffer.concat([
  number(1, 7),
  bytes(7, Buffer.concat([
    bytes(1, Buffer.concat([bytes(1, 'x'), bytes(1, 'w'), bytes(2, 'y'),
      bytes(4, 'Add')])),
    bytes(5, Buffer.concat([number(1, 1), number(2, 1), bytes(8, 'w'),
      bytes(13, Buffer.concat([bytes(1, 'location'), bytes(2, 'w.bin')])),
      number(14, 1)])),
    bytes(11, bytes(1, 'x')), bytes(12, bytes(1, 'y')),
  ])),
  bytes(8, number(2, 13)),
]);

const models = [
  ['text that is not ONNX', Buffer.from('hello, I am a network'), /^model\./],
  ['a truncated model', good.subarray(0, good.length / 2), /^model\.(truncated|parse)$/],
  ['an empty file', Buffer.alloc(0), /^model\.empty$/],
  ['an unknown op', replaced('Relu', 'Rexu'), /^model\.unsupported_op$/],
  ['external data', external, /^model\.external_data$/],
];

async function put(s, data) {
  const hex = createHash('sha256').update(data).digest('hex');
  await s.call('PUT', `/v1/blobs/sha256:${hex}`, data);
  return hex;
}

async function refused(s, path, body, status) {
  const text = await s.post(path, body, { expect: status });
  check(text.status === status && text.detail.length > 10,
    `${text.code}: ${text.detail}`);
  return text;
}

async function badModels(s) {
  for (const [what, data, code] of models) {
    const blob = await put(s, data);
    const problem = await refused(s, '/v1/models?wait=50',
      { blob, name: what }, 422);
    check(code.test(problem.code), `${what} is ${code}`);
  }
  const blob = await put(s, good);
  const fixed = await s.post('/v1/models?wait=50',
    { blob, name: 'fixed', shape: { image: [4, 1, 24, 24] } });
  check(fixed.analysis.inputs[0].shape[0] === 4, 'a shape is taken');
  await refused(s, '/v1/models',
    { blob, name: 'x', shape: { image: [0] } }, 400);
}

const images = (descr, shape, size, order = 'False') => npyFile(
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`,
  Buffer.alloc(size));

async function badData(s, model) {
  const x = await put(s, images('|u1', '(2, 1, 24, 24)', 1152));
  const labels = (...v) => put(s, npy('|u1', [v.length], Buffer.from(v)));
  const cases = [
    ['labels', { inputs: x, labels: await labels(3, 10) }],
    ['labels', { inputs: x, labels: await labels(3) }],
    ['inputs', { inputs: await put(s, Buffer.from('no array')) }],
    ['inputs', { inputs: await put(s, images('|u1', '(2, 1, 24, 24)', 99)) }],
    ['inputs', { inputs: await put(s, images('>f4', '(1, 1, 24, 24)', 2304)) }],
    ['inputs', { inputs: await put(s, images('|u1', '(2, 1, 24, 24)', 1152, 'True')) }],
    ['inputs', { inputs: await put(s, images('|u1', '(2, 24, 24, 1)', 1152)) }],
    ['preprocess', { inputs: x, preprocess: { std: [1, 0] } }],
  ];
  for (const [field, body] of cases) {
    const p = await refused(s, '/v1/datasets?wait=50',
      { model: model.id, ...body }, 422);
    check(p.detail.includes(field), `the answer names ${field}`);
  }
}

async function nanOutputs(s, dataset) {
  const file = join(s.folder, 'nan.onnx');
  writeFileSync(file, withNan('exit0_b', 40));
  const model = await s.model(file, 'nan');
  check(model.state === 'ready', 'a network with NaN weights is well-formed');
  const p = await refused(s, '/v1/records?wait=50',
    { model: model.id, dataset: dataset.id }, 422);
  check(p.code === 'model.nan_output' && p.detail.includes('exit0'),
    'a NaN output is named');
  await s.untilDevice('localhost');
  const job = await s.post('/v1/jobs',
    { model: model.id, devices: ['localhost'] });
  const end = await s.until(`/v1/jobs/${job.id}`, ['failed']);
  const { error } = end.tasks[0];
  check(error.class === 'model' && /exit0/.test(error.detail),
    `nothing is timed: ${error.code}: ${error.detail}`);
  const { items } = await s.get(`/v1/profiles?model=${model.id}`);
  check(items.length === 0, 'and no number is stored');
}

await withService(async (s) => {
  s.startProbe();
  await badModels(s);
  const model = await cnn3Model(s);
  check(model.analysis.notes.some((n) => n.includes('image')),
    'a dynamic batch is set to 1, and said so');
  await badData(s, model);
  await nanOutputs(s,
    await dataOf(s, model, { ...cnn3, preprocess: undefined }));
  const health = await s.get('/healthz');
  check(health.status === 'ok', 'the service took no harm');
});
