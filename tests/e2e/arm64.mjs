// SPDX-License-Identifier: MIT
// An aarch64 board emulated by qemu-user (scripts/arm64 makes it): its rows
// are counts without times, the same in every run, and its outputs are those of
// this machine.
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
  { OFFRAMP_RUNTIME: '/opt/offramp/libonnxruntime.so.1' });
  const furthest = Math.max(...native.map((x, i) => Math.abs(x - emulated[i])));
  check(native.length > 100 && native.length === emulated.length
    && furthest <= 1e-4, `outputs equal those of this machine: the furthest of ${
    native.length} is ${furthest.toExponential(1)} off`);
}

const all = (r) => JSON.stringify(r.counters);

function checkSame(rows, others, where) {
  const other = new Map(others.map((r) => [place(r), all(r)]));
  const off = rows.filter((r) => all(r) !== other.get(place(r)));
  check(off.length === 0 && rows.length === others.length, off.length === 0
    ? `all ${rows.length} counts are the same ${where}`
    : `the same counts ${where}: ${off.map((r) => `${place(r)}: ${
      all(r)}, ${other.get(place(r))}`).join('; ')}`);
}

await withService(async (s) => {
  const model = await s.model(join(fixtures, 'cnn3.onnx'), 'cnn3');
  const { analysis } = await s.get(`/v1/models/${model.id}`);
  const file = s.path('fixed.onnx');
  const blob = await fetch(`${s.url}/v1/blobs/sha256:${analysis.blob}`);
  writeFileSync(file, Buffer.from(await blob.arrayBuffer()));
  compareOutputs(file);
  // Two agents: the second one's folders have longer names.
  const probe = (name, spool) => s.startProbe(name, ['--emulator',
    join(board, 'run'), '--label', 'arch=aarch64', '--spool', s.path(spool)]);
  probe('a72', 'a');
  probe('another-a72', 'a-spool-whose-name-is-much-longer');
  const counts = async (name, levels) => {
    const { id } = await s.post('/v1/jobs', { model: model.id,
      devices: [name], levels, cache: 'off' });
    const job = await s.until(`/v1/jobs/${id}`);
    const { items } = await s.get(`/v1/profiles/${job.tasks[0].profile}/layers`);
    return items;
  };
  await s.untilDevice('a72');
  await s.untilDevice('another-a72');
  const device = await s.get('/v1/devices/a72');
  check(device.env.counter_source === 'emulator' && device.env.cpu_model,
    'the device says that it is emulated');

  const [rows, others] = await Promise.all(['a72', 'another-a72'].map((name) =>
    counts(name, ['L0', 'L2', 'L6'])));
  check(['L0 whole 0', 'L2 layer 0', 'L2 sentinel 0', 'L6 segment 0',
    'L6 head 0', 'L6 prefix 0'].every((p) => rows.some((r) => place(r) === p)),
  'the whole network, layers, golden kernels, segments, heads and prefixes '
    + 'are counted');
  check(rows.every((r) => r.source === 'emulated'
    && r.flags.includes('emulated') && r.counters.instructions > 0
    && times.every((t) => r[t] === null)),
  'every row is a count, and none has a time');
  const mix = (r) => Object.entries(r.counters).filter(([name]) =>
    name.startsWith('insn_') && !['insn_jump', 'insn_word'].includes(name));
  check(rows.every((r) => mix(r).length === 16 && Math.abs(mix(r).reduce(
    (sum, [, n]) => sum + n, 0) - r.counters.instructions) < 1e-3
    && r.counters.insn_branch >= r.counters.insn_jump * 0.9),
  'the classes of a row add up to its instructions');
  check(rows.some((r) => r.role === 'whole' && r.counters.insn_vector
    > r.counters.instructions / 4), 'the network is computed in vectors');
  checkSame(rows, others, 'in a job of another agent');
  checkSame(rows.filter((r) => r.level === 'L6'), await counts('a72', ['L6']),
    'in a job that counts only some of it');
  const { items } = await s.get('/v1/devices/a72/chart');
  const firsts = new Map(items.map((x) => [x.kernel, x]));
  check(firsts.size === 3 && items.length > 3 && items.every((x) => !x.out
    && x.median_ns === null
    && x.instructions === firsts.get(x.kernel).instructions),
  'its golden kernels stand in the chart by their counts');
});
