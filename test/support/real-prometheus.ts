import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';

const READY_MS = 30_000;

/** A sample in the text that promtool makes blocks of. */
export interface OldSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds. */
  readonly time: number;
  readonly value: number;
}

/** A real Prometheus in a folder of its own, that can be given a past. */
export class RealPrometheus {
  readonly port: number;
  readonly url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fleet-prometheus-'));
  readonly #data = join(this.#folder, 'data');
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(this.#data);
    this.configure({});
  }

  static async create(): Promise<RealPrometheus> {
    return new RealPrometheus(await freePort());
  }

  /** Writes its prometheus.yml. */
  configure(config: object): void {
    writeFileSync(join(this.#folder, 'prometheus.yml'), stringify(config));
  }

  /** Gives it samples, of one metric after the other, each in the order of time. Before it starts. */
  async remember(samples: readonly OldSample[]): Promise<void> {
    const file = join(this.#folder, 'past.txt');
    const lines = samples.map(({ name, labels, time, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
      return `${name}{${pairs.join(',')}} ${value} ${time}\n`;
    });
    writeFileSync(file, `${lines.join('')}# EOF\n`);
    await this.#promtool('tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, this.#data);
  }

  /** Lets it work out recording rules for a past that it has. It is restarted, to read what came of it. */
  async recall(rules: string, from: number, to: number, intervalSeconds: number): Promise<void> {
    const file = join(this.#folder, 'rules.yml');
    writeFileSync(file, rules);
    const times = [`--start=${from}`, `--end=${to}`, `--eval-interval=${intervalSeconds}s`];
    const places = [`--url=${this.url}`, `--output-dir=${this.#data}`];
    await this.#promtool('tsdb', 'create-blocks-from', 'rules', ...times, ...places, file);
    await this.stop();
    await this.start();
  }

  async start(): Promise<void> {
    const process = spawn(
      'prometheus',
      [
        `--config.file=${join(this.#folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${this.#data}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=127.0.0.1:${this.port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#process = process;
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const ready = await fetch(`${this.url}/-/ready`)
        .then(({ ok }) => ok)
        .catch(() => false);
      if (ready) return;
      if (Date.now() > deadline || process.exitCode !== null)
        throw new Error(`Prometheus is not ready after ${READY_MS} ms`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill('SIGTERM');
    await once(process, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #promtool(...args: readonly string[]): Promise<void> {
    await promisify(execFile)('promtool', [...args], { maxBuffer: 64 * 1024 * 1024 });
  }
}
