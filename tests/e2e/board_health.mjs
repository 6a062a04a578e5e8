// SPDX-License-Identifier: MIT
// Boards under watch: an emulated board's control chart is constant, one that
// counts otherwise is found out and its rows are not to be used, a changed
// firmware begins a chart of its own, and one board is not two devices.
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync }
  from 'node:fs';
import { join, relative } from 'node:path';
import { needEmulator, startBoards } from './emulator.mjs';
import { model, node, weights } from './onnx.mjs';
import { check, withService } from './service.mjs';

const bin = process.env.OFFRAMP_BIN;
const elf = join('firmware', 'mps2-an386.elf');
needEmulator('mps2-an386');

const small = () => model([
  node('Conv', 'conv', ['input', 'w'], ['c'],
    { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
  node('GlobalAveragePool', 'gap', ['c'], ['g']),
  node('Flatten', 'flat', ['g'], ['final'])],
[weights('w', [4, 3, 3, 3], 27)], { input: [1, 3, 8, 8] }, { final: [1, 4] });

const probe = (s, how) => startBoards(s, { m4: 'qemu=mps2-an386' }, how);

async function measure(s, id) {
  const job = await s.post('/v1/jobs', { model: id, devices: ['m4'],
    levels: ['L2'], quantise: { type: 'float32' } });
  const done = await s.until(`/v1/jobs/${job.id}`);
  const { profile } = done.tasks.find((t) => t.kind === 'profile');
  return { profile: await s.get(`/v1/profiles/${profile}`),
    rows: (await s.get(`/v1/profiles/${profile}/layers`)).items };
}

// The points of each environment and kernel.
function charts(points) {
  const all = new Map();
  for (const p of points) {
    const key = `${p.env_fingerprint} ${p.kernel}`;
    all.set(key, [...all.get(key) ?? [], p]);
  }
  return [...all.values()];
}

// The same board, but every instruction takes two of the clock's steps.
function slowerEmulator(s) {
  writeFileSync(s.path('qemu'), '#!/bin/sh\n'
    + 'for a; do shift; [ "$a" = shift=0 ] && a=shift=1; set -- "$@" "$a"; '
    + 'done\nexec qemu-system-arm "$@"\n', { mode: 0o755 });
  return { env: { OFFRAMP_QEMU: s.path('qemu') } };
}

withService(async (s) => {
  writeFileSync(s.path('small.onnx'), small());
  const { id } = await s.model(s.path('small.onnx'), 'small');
  let running = probe(s);
  await s.untilDevice('m4');
  const first = await measure(s, id);
  const second = await measure(s, id);
  const points = (await s.get('/v1/devices/m4/chart')).items;
  check(charts(points).every((c) => new Set(c.map((p) => p.instructions)).size
    === 1) && points.some((p) => p.profile === second.profile.id)
    && points.every((p) => !p.out && p.instructions > 0),
  `${points.length} points of golden kernels, each chart constant`);
  check((await s.get('/v1/devices/m4')).health === 'good', 'a good board');

  await running.kill();
  running = probe(s, slowerEmulator(s));
  const odd = await measure(s, id);
  check(odd.profile.env_fingerprint === first.profile.env_fingerprint,
    'a board that says it is the same');
  const now = await s.get('/v1/devices/m4/chart');
  check(now.items.filter((p) => p.profile === odd.profile.id)
    .every((p) => p.out), 'but counts otherwise is out of its chart');
  check((await s.get('/v1/devices/m4')).health !== 'good'
    && odd.profile.flags.includes('out_of_control')
    && odd.rows.filter((r) => r.role === 'layer').every((r) => r.grade >= 'C'),
  'is suspect, and its rows cannot be quoted');
  await s.post('/v1/devices/m4:reset-health');

  await running.kill();
  mkdirSync(s.path('bin/firmware'), { recursive: true });
  copyFileSync(join(bin, 'offramp-probe'), s.path('bin/offramp-probe'));
  copyFileSync(join(bin, elf), s.path(join('bin', elf)));
  appendFileSync(s.path(join('bin', elf)), '\0');
  running = probe(s, { program: relative(bin, s.path('bin/offramp-probe')) });
  const other = await measure(s, id);
  check(other.profile.env_fingerprint !== first.profile.env_fingerprint
    && !other.profile.flags.includes('out_of_control'),
  'another firmware is another environment, with a chart of its own');
  const why = await s.get(
    `/v1/profiles/${first.profile.id}/diff/${other.profile.id}`);
  check(why.env.some((e) => e.name === 'firmware_digest'),
    'and a comparison names it');
  const layers = why.rows.filter((r) => r.role === 'layer' && r.level === 'L2');
  check(layers.length > 0 && layers.every((r) => r.a.instructions > 0
    && r.overlap === (r.a.instructions === r.b.instructions)
    && Math.abs(r.ratio - r.b.instructions / r.a.instructions) < 1e-9
    && r.a.median_ns === null),
  'and compares what was counted');

  const twice = spawnSync(join(bin, 'offramp-probe'), ['--server', s.url,
    '--id', 'twice', '--spool', s.path('spool-twice'),
    '--board', 'a:serial=/dev/null,id=Z1', '--board',
    'b:serial=/dev/zero,id=Z1'], { encoding: 'utf8' });
  check(twice.status > 0 && /a and b have the same id=Z1/.test(twice.stderr),
    `one id twice is refused: ${twice.stderr.trim().split('\n').at(-1)}`);
});
