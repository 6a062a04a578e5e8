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
  max_rounds: 11, layer_budget_s: 0.5, job_budget_s: 6, warmup_s: 0.02,
};

export function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(77);
}

export function check(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
  console.log(`ok: ${what} (${performance.now().toFixed(0)} ms)`);
}

// A started program whose end can be awaited; its log goes to our output
// only if the test fails.  `before` is a command that starts it.
export class Program {
  constructor(name, args, env = {}, before = []) {
    const [command, ...rest] = [...before, join(bin, name), ...args];
    this.name = name;
    this.log = '';
    this.told = false; // to end, by us
    this.child = spawn(command, rest, {
      env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const s of [this.child.stdout, this.child.stderr])
      s.on('data', (d) => { this.log += d; });
    this.ended = new Promise((done) => this.child.on('exit',
      (code, signal) => done({ code, signal })));
  }

  // Resolves once its log has these words.
  says(words) {
    return new Promise((done) => {
      const look = () => { if (this.log.includes(words)) done(); };
      for (const s of [this.child.stdout, this.child.stderr])
        s.on('data', look);
      look();
    });
  }

  kill(signal = 'SIGTERM') {
    this.told = true;
    this.child.kill(signal);
    return this.ended;
  }

  // What it did wrong, if anything: it must end as it is told to, and may end
  // well, or be killed, whatever a sanitizer said of it.  Leaks are told by
  // exit codes.
  async fault() {
    const { code, signal } = await this.ended;
    const said = /^.*(: runtime error: |SUMMARY: (Address|Thread)Sanitizer: (?!.* leaked)).*$/m
      .exec(this.log);
    if (said) return `${this.name}: ${said[0]}`;
    return code !== 0 && signal === null ? `${this.name} ended with ${code}`
      : null;
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

// States from which nothing becomes another one by itself.
const over = ['done', 'ready', 'failed', 'rejected', 'cancelled'];

export class Service {
  // Nothing is awaited longer than `patience_s`.
  constructor({ patience_s = 540 * (process.env.OFFRAMP_PATIENCE ?? 1) } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'offramp-e2e-'));
    this.patience_s = patience_s;
    this.programs = [];
    this.lost = new Promise((_, reject) => { this.lose = reject; });
    this.lost.catch(() => {}); // told to whoever waits
  }

  // A program that ends though nobody told it to ends every wait.
  add(program) {
    this.programs.push(program);
    program.ended.then((how) => {
      if (!program.told)
        this.lose(new Error(`${program.name} ended: ${JSON.stringify(how)}`));
    });
    return program;
  }

  // The promise, unless a program is lost before, or patience.
  within(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.patience_s} s, and not ${
        what()}`)), 1000 * this.patience_s);
    });
    return Promise.race([promise, this.lost, late])
      .finally(() => clearTimeout(timer));
  }

  path(name) { return join(this.folder, name); }

  // Agents report often, so that nothing is over before it is seen.
  async startServer(args = [], env = {}) {
    const address = this.path('address');
    rmSync(address, { force: true });
    this.server = new Program('offrampd', ['--db', this.path('s.db'),
      '--listen', `127.0.0.1:${this.port ?? 0}`, '--heartbeat', '0.3',
      '--address-file', address, ...args], env);
    this.add(this.server);
    this.url = await contentOf(address, this.folder, this.server);
    this.port = new URL(this.url).port; // the same one after a restart
  }

  startProbe(device = 'localhost', args = []) {
    return this.add(new Program('offramp-probe', ['--server', this.url, '--id',
      `probe-${device}`, '--device', device, '--spool',
      this.path(`spool-${device}`), ...args]));
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

  // The document at `path` once it is as `wanted`: looked at each time it
  // changes.  One that is over and is not is an error at once.
  watch(path, wanted) {
    let doc;
    const look = async () => {
      doc = await this.get(path);
      while (!wanted(doc)) {
        if (over.includes(doc.state))
          throw new Error(`${path} is over: ${JSON.stringify(doc)}`);
        doc = await this.next(path, doc);
      }
      return doc;
    };
    return this.within(look(), () => `as awaited, ${path}: ${
      JSON.stringify(doc)}`);
  }

  // What comes after this version of it; what has none is asked for again.
  async next(path, doc) {
    if (doc.version === undefined) {
      await new Promise((r) => setTimeout(r, 20));
      return this.get(path);
    }
    const answer = await fetch(
      `${this.url}${path}?wait=50&since=${doc.version}`);
    return answer.status === 200 ? answer.json() : doc;
  }

  until(path, states = ['done', 'ready']) {
    return this.watch(path, (doc) => states.includes(doc.state));
  }

  // Resolves with the job once its (first) task is as `wanted`.
  reach(id, wanted) {
    return this.watch(`/v1/jobs/${id}`, (job) => wanted(job.tasks[0]));
  }

  measuring(id) { return this.reach(id, (t) => t.progress?.total > 0); }

  // Until the device can be leased.
  untilDevice(name) {
    return this.watch('/v1/devices', ({ items }) => items.some((d) =>
      d.name === name && d.state === 'online'));
  }

  // Until the program's log has these words.
  heard(program, words) {
    return this.within(program.says(words), () => `${words} in the log`);
  }

  async model(file, name) {
    const blob = await this.upload(file);
    return this.post('/v1/models?wait=50', { blob, name });
  }

  // End what still runs, the last started first; resolves with what they
  // did wrong, in words.
  async stop() {
    const faults = [];
    for (const p of this.programs.reverse()) {
      const stuck = setTimeout(() => {
        faults.push(`${p.name} does not end when told to`);
        p.child.kill('SIGKILL');
      }, 120000);
      p.child.kill('SIGCONT'); // in case it is held
      await p.kill();
      clearTimeout(stuck);
      faults.push(await p.fault());
    }
    rmSync(this.folder, { recursive: true, force: true });
    return faults.filter(Boolean);
  }

  logs() {
    return this.programs.map((p) => `--- ${p.name}\n${p.log}`).join('\n');
  }
}

// Run a test function with a service; on failure its logs are shown.
export async function withService(test, service = new Service()) {
  const faults = [];
  try {
    await service.startServer();
    await test(service);
  } catch (e) {
    faults.push(e);
  }
  faults.push(...await service.stop());
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) console.error(service.logs());
  process.exit(faults.length > 0 ? 1 : 0);
}
