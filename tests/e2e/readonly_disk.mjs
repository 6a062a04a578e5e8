// SPDX-License-Identifier: MIT
// A disk that turns read-only under a running server, as a kernel makes it
// after an error, and is mended later.  What is stored can be read, what
// cannot be stored is refused with 507 server.read_only, a measurement waits
// with its probe, and all goes on once the disk may be written again.
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cnn3Model } from './fixture.mjs';
import { check, quickPolicy, Service, withService } from './service.mjs';

// The store is on the disk; spools and the rest are elsewhere.
class OnDisk extends Service {
  constructor() {
    super();
    mkdirSync(super.path('disk'));
    this.lever = super.path('may-only-be-read');
  }

  path(name) {
    return super.path(name.startsWith('s.db') ? join('disk', name) : name);
  }

  startServer() {
    return super.startServer([], {
      LD_PRELOAD: process.env.OFFRAMP_SHIM,
      OFFRAMP_SHIM_DISK: super.path('disk'), OFFRAMP_SHIM_SWITCH: this.lever,
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
    });
  }

  turnReadOnly() { writeFileSync(this.lever, ''); }

  mend() { rmSync(this.lever); }
}

const put = (s, bytes, expect) => s.call('PUT', `/v1/blobs/sha256:${
  createHash('sha256').update(bytes).digest('hex')}`, bytes, { expect });

const job = (s, model, options) => s.post('/v1/jobs', { model: model.id,
  devices: ['localhost'], levels: ['L0', 'L2'], policy: quickPolicy,
  cache: 'off' }, options);

await withService(async (s) => {
  const model = await cnn3Model(s);
  const probe = s.startProbe();
  await s.untilDevice('localhost');
  const measured = await job(s, model);
  await s.measuring(measured.id);

  s.turnReadOnly();
  for (const [what, refused] of [
    ['a file', await put(s, Buffer.from('not seen before'), 507)],
    ['a job', await job(s, model, { expect: 507 })]])
    check(refused.code === 'server.read_only' && refused.retryable === true,
      `${what} is refused, to be sent again: ${refused.detail}`);
  check((await s.get('/v1/models')).items.length === 1,
    'what is stored can be read');
  check((await s.get('/healthz')) !== null, 'the service is up');
  const ready = await s.call('GET', '/readyz', null, { expect: 503 });
  check(ready.code === 'server.read_only', `it is not ready: ${ready.detail}`);
  await s.heard(probe, 'server.read_only');
  check(true, 'the probe is told, and keeps its result');

  s.mend();
  await put(s, Buffer.from('not seen before'), 201);
  await s.get('/readyz');
  const done = await s.until(`/v1/jobs/${measured.id}`);
  const rows = await s.get(`/v1/profiles/${done.tasks[0].profile}/layers`);
  check(rows.items.length > 0, 'a measurement outlives it, with its numbers');

  // It can be stopped meanwhile, and says why it cannot be started.
  s.turnReadOnly();
  check((await s.server.kill()).code === 0, 'it stops as it should');
  s.mend();
  await s.startServer();
  const after = await job(s, model);
  check((await s.until(`/v1/jobs/${after.id}`)).state === 'done',
    'and work goes on');
}, new OnDisk());
