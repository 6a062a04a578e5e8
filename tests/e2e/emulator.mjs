// SPDX-License-Identifier: MIT
// emulator.mjs -- emulated Cortex-M boards for the end-to-end tests.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Program, skip } from './service.mjs';

const firmware = (machine) => join(process.env.OFFRAMP_BIN, 'firmware',
  `${machine}.elf`);

// Why there cannot be such boards here; null: there can.
function lack(machines) {
  if (!machines.every((m) => existsSync(firmware(m))))
    return 'no firmware; install gcc-arm-none-eabi and build again';
  return spawnSync('qemu-system-arm', ['--version']).status === 0 ? null
    : 'qemu-system-arm is not installed';
}

export const canEmulate = (...machines) => lack(machines) === null;

export function needEmulator(...machines) {
  const why = lack(machines);
  if (why) skip(why);
}

// One probe with boards, each `name: 'machine,option=..'`.
export function startBoards(s, boards, { id = 'desk', env = {},
  program = 'offramp-probe', args = [] } = {}) {
  return s.add(new Program(program, ['--server', s.url, '--id', id,
    '--spool', s.path(`spool-${id}`), ...Object.entries(boards).flatMap(
      ([name, what]) => ['--board', `${name}:${what}`]), ...args], env));
}
