import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isFree } from '../../parts/ports.ts';
import { stopAll } from '../../parts/stop.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'test/fixtures');

/** No identity of a machine in a cloud is looked for. */
const NO_MACHINE = { METADATA_SERVER_DETECTION: 'none', AWS_EC2_METADATA_DISABLED: 'true' };

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project in a temporary folder, with a toolkit of its own: the bundle, and a cdktf and terraform that are not real. */
export interface Workplace {
  readonly project: string;
  /** First on the PATH. */
  readonly bin: string;
  readonly path: (...segments: readonly string[]) => string;
  readonly write: (file: string, text: string) => string;
  readonly read: (file: string) => string;
  readonly has: (file: string) => boolean;
  /** Puts an executable text on the PATH. */
  readonly program: (name: string, text: string) => string;
  /** The text of the JavaScript module that `cdktf` runs; it finds its verb and environment in process.argv. */
  readonly cdktf: (text: string) => void;
  /** `input` is what it finds on stdin. */
  readonly fleet: (
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
    folder?: string,
    input?: string,
  ) => Promise<Ran>;
  readonly start: (args: readonly string[], env?: NodeJS.ProcessEnv, folder?: string) => RunningFleet;
  readonly close: () => Promise<void>;
}

export interface RunningFleet {
  /** Signals its process group, as a terminal does at Ctrl-C. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** What it has printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ran>;
}

export function openWorkplace(): Workplace {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'fleet-cli-')));
  const project = join(home, 'project');
  const toolkit = join(home, 'toolkit');
  const bin = join(home, 'bin');
  for (const folder of [join(project, 'environments'), join(toolkit, 'dist'), bin])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(project, 'cdktf.json'), '{}');
  writeFileSync(join(toolkit, 'package.json'), JSON.stringify({ type: 'module', version: '0.0.0' }));
  copyFileSync(join(ROOT, 'dist/fleet.js'), join(toolkit, 'dist/fleet.js'));
  symlinkSync(join(ROOT, 'dist/fleet'), join(toolkit, 'dist/fleet'));
  cpSync(join(ROOT, 'cli/install-debian.sh'), join(toolkit, 'cli/install-debian.sh'));
  const write = (file: string, text: string) => {
    const path = resolve(project, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const program = (name: string, text: string) => {
    const path = write(join(bin, name), text);
    chmodSync(path, 0o755);
    return path;
  };
  const cdktf = (text: string) => {
    const folder = join(toolkit, 'node_modules/cdktf-cli');
    write(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'cdktf-cli', type: 'module', bin: { cdktf: 'bin/cdktf.js' } }),
    );
    write(join(folder, 'bin/cdktf.js'), text);
  };
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}, folder = project, input = '') => {
    const { TF_CLI_CONFIG_FILE: _configuration, ...inherited } = process.env;
    const child = spawn(process.execPath, [join(toolkit, 'dist/fleet.js'), ...args], {
      cwd: folder,
      env: { ...inherited, ...NO_MACHINE, PATH: `${bin}:${process.env.PATH}`, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => undefined).end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    return {
      signal: (signal: NodeJS.Signals) => process.kill(-(child.pid ?? Number.NaN), signal),
      stdout: () => stdout,
      stderr: () => stderr,
      ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })),
    };
  };
  return {
    ...{ project, bin, write, program, cdktf, start },
    path: (...segments) => join(project, ...segments),
    read: (file) => readFileSync(join(project, file), 'utf8'),
    has: (file) => existsSync(join(project, file)),
    fleet: (args, env, folder, input) => start(args, env, folder, input).ended,
    close: async () => {
      await stopAll(hostOf(project), 'local');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function hostOf(project: string) {
  const sleep = (milliseconds: number) => delay(milliseconds);
  return { project, toolkit: ROOT, env: process.env, report: () => undefined, sleep, now: Date.now };
}

/** The text of a file under test/fixtures. */
export function fixture(path: string): string {
  return readFileSync(join(FIXTURES, path), 'utf8');
}

/** Different ports that nobody uses now, below those that the system gives to clients. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await isFree('127.0.0.1', port)) found.add(port);
  }
  return [...found];
}

/** Polls until the condition holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited 15 s for this to happen: ${what}`);
    await delay(20);
  }
}

/** Runs a program to its end. */
export function ran(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((done) => {
    execFile(program, [...args], { env }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
