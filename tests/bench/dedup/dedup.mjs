// SPDX-License-Identifier: MIT
// What measuring equal kernels once is worth: distinct kernels of real and
// deep networks, and what a second job of the same network takes.
//   run_bench_dedup   about six minutes; prints one table
// The baseline of each second job is the first one of the same run.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { shared, withService } from '../../e2e/service.mjs';

const audit = 0.05; // offrampd's own default
const percent = (x) => `${(100 * x).toFixed(1)} %`;
const told = (x, goal) => `${percent(x)} ${x <= goal ? 'ok' : '(!)'}, goal ${
  percent(goal)}`;

// What is measured once for all that have its key: layers alone, parts of
// exits and the whole; not L1, which every job measures.
const isKeyed = (r) => r.kernel_key && r.level !== 'L1' && r.role !== 'aa';
const isCopy = (r) => r.flags.includes('cached');

// Seconds in the measured loops of the rows that were measured.
const looped = (rows) => rows.filter((r) => isKeyed(r) && !isCopy(r))
  .reduce((s, r) =>
    s + r.n_epochs * r.iters_per_epoch * (r.mean_ns ?? 0) / 1e9, 0);

async function job(s, model, levels, cache) {
  const begin = Date.now();
  const { id } = await s.post('/v1/jobs', {
    model: model.id, devices: ['localhost'], levels, cache,
    policy: { job_budget_s: 150 },
  });
  const done = await s.until(`/v1/jobs/${id}`);
  const { items } = await s.get(
    `/v1/profiles/${done.tasks[0].profile}/layers`);
  return { wall_s: (Date.now() - begin) / 1e3, reuse: done.reuse,
    looped_s: looped(items), rows: items };
}

async function bench(s, name, file, goal) {
  const model = await s.model(file, name);
  const { layers } = model.analysis;
  const keys = new Set(layers.map((l) => l.kernel_key)).size;
  console.log(`\n${name}: ${layers.length} layers, ${keys} distinct kernels, ${
    told(keys / layers.length, goal)}`);
  await twice(s, model, ['L2'], 'layers alone');
  await twice(s, model, undefined, 'all levels');
}

// The same job two times over; the first measures everything.
async function twice(s, model, levels, what) {
  const first = await job(s, model, levels, 'refresh');
  const second = await job(s, model, levels, 'use');
  const keys = (rows, wanted) => new Set(rows.filter((r) =>
    isKeyed(r) && wanted(r)).map((r) => `${r.level} ${r.kernel_key}`));
  const all = keys(first.rows, () => true);
  const good = keys(first.rows, (r) => r.grade <= 'B');
  const again = [...keys(second.rows, (r) => !isCopy(r))];
  const audited = again.filter((k) => good.has(k)).length;
  const line = (name, j) => console.log(`  ${what}, ${name}: ${
    j.wall_s.toFixed(1)} s, ${j.looped_s.toFixed(2)} s in loops, hit rate ${
    percent(j.reuse.hit_rate)}, saved ${j.reuse.saved_s.toFixed(1)} s`);
  line('first job ', first);
  line('second job', second);
  console.log(`  the first left ${good.size} of ${all.size} things with grade `
    + `A or B; of these the second measured ${audited} (the audit takes ${
      percent(audit)} and the whole), of the others ${again.length - audited}`);
  if (good.size < all.size)
    console.log('  where the machine is too busy for grade B nothing is reused,'
      + ' and the times below are worth little');
  console.log(`  loops of the second job: ${
    told(second.looped_s / first.looped_s, 0.1)}; wall time ${
    told(second.wall_s / first.wall_s, 0.1)}`);
}

withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');
  console.log(`load average ${loadavg()[0].toFixed(1)}`);
  const resnet20 = join(shared, 'models/resnet20_cifar10_9exits.onnx');
  if (existsSync(resnet20)) await bench(s, 'ResNet-20', resnet20, 0.5);
  const made = s.path('resnet152.onnx');
  execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'make_resnet.py'),
    '152', made]);
  await bench(s, 'ResNet-152, generated', made, 0.1);
});
