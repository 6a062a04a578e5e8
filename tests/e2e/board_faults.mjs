// SPDX-License-Identifier: MIT
// Boards that fail, with real processes: an emulator that dies in the middle
// is replaced and the result says so; one that is missing or too old is named
// and its device quarantined; the others work on.  Skipped without QEMU or
// the firmware.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needEmulator, startBoards } from './emulator.mjs';
import { check, fixtures, withService } from './service.mjs';

needEmulator('mps2-an386');

function script(s, name, text) {
  writeFileSync(s.path(name), `#!/bin/sh\n${text}\n`);
  chmodSync(s.path(name), 0o700);
  return s.path(name);
}

const startBoard = (s, name, qemu) => startBoards(s,
  { [name]: 'qemu=mps2-an386' },
  { id: `desk-${name}`, env: { OFFRAMP_QEMU: qemu } });

const order = (model, name) => ({ model: model.id, devices: [name],
  quantise: { type: 'float32' } });

// A job's task as it ends, whatever becomes of it.
async function ended(s, id) {
  return (await s.until(`/v1/jobs/${id}`, ['done', 'failed'])).tasks.at(-1);
}

// The third board (after those of the announcement and the golden kernels) is
// killed by the system after two seconds of work.  QEMU that is only asked what
// it can do is no board.
const dying = (starts) => `case "$*" in *-version*|*check=on*) exec qemu-system-arm "$@";; esac
echo x >> ${starts}
[ $(wc -l < ${starts}) = 3 ] && ulimit -t 2
exec qemu-system-arm "$@"`;

async function diesInTheMiddle(s, model) {
  startBoard(s, 'dying', script(s, 'qemu', dying(s.path('starts'))));
  await s.untilDevice('dying');
  const { id } = await s.post('/v1/jobs', order(model, 'dying'));
  const task = await ended(s, id);
  const { recoveries } = (await s.get(`/v1/profiles/${task.profile}/env`))
    .env.volatile;
  check(recoveries.length === 1 && recoveries[0].step === 'restart'
    && recoveries[0].code === 'infra.emulator_ended',
  `an emulator that dies is replaced: ${JSON.stringify(recoveries[0])}`);
}

// Its golden kernels fail twice: it is suspect, and gets no other work.
async function isOfNoUse(s, name, qemu, code) {
  const p = startBoard(s, name, qemu);
  await s.untilDevice(name);
  const { health } = await s.watch(`/v1/devices/${name}`,
    (d) => d.health !== 'good');
  check(p.log.includes(code), `${name}: ${code}, ${health}`);
}

withService(async (s) => {
  const model = await s.model(join(fixtures, 'ecg1d.onnx'), 'ecg1d');
  await diesInTheMiddle(s, model);
  await isOfNoUse(s, 'old', script(s, 'old-qemu',
    'echo "QEMU emulator version 6.2.0"'), 'infra.old_emulator');
  await isOfNoUse(s, 'missing', s.path('no-such-qemu'),
    'infra.no_emulator');
  const { health } = await s.get('/v1/devices/dying');
  check(health === 'good', 'the board that came back is good');
});
