// SPDX-License-Identifier: MIT
// A lab with two boards: one dies for good in the middle of a task, one is
// drained while it works.
import { cnn3Model } from './fixture.mjs';
import { check, quickPolicy, withService } from './service.mjs';

const submit = (s, model, ...devices) => s.post('/v1/jobs', {
  model: model.id, devices, levels: ['L0', 'L2'], policy: quickPolicy,
  cache: 'off',
});

const act = (s, device, verb) => s.post(`/v1/devices/${device}:${verb}`);

await withService(async (s) => {
  const model = await cnn3Model(s);
  await s.server.kill();
  await s.startServer(['--lease-ttl', '6']); // silence shows soon
  const probes = {};
  for (const name of ['east', 'west']) {
    probes[name] = s.startProbe(name, ['--label', `site=${name}`]);
    await s.untilDevice(name);
  }

  // A board lost in the middle: the job ends on the other one.
  const { id } = await submit(s, model, { selector: 'site' });
  const lost = (await s.reach(id, (t) => t.n_parts > 1)).tasks[0].device;
  const other = lost === 'east' ? 'west' : 'east';
  await probes[lost].kill('SIGKILL');
  const job = await s.until(`/v1/jobs/${id}`);
  const [task] = job.tasks;
  check(task.attempt === 2, 'a lost board costs one attempt');
  check(task.device === other, 'and the other board does the task');
  const profile = await s.get(`/v1/profiles/${task.profile}`);
  check(profile.device === other && profile.n_rows > 0,
    'the profile is of the other board');
  const { items } = await s.get(`/v1/profiles?job=${id}`);
  check(items.length === 1, 'and there is only one');
  const parts = (await s.get(`/v1/jobs/${id}/parts`)).items;
  check(parts.some((p) => p.device === lost && p.lease_state === 'expired'
    && p.part.rows?.length > 0), 'what the lost board had measured is kept');

  // Drained in the middle: what runs is finished, what waits is not begun.
  const running = await submit(s, model, other);
  const waiting = await submit(s, model, other);
  await s.measuring(running.id);
  check((await act(s, other, 'drain')).mode === 'draining', 'a board drains');
  await s.until(`/v1/jobs/${running.id}`);
  check(true, 'the task that ran there is finished');
  s.startProbe(lost);
  const late = await submit(s, model, lost);
  await s.until(`/v1/jobs/${late.id}`);
  const held = await s.get(`/v1/jobs/${waiting.id}`);
  check(held.state === 'queued' && held.tasks[0].attempt === 0,
    'a later job overtakes the one that waits for the drained board');
  await s.call('POST', '/v1/jobs',
    { model: model.id, devices: [other] }, { expect: 409 });
  await act(s, other, 'activate');
  const end = await s.until(`/v1/jobs/${waiting.id}`);
  check(end.tasks[0].device === other, 'activated, the board goes on');
});
