// SPDX-License-Identifier: MIT
// A disk without room: what was acknowledged stays, what cannot be stored is
// refused with 507, a measurement that finds no room waits with its probe, and
// all goes on once there is room again.  On a disk that may only be read the
// server does not start, and says why.
// Needs a file system of its own, in a namespace of its own; skipped where
// the system does not let users have one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cnn3, cnn3Model, dataOf, plainModel } from './fixture.mjs';
import { check, Program, quickPolicy, Service, skip, withService }
  from './service.mjs';

const disk = process.env.OFFRAMP_DISK ?? mkdtempSync(
  join(tmpdir(), 'offramp-disk-'));
if (process.env.OFFRAMP_DISK === undefined) {
  if (spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', disk])
    .status !== 0) {
    rmSync(disk, { recursive: true });
    skip('this system lets nobody mount a file system of his own');
  }
  const inside = spawnSync('unshare', ['-rm', process.execPath,
    ...process.argv.slice(1)], { stdio: 'inherit',
    env: { ...process.env, OFFRAMP_DISK: disk } });
  rmSync(disk, { recursive: true });
  process.exit(inside.status ?? 1);
}

const run = (program, ...args) => {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
};

run('mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk);

// Take all the room; others take some meanwhile.
function fill() {
  for (let size = 1 << 22; size > 0; size >>= 1) {
    try {
      for (;;) appendFileSync(join(disk, 'ballast'), Buffer.alloc(size));
    } catch (e) {
      if (e.code !== 'ENOSPC') throw e;
    }
  }
}
// .. but for so many bytes.
function fillBut(room) {
  writeFileSync(join(disk, 'spare'), Buffer.alloc(room));
  fill();
  rmSync(join(disk, 'spare'));
}
const free = () => rmSync(join(disk, 'ballast'));

// The store on that disk; spools and the rest elsewhere.
class OnDisk extends Service {
  path(name) {
    return name.startsWith('s.db') ? join(disk, name) : super.path(name);
  }
}

function put(s, bytes, expect) {
  const hex = createHash('sha256').update(bytes).digest('hex');
  return s.call('PUT', `/v1/blobs/sha256:${hex}`, bytes, { expect });
}

const job = (s, model) => s.post('/v1/jobs', { model: model.id,
  devices: ['localhost'], levels: ['L0', 'L2'], policy: quickPolicy,
  cache: 'off' });

await withService(async (s) => {
  const model = await cnn3Model(s);
  const probe = s.startProbe();
  await s.untilDevice('localhost');

  // Full while a probe measures: its answer waits with it.
  const measured = await job(s, model);
  await s.measuring(measured.id);
  fill();
  const large = Buffer.alloc(200000, 1);
  const refused = await put(s, large, 507);
  check(refused.code === 'server.full' && refused.retryable === true,
    'a file that does not fit is 507 server.full, and may be sent again');
  const list = await s.get('/v1/models');
  check(list.items.length === 1, 'what is stored can be read');
  check((await s.get('/healthz')) !== null, 'the service is up');
  await s.heard(probe, 'server.full');
  free();
  await put(s, large, 201);
  const done = await s.until(`/v1/jobs/${measured.id}`);
  check(done.tasks[0].profile > 0, 'a measurement outlives a full disk');
  const rows = await s.get(`/v1/profiles/${done.tasks[0].profile}/layers`);
  check(rows.items.length > 0, 'with its numbers');

  // Too little for the features of an augmentation, which a worker keeps
  // beside the store: it says what they take and what there is, and goes on
  // from there once there is room.
  const plain = await plainModel(s, model);
  const data = await dataOf(s, plain, { ...cnn3, preprocess: undefined });
  const wish = { model: plain.id, dataset: data.id, device: 'localhost',
    policy: quickPolicy, validate: false, search: { max_drop: 0.02 } };
  fillBut(3 << 20);
  const flow = await s.post('/v1/augmentations', wish);
  const short = await s.until(`/v1/augmentations/${flow.id}`, ['failed']);
  const { detail } = short.error;
  check(short.error.code === 'infra.disk_full'
    && /features need [56] MiB of disk and [0-3] MiB are free/.test(detail),
  `features that do not fit: ${detail}`);
  free();
  await s.post(`/v1/augmentations/${flow.id}:resume`);
  const made = await s.until(`/v1/augmentations/${flow.id}`);
  check(made.plan > 0, 'with room again it goes on to a plan');

  const models = (await s.get('/v1/models')).items.length;

  // Only to be read: it does not start, and says why; nothing is lost.
  await s.server.kill();
  run('mount', '-o', 'remount,ro', disk);
  const readonly = new Program('offrampd', ['--db', s.path('s.db'), '--listen',
    '127.0.0.1:0']);
  const { code } = await readonly.ended;
  check(code > 0 && /read-only file system/i.test(readonly.log),
    `a disk that may only be read is named: ${readonly.log.trim()}`);
  run('mount', '-o', 'remount,rw', disk);
  await s.startServer();
  check((await s.get('/v1/models')).items.length === models,
    'what was there is there');
  const after = await job(s, model);
  check((await s.until(`/v1/jobs/${after.id}`)).state === 'done',
    'and work goes on');
}, new OnDisk());
