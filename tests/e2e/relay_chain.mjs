// SPDX-License-Identifier: MIT
// A mapped plan across three processors, two emulated boards and this machine:
// the second board is neither first nor last, takes a tensor of the first one
// and hands one on.  The machine has no door at first, so the validation fails
// and is taken up again once it has.  Skipped without QEMU or the firmware.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Program, check, fixtures, skip, withService } from './service.mjs';

if (!existsSync(join(process.env.OFFRAMP_BIN, 'firmware/mps2-an505.elf')))
  skip('no firmware; install gcc-arm-none-eabi and build again');
if (spawnSync('qemu-system-arm', ['--version']).status !== 0)
  skip('qemu-system-arm is not installed');

const instructions = (n) => ({ instructions: n });

// Room for one segment and its head on each board; the rest goes on.
function roomFor(costs, e) {
  const x = costs.exits[e];
  return x.segment_bytes + x.head_bytes + x.peak_bytes;
}

async function planFor(s, profiles, records) {
  const costs = await s.get(`/v1/export/costs?profile=${profiles.m33}`);
  const far = { ...costs, device: 'far', source: 'modelled',
    metrics: ['instructions'], exits: costs.exits.map((e, i) => ({ ...e,
      segment: instructions(i > 1 ? e.segment.instructions / 10 : null),
      reason: i > 1 ? null : 'not here',
      head: e.head && instructions(e.head.instructions / 10) })) };
  const search = await s.post('/v1/searches?wait=50', { records, max_drop: 0.05,
    objective: 'instructions', grid: 8, keep: ['exit0', 'exit1'], system: {
      links: [{ from: 0, to: 1, per_byte: 1, base: 1e5 },
        { from: 1, to: 2, per_byte: 1, base: 1e5 }],
      processors: [
        { profile: profiles.m33, memory_bytes: roomFor(costs, 0) },
        { profile: profiles.m4, wake: 1e5 }, { costs: far, wake: 3e6 }] } });
  return s.get(`/v1/plans/${search.plan}`);
}

function checkResult(v) {
  const { measured: m, predicted: p, deployment: d } = v;
  check(m.processors.map((x) => x.name).join() === 'm33,m4,far',
    'all three took part');
  // The records are all int8; behind the boards the machine is not.
  check(m.exits.slice(0, 2).every((e, i) => e.n === p.exits[i].n),
    'as many leave on the boards as their records say');
  check(m.outputs.equal === true && m.outputs.same_exit === m.n
    && m.outputs.int8_exact,
  `${m.n} samples: ${m.exits.map((e) => `${e.name} ${e.n}`).join(', ')}, as in `
    + `one piece, at most ${m.outputs.max_abs_diff} apart`);
  const boards = m.processors.slice(0, 2);
  check(boards.every((x, i) => Math.abs(x.instructions
    / p.processors[i].instructions - 1) < 0.01 && x.own_ns === null)
    && m.processors[2].instructions === null,
  `${boards.map((x) => `${x.name} ${Math.round(x.instructions)} instructions`)
    .join(', ')}, as predicted`);
  check(d.chain.slice(0, 2).every((x) => x.image.type === 'int8'
    && x.gives[0].int8.scale > 0) && d.chain[1].takes[0].int8.scale
    === d.chain[0].gives[0].int8.scale,
  `int8 crosses: ${p.processors.map((x) => x.send_bytes)} bytes`);
}

await withService(async (s) => {
  s.programs.push(new Program('offramp-probe', ['--server', s.url, '--id',
    'desk', '--spool', s.path('spool-desk'), '--link', '127.0.0.1',
    '--board', 'm33:qemu=mps2-an505', '--board', 'm4:qemu=mps2-an386']));
  const shut = s.startProbe('host');
  const model = await s.model(join(fixtures, 'cnn3.onnx'), 'cnn3');
  const dataset = await s.post('/v1/datasets?wait=50', { model: model.id,
    inputs: await s.upload(join(fixtures, 'cnn3_images_u8.npy')),
    labels: await s.upload(join(fixtures, 'cnn3_labels.npy')),
    preprocess: { scale: 0.00392156862745098 } });
  for (const name of ['m33', 'm4', 'host']) await s.untilDevice(name);
  const job = await s.post('/v1/jobs', { model: model.id,
    devices: ['m33', 'm4'], levels: ['L6'], quantise: { dataset: dataset.id,
      calibrate: [0, 40], evaluate: [40, 240] } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const profiles = Object.fromEntries(done.tasks.filter(
    (t) => t.kind === 'profile').map((t) => [t.device, t.profile]));
  const plan = await planFor(s, profiles, done.quantise.records);
  check(plan.mapping.segments.join() === 'm33,m4,far,far',
    `mapped onto three: ${plan.mapping.segments}`);

  const made = await s.post(`/v1/plans/${plan.id}/validations`,
    { max_rows: 6, budget_s: 60, devices: { far: 'host' } });
  const path = `/v1/validations/${made.id}`;
  const failed = await s.until(path, ['failed']);
  check(failed.error.code === 'link.closed', `the last has no door: ${
    failed.error.detail}`);
  await shut.kill();
  s.startProbe('host', ['--link', '127.0.0.1']);
  await s.post(`${path}:resume`);
  const v = await s.until(path);
  checkResult(v);
  check(v.error === null && v.tasks.filter((t) => t.kind === 'deploy')
    .length === 1, 'taken up again, without cutting the network once more');
  const again = await s.post(`${path}:resume`, undefined, { expect: 409 });
  check(again.code === 'flow.not_failed', 'what is done is not resumed');
});
