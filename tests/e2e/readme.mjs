// SPDX-License-Identifier: MIT
// The README's curl lines, as they stand there but for a coarser policy.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, quickPolicy, shared, skip, withService } from './service.mjs';

if (!existsSync(join(shared, 'models/resnet20_cifar10_9exits.onnx')))
  skip('the shared models are not here');

const readme = readFileSync(process.argv[2], 'utf8');
const block = readme.match(
  /<!-- tests\/e2e\/readme\.mjs[^>]*-->\n```sh\n([\s\S]*?)```/)[1];
const devices = '"devices":["localhost"]';
check(block.includes(devices), 'the README posts a job for localhost');
const script = block.replace(devices,
  `${devices},"policy":${JSON.stringify(quickPolicy)}`);

await withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');
  const run = spawnSync('sh', ['-eu', '-c', script], {
    cwd: s.folder, encoding: 'utf8',
    env: { ...process.env, S: s.url, D: shared },
  });
  check(run.status === 0, `the lines run: ${run.stderr}`);
  const read = (name) => JSON.parse(readFileSync(s.path(name), 'utf8'));
  check(read('model.json').analysis.exits.length === 9, 'nine exits');
  check(read('job.json').state === 'done', 'the job is done');
  const records = await s.get('/v1/records/1');
  check(Math.abs(records.accuracy_full - 0.8135) <= 0.001,
    `the full network is right in ${100 * records.accuracy_full} %`);
  const plan = read('plan.json');
  check(plan.calibration.cost < plan.calibration.cost_full
    && plan.test.cost < plan.test.cost_full,
    `predicted mean latency ${plan.calibration.cost} ns, of the full `
    + `network ${plan.calibration.cost_full} ns`);
});
