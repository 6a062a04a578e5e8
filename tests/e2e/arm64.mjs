// SPDX-License-Identifier: MIT
// An aarch64 board emulated by qemu-user (scripts/arm64 makes it): its rows
// are counts without times, nearly the same in every run, and its outputs are
// those of this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, fixtures, skip, withService } from './service.mjs';

const board = process.argv[2];
if (!existsSync(join(board, 'run')))
  skip(`no emulated board in ${board}: scripts/arm64 makes one`);

const times = ['min_ns', 'median_ns', 'mean_ns', 'first_ns', 'ci95_lo_ns'];
const place = (r) => `${r.level} ${r.role} ${r.index}`;

// The outputs of a model on the inputs that profiles use, one a line.
const outputs = (program, args, env) => execFileSync(program, args,
  { env: { ...process.env, ...env } }).toString().trim().split('\n').map(Number);

function compareOutputs(file) {
  const native = outputs(join(process.env.OFFRAMP_BIN, 'bench_outputs'), [file]);
  const emulated = outputs('qemu-aarch64', ['-cpu', 'cortex-a72', '-L',
    join(board, 'root'), join(board, 'build/bin/bench_outputs'), file],
  { OFFRAMP_RUNTIME: join(board, 'libonnxruntime.so.1') });
  const furthest = Math.max(...native.map((x, i) => Math.abs(x - emulated[i])));
  check(native.length > 100 && native.length === emulated.length
    && furthest <= 1e-4, `outputs equal those of this machine: the furthest of ${
    native.length} is ${furthest.toExponential(1)} off`);
}

await withService(async (s) => {
  const model = await s.model(join(fixtures, 'cnn3.onnx'), 'cnn3');
  const { analysis } = await s.get(`/v1/models/${model.id}`);
  const file = s.path('fixed.onnx');
  const blob = await fetch(`${s.url}/v1/blobs/sha256:${analysis.blob}`);
  writeFileSync(file, Buffer.from(await blob.arrayBuffer()));
  compareOutputs(file);
  s.startProbe('a72', ['--emulator', join(board, 'run'), '--label',
    'arch=aarch64']);
  await s.untilDevice('a72');
  const device = await s.get('/v1/devices/a72');
  check(device.env.counter_source === 'emulator' && device.env.cpu_model
    && device.golden.task === null,
  'the device says that it is emulated, and runs no golden kernels for time');

  const runs = [];
  for (let i = 0; i < 3; i++) {
    const { id } = await s.post('/v1/jobs', { model: model.id,
      devices: ['arch=aarch64'], levels: ['L0', 'L2', 'L6'], cache: 'off' });
    const job = await s.until(`/v1/jobs/${id}`);
    const { items } = await s.get(`/v1/profiles/${job.tasks[0].profile}/layers`);
    runs.push(items);
  }
  const [rows] = runs;
  check(['L0 whole 0', 'L2 layer 0', 'L6 segment 0', 'L6 head 0',
    'L6 prefix 0'].every((p) => rows.some((r) => place(r) === p)),
  'the whole network, layers, segments, heads and prefixes are counted');
  check(rows.every((r) => r.source === 'emulated'
    && r.flags.includes('emulated') && r.counters.instructions > 0
    && times.every((t) => r[t] === null)),
  'every row is a count, and none has a time');
  const spread = Math.max(...rows.map((r, i) => {
    const n = runs.map((list) => list[i].counters.instructions);
    return Math.max(...n) / Math.min(...n) - 1;
  }));
  check(spread <= 0.002, `instruction counts of three runs agree: the widest is ${
    (100 * spread).toFixed(3)} % apart`);
});
