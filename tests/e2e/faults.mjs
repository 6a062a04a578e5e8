// SPDX-License-Identifier: MIT
// What must survive: a probe killed in the middle, a probe that falls silent
// and comes back after its lease, the server killed while a job is measured.
import { cnn3Model } from './fixture.mjs';
import { check, quickPolicy, withService } from './service.mjs';

const submit = (s, model) => s.post('/v1/jobs', {
  model: model.id, devices: ['localhost'], levels: ['L0', 'L2'],
  policy: quickPolicy, cache: 'off',
});

await withService(async (s) => {
  const model = await cnn3Model(s);
  await s.server.kill();
  await s.startServer(['--lease-ttl', '6']); // silence shows soon

  // A probe killed in the middle: when it is back the task runs again.
  const first = s.startProbe();
  await s.untilDevice('localhost');
  const a = await submit(s, model);
  await s.measuring(a.id);
  await first.kill('SIGKILL');
  const second = s.startProbe();
  const again = await s.until(`/v1/jobs/${a.id}`);
  check(again.tasks[0].attempt === 2, 'a killed probe costs one attempt');

  // A probe that falls silent: its lease ends, its answer is not taken.
  const c = await submit(s, model);
  await s.measuring(c.id);
  second.child.kill('SIGSTOP');
  await s.reach(c.id, (t) => t.error?.code === 'infra.agent_lost');
  second.child.kill('SIGCONT');
  const late = await s.until(`/v1/jobs/${c.id}`);
  check(late.tasks[0].attempt === 2, 'a silent probe loses its lease');
  const { items } = await s.get(`/v1/profiles?job=${c.id}`);
  check(items.length === 1, 'and only one answer is in the table');

  // The server killed while a probe measures: nothing acknowledged is lost.
  const b = await submit(s, model);
  await s.measuring(b.id);
  await s.server.kill('SIGKILL');
  await s.startServer();
  const kept = await s.until(`/v1/jobs/${b.id}`);
  check(kept.tasks[0].profile > 0, 'the job survives a killed server');
  const rows = await s.get(`/v1/profiles/${kept.tasks[0].profile}/layers`);
  check(rows.items.length > 0, 'and its numbers are there');
});
