import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../cli/context.ts';
import { environmentVariables, type Ran, ROOT, ran } from '../../support/local-project.ts';

const FLEET = join(ROOT, 'bin/fleet.mjs');

/** The local environment, of which nothing runs but a Prometheus on this port. */
export class DashboardProject {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fleet-dashboard-'));
  readonly #running: ChildProcess[] = [];

  constructor(prometheusPort: number) {
    mkdirSync(join(this.#folder, 'environments'));
    writeFileSync(join(this.#folder, 'cdktf.json'), '{}');
    cpSync(join(ROOT, 'environments/local.keys.json'), join(this.#folder, 'environments/local.keys.json'));
    const text = readFileSync(join(ROOT, 'environments/local.yaml'), 'utf8');
    writeFileSync(
      join(this.#folder, 'environments/local.yaml'),
      text.replace('prometheus: { port: 9090', `prometheus: { port: ${prometheusPort}`),
    );
  }

  fleet(...args: readonly string[]): Promise<Ran> {
    return ran([FLEET, ...args], this.#folder);
  }

  /** For commands that run here. */
  context(): Context {
    return {
      ...{ project: this.#folder, folder: this.#folder, toolkit: ROOT, env: {} },
      progress: () => undefined,
      readInput: () => Promise.resolve(''),
      onInterrupt: () => () => undefined,
      now: Date.now,
      sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    };
  }

  /** Serves the page. @returns Its address */
  async serve(): Promise<string> {
    const fleet = spawn(process.execPath, [FLEET, 'dashboard', '--port', '0'], {
      cwd: this.#folder,
      env: environmentVariables(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.push(fleet);
    const [line] = await fleet.stdout.setEncoding('utf8').take(1).toArray();
    return /^http:\S+/.exec(String(line))?.[0] ?? `no address: ${line}`;
  }

  remove(): void {
    for (const fleet of this.#running) fleet.kill('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
