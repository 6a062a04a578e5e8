// SPDX-License-Identifier: MIT
// What must survive: the server killed while a job is measured, a probe
// killed in the middle, a probe that answers after its lease.
import { join } from 'node:path';
import { check, fixtures, quickPolicy, withService } from './service.mjs';

const submit = (s, model) => s.post('/v1/jobs', {
  model: model.id, devices: ['localhost'], policy: quickPolicy,
});

// Resolves when the job's task is being worked on by a probe.
async function measuring(s, id) {
  let job = await s.get(`/v1/jobs/${id}`);
  while (!(job.tasks[0].progress?.total > 0)) {
    const r = await fetch(
      `${s.url}/v1/jobs/${id}?wait=50&since=${job.version}`);
    if (r.status === 200) job = await r.json();
  }
  return job;
}

await withService(async (s) => {
  const model = await s.model(join(fixtures, 'cnn3.onnx'), 'cnn3');
  await s.server.kill();
  await s.startServer(['--lease-ttl', '3']);

  // A probe killed in the middle: its lease ends, another takes the task.
  const first = s.startProbe();
  await s.untilDevice('localhost');
  const a = await submit(s, model);
  await measuring(s, a.id);
  await first.kill('SIGKILL');
  s.startProbe();
  const again = await s.until(`/v1/jobs/${a.id}`);
  check(again.tasks[0].attempt === 2, 'a killed probe costs one attempt');

  // The server killed while a probe measures: nothing acknowledged is lost.
  const b = await submit(s, model);
  await measuring(s, b.id);
  await s.server.kill('SIGKILL');
  await s.startServer();
  const kept = await s.until(`/v1/jobs/${b.id}`);
  check(kept.tasks[0].profile > 0, 'the job survives a killed server');
  const rows = await s.get(`/v1/profiles/${kept.tasks[0].profile}/layers`);
  check(rows.items.length > 0, 'and its numbers are there');
});
