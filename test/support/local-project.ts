import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const FLEET = join(ROOT, 'bin/fleet.mjs');
export const CDKTF = join(ROOT, 'node_modules/cdktf-cli/bundle/bin/cdktf');

/** The ports of environments/local.yaml, in its order of use. Servers of one release need neighbours. */
const SHIPPED_PORTS = [8080, 8081, 8090, 8091, 8092, 8093, 8094, 9090, 9093, 8443, 8101, 8102, 8111, 8121];

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project folder of its own with a copy of the shipped local environment on free ports. */
export class LocalProject {
  readonly folder: string;
  readonly environmentFile: string;
  /** Programs put here are found before the machine's. */
  readonly bin: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.environmentFile = join(folder, 'environments/local.yaml');
    this.bin = join(folder, 'bin');
  }

  static async create(): Promise<LocalProject> {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-local-'));
    mkdirSync(join(folder, 'environments'));
    cpSync(join(ROOT, 'environments/local.keys.json'), join(folder, 'environments/local.keys.json'));
    const base = await freeRange(SHIPPED_PORTS.length);
    const shipped = readFileSync(join(ROOT, 'environments/local.yaml'), 'utf8');
    const moved = shipped.replace(/\b\d{4}\b/g, (port) => {
      const index = SHIPPED_PORTS.indexOf(Number(port));
      return index === -1 ? port : String(base + index);
    });
    const project = new LocalProject(folder);
    writeFileSync(project.environmentFile, moved);
    writeFileSync(
      join(folder, 'cdktf.json'),
      JSON.stringify({
        language: 'typescript',
        app: `node ${join(ROOT, 'dist/main.js')}`,
        sendCrashReports: 'false',
      }),
    );
    return project;
  }

  get environment(): Environment {
    return parseEnvironment({ path: this.environmentFile, text: readFileSync(this.environmentFile, 'utf8') });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.environment.gateway.port}/v1`;
  }

  /** Changes the environment file as an operator would in an editor. */
  edit(change: (text: string) => string): void {
    writeFileSync(this.environmentFile, change(readFileSync(this.environmentFile, 'utf8')));
  }

  fleet(...args: readonly string[]): Promise<Ran> {
    return this.fleetWith({}, ...args);
  }

  fleetWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
    return ran([FLEET, ...args], this.folder, { PATH: `${this.bin}:${process.env.PATH}`, ...env });
  }

  /** Puts a shell script into `bin`. */
  program(name: string, script: string): void {
    mkdirSync(this.bin, { recursive: true });
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  spawnFleet(...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [FLEET, ...args], {
      cwd: this.folder,
      env: environmentVariables(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  cdktf(...args: readonly string[]): Promise<Ran> {
    return ran([CDKTF, ...args], this.folder);
  }

  /** The part's process id as it is noted on disk. */
  pid(part: string): number {
    return JSON.parse(readFileSync(join(this.folder, '.fleet/local', part, 'pid.json'), 'utf8')).pid;
  }

  pids(): Record<string, number> {
    const parts = readdirSync(join(this.folder, 'cdktf.out/stacks/local/documents'));
    return Object.fromEntries(parts.map((part) => [part, this.pid(part)]));
  }

  /** Ends what runs. Without its state: nothing is left that Terraform would have to know of. */
  async remove(): Promise<void> {
    rmSync(join(this.folder, '.fleet/local/terraform.tfstate'), { force: true });
    await this.fleet('down', 'local');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end. Never throws for an exit code. */
export async function ran(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { cwd, env: { ...environmentVariables(), ...env }, maxBuffer: 64 * 1024 * 1024 };
  const result = promisify(execFile)(process.execPath, [...args], options);
  return result.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ran) => ({ code, stdout, stderr }),
  );
}

/** Ours, without a Terraform configuration that does not exist and without colours. */
export function environmentVariables(): NodeJS.ProcessEnv {
  const { TF_CLI_CONFIG_FILE, ...rest } = process.env;
  const config =
    TF_CLI_CONFIG_FILE !== undefined && existsSync(TF_CLI_CONFIG_FILE) ? { TF_CLI_CONFIG_FILE } : {};
  return { ...rest, ...config, CHECKPOINT_DISABLE: '1', NO_COLOR: '1' };
}

/** The first of `count` neighbouring ports of which all are free now. */
async function freeRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 20_000 + Math.floor(Math.random() * 600) * 20;
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`found no ${count} neighbouring free ports`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
