// SPDX-License-Identifier: MIT
// Links measured for real: a device and the server, two devices; and what
// happens where the other end cannot be.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, withService } from './service.mjs';

// Back to back and up to large messages: a busy machine must not hide the rate.
const policy = { budget_s: 1.5, max_rounds: 24, max_bytes: 1 << 20, work_us: 0 };

const inside = (v) => v.ci95_lo <= v.value && v.value <= v.ci95_hi;

await withService(async (s) => {
  s.startProbe();
  await s.untilDevice('localhost');

  const { id } = await s.post('/v1/links', { from: 'localhost', policy });
  const done = await s.until(`/v1/links/${id}`);
  const link = done.link;
  check(link.from === 'localhost' && link.to === 'server'
    && link.transport === 'tcp' && link.source === 'measured',
  'the link from a device to the server is measured');
  for (const way of ['send', 'receive']) {
    const w = link[way];
    check(inside(w.base_ns) && inside(w.byte_ns) && w.residual_rel >= 0
      && w.worst_rel >= w.residual_rel,
    `${way}: a base, a time per byte, and what they leave over`);
    check(w.exchanges.length >= 3
      && w.exchanges.every((e) => e.n === link.rounds && e.median_ns > 0),
    `${way}: every size was exchanged in every round`);
  }
  check(link.work_us === 0 && link.flags.includes('one_machine'),
    'messages went back to back, on one machine');
  check(link.energy === null && link.flags.includes('no_energy_sensor'),
    'energy is null where nobody has a meter, and says so');
  check('ABCX'.includes(link.grade) && Array.isArray(link.flags),
    'it has flags and a grade');

  // A second agent that opens no port can ask, but not answer.
  s.startProbe('shy');
  await s.untilDevice('shy');
  const shut = await s.post('/v1/links', { from: 'localhost', to: 'shy', policy });
  const failed = await s.until(`/v1/links/${shut.id}`, ['failed']);
  check(failed.error.code === 'link.closed' && /--link/.test(failed.error.detail),
    'an agent without --link says how to start it');

  // One that does: both ends are probes.
  s.startProbe('open', ['--link', '127.0.0.1']);
  await s.untilDevice('open');
  const two = await s.post('/v1/links', { from: 'shy', to: 'open', policy });
  const both = await s.until(`/v1/links/${two.id}`);
  check(both.link.from === 'shy' && both.link.to === 'open',
    'the link between two devices is measured');
  check(both.tasks.map((t) => t.device).sort().join() === 'open,shy',
    'and each end was a task of its own');

  const list = await s.get('/v1/links?from=shy&to=open');
  check(list.items.length === 1 && list.items[0].id === two.id
    && inside(list.items[0].link.send.base_ns),
  'a measured link is found by its ends');
  check((await s.get('/v1/links')).items.length === 3,
    'and all of them are listed, failed ones too');

  // The command.
  const run = (...args) => execFileSync(join(process.env.OFFRAMP_BIN, 'offramp'),
    [...args], { env: { ...process.env, OFFRAMP_SERVER: s.url } }).toString();
  const fails = (...args) => {
    try {
      run(...args);
    } catch (e) {
      return e.stderr.toString();
    }
    return '';
  };
  check(/shy +-> +open/.test(run('links')), '`offramp links` lists them');
  const graph = (device, times) => {
    const file = s.path(`${device}.json`);
    writeFileSync(file, JSON.stringify({ schema: 'offramp.graph/1', device,
      input_bytes: 1000, layers: times.map((t, i) => ({ name: `l${i}`,
        latency_ns: t, bytes_out: 100, reads: i ? [i - 1] : [] })) }));
    return file;
  };
  const files = [graph('shy', [1e3, 1e9]), graph('open', [1e9, 1e3])];
  for (const [ends, way] of [['shy,open', 'send'], ['open,shy', 'receive']]) {
    const plan = JSON.parse(run('partition', '--link', ends, '--json', ...files));
    check(plan.link.source === 'measured' && plan.link.id === two.id
      && Math.abs(plan.link.base_ms * 1e6
        - Math.max(0, both.link[way].base_ns.value)) < 1e-3 && plan.on_first.join() === '0',
    `\`offramp partition --link ${ends}\` cuts with what was measured`);
  }
  check(/no link between/.test(fails('partition', '--link', 'shy,mars', ...files)),
    'a link that was not measured is named');
});
