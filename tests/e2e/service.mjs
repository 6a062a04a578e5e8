// SPDX-License-Identifier: MIT
// service.mjs -- real processes for the end-to-end tests: offrampd on a port
// of the system's choice with a store of its own, one worker, one probe.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, watch, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = process.env.OFFRAMP_BIN;
export const fixtures = process.env.OFFRAMP_FIXTURES;
export const shared = process.env.OFFRAMP_SHARED_DATA;

// A measurement that is coarse but takes seconds.
export const quickPolicy = {
  max_rounds: 11, layer_budget_s: 1, job_budget_s: 20, warmup_s: 0.05,
};

export function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

export function check(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
  console.log(`ok: ${what}`);
}

// A started program whose end can be awaited; its log goes to our output
// only if the test fails.  `before` is a command that starts it.
export class Program {
  constructor(name, args, env = {}, before = []) {
    const [command, ...rest] = [...before, join(bin, name), ...args];
    this.name = name;
    this.log = '';
    this.child = spawn(command, rest, {
      env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const s of [this.child.stdout, this.child.stderr])
      s.on('data', (d) => { this.log += d; });
    this.ended = new Promise((done) => this.child.on('exit',
      (code, signal) => done({ code, signal })));
  }

  kill(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}

// Resolves once `path` has content; rejects if `program` ends before.
function contentOf(path, folder, program) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
      if (text) { watcher.close(); resolve(text); }
    };
    const watcher = watch(folder, look);
    program.ended.then((e) => {
      watcher.close();
      reject(new Error(`${program.name} ended: ${JSON.stringify(e)}`));
    });
    look();
  });
}

export class Service {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'offramp-e2e-'));
    this.programs = [];
  }

  path(name) { return join(this.folder, name); }

  async startServer(args = [], env = {}) {
    const address = this.path('address');
    rmSync(address, { force: true });
    this.server = new Program('offrampd', ['--db', this.path('s.db'),
      '--listen', `127.0.0.1:${this.port ?? 0}`,
      '--address-file', address, ...args], env);
    this.programs.push(this.server);
    this.url = await contentOf(address, this.folder, this.server);
    this.port = new URL(this.url).port; // the same one after a restart
  }

  startProbe(device = 'localhost', args = []) {
    const p = new Program('offramp-probe', ['--server', this.url, '--id',
      `probe-${device}`, '--device', device, '--spool',
      this.path(`spool-${device}`), ...args]);
    this.programs.push(p);
    return p;
  }

  // One call; `expect` is the status it must have (default: any 2xx).
  async call(method, path, body, { expect, headers = {} } = {}) {
    const raw = Buffer.isBuffer(body);
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...(body && !raw ? { 'Content-Type': 'application/json' }
        : {}), ...headers },
      body: body && !raw ? JSON.stringify(body) : body,
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '')
      && text ? JSON.parse(text) : null;
    if (expect ? answer.status !== expect : answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return json ?? text;
  }

  get(path) { return this.call('GET', path); }

  post(path, body, options) { return this.call('POST', path, body, options); }

  async upload(file) {
    const data = readFileSync(file);
    const hex = createHash('sha256').update(data).digest('hex');
    await this.call('PUT', `/v1/blobs/sha256:${hex}`, data);
    return hex;
  }

  // Long-poll until `path` has one of these states.
  async until(path, states = ['done', 'ready']) {
    const bad = ['failed', 'rejected', 'cancelled'];
    let doc = await this.get(path);
    while (!states.includes(doc.state)) {
      if (bad.includes(doc.state))
        throw new Error(`${path}: ${JSON.stringify(doc)}`);
      const answer = await fetch(
        `${this.url}${path}?wait=50&since=${doc.version}`);
      if (answer.status === 200) doc = await answer.json();
    }
    return doc;
  }

  // Resolves with the job once its (first) task is as `wanted`.
  async reach(id, wanted) {
    let job = await this.get(`/v1/jobs/${id}`);
    while (!wanted(job.tasks[0])) {
      const answer = await fetch(
        `${this.url}/v1/jobs/${id}?wait=50&since=${job.version}`);
      if (answer.status === 200) job = await answer.json();
    }
    return job;
  }

  measuring(id) { return this.reach(id, (t) => t.progress?.total > 0); }

  // Until the device can be leased.
  async untilDevice(name) {
    for (;;) {
      const { items } = await this.get('/v1/devices');
      if (items.some((d) => d.name === name && d.state === 'online')) return;
      await new Promise((r) => setTimeout(r, 20));
    }
  }

  async model(file, name) {
    const blob = await this.upload(file);
    return this.post('/v1/models?wait=50', { blob, name });
  }

  async stop() {
    for (const p of this.programs.reverse()) await p.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // What a sanitizer said of one of the programs, which may end well all the
  // same (or be killed); leaks are told by exit codes.
  reports() {
    return this.programs.filter(({ log }) =>
      /: runtime error: |SUMMARY: (Address|Thread)Sanitizer: (?!.* leaked)/
        .test(log));
  }

  logs() {
    return this.programs.map((p) => `--- ${p.name}\n${p.log}`).join('\n');
  }
}

// Run a test function with a service; on failure its logs are shown.
export async function withService(test, service = new Service()) {
  let code = 0;
  try {
    await service.startServer();
    await test(service);
  } catch (e) {
    console.error(e);
    console.error(service.logs());
    code = 1;
  }
  await service.stop();
  for (const p of service.reports()) {
    console.error(`--- a sanitizer reports on ${p.name}\n${p.log}`);
    code = 1;
  }
  process.exit(code);
}

// float32 [rows][columns], as NumPy writes it.
export function npy(rows, row) {
  const values = Array.from({ length: rows }, (_, i) => row(i));
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${
    values[0].length}), }`.padEnd(117) + '\n';
  const start = Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1');
  return Buffer.concat([start, Buffer.from(head),
    Buffer.from(new Float32Array(values.flat()).buffer)]);
}
