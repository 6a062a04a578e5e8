// SPDX-License-Identifier: MIT
// fixture.mjs -- the networks that the tests use, and what most of them want
// of a service first: the project's own, and a larger one where it is there.
import { join } from 'node:path';
import { fixtures, quickPolicy, shared } from './service.mjs';

export const cnn3 = {
  file: join(fixtures, 'cnn3.onnx'),
  inputs: join(fixtures, 'cnn3_images_u8.npy'),
  labels: join(fixtures, 'cnn3_labels.npy'),
  preprocess: { scale: 0.00392156862745098 },
  records: join(fixtures, 'cnn3_records.csv'),
};

export const resnet20 = shared && {
  file: join(shared, 'models/resnet20_cifar10_9exits.onnx'),
  inputs: join(shared, 'cifar10/test2k_images_u8.npy'),
  labels: join(shared, 'cifar10/test2k_labels.npy'),
  preprocess: {
    scale: 0.00392156862745098,
    mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
  },
};

export const cnn3Model = (s) => s.model(cnn3.file, 'cnn3');

// The network without early exits: the prefix of its last one.
export async function plainModel(s, model) {
  const { blob } = model.analysis.exits.at(-1).prefix;
  return s.post('/v1/models?wait=50', { blob, name: 'plain' });
}

// These files as a data set for the model.
export async function dataOf(s, model, { inputs, labels, preprocess } = cnn3) {
  return s.post('/v1/datasets?wait=50', { model: model.id,
    inputs: await s.upload(inputs), labels: await s.upload(labels),
    preprocess });
}

// A coarse profile's id.
export async function profileOf(s, model, device, levels) {
  const job = await s.post('/v1/jobs', { model: model.id, devices: [device],
    levels, policy: quickPolicy });
  return (await s.until(`/v1/jobs/${job.id}`)).tasks[0].profile;
}

// The model's exit records on the data, made by the worker.
export async function recordsOf(s, model, data, more = {}) {
  const made = await s.post('/v1/records', { model: model.id,
    dataset: data.id, ...more });
  return s.until(`/v1/records/${made.id}`);
}

// Records that somebody else made, from their text.
export async function importRecords(s, csv) {
  const { id } = await s.call('POST', '/v1/records?wait=50', csv,
    { headers: { 'Content-Type': 'text/csv' } });
  return s.until(`/v1/records/${id}`);
}
