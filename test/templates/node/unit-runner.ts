import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastOf, nameOf, parseUnit, seconds, specified, type UnitFile, wordsOf } from './unit-file.ts';

export type UnitState = 'active' | 'failed' | 'dependency' | 'inactive';

export interface UnitRunnerOptions {
  /** Folder that stands for the machine's root. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where a path of the machine lies on this one. */
  locate(path: string): string;
}

interface Job {
  readonly done: Promise<UnitState>;
}

/**
 * Starts and stops units as their files say: Requires, Wants, After, OnFailure, Restart with its start limit, ExecStop.
 * What systemd does and these units do not need is left out. Restarts do not wait.
 */
export class UnitRunner {
  readonly states = new Map<string, UnitState>();
  /** Units in the order in which they became active or failed. */
  readonly history: string[] = [];
  readonly output: string[] = [];
  readonly #options: UnitRunnerOptions;
  readonly #main = new Map<string, ChildProcess>();
  readonly #starts = new Map<string, number>();
  #off = false;
  readonly #children: ChildProcess[] = [];
  readonly #stopping = new Set<string>();
  readonly #failures: Promise<unknown>[] = [];

  constructor(options: UnitRunnerOptions) {
    this.#options = options;
  }

  /** Starts a unit with all that it needs, in their order. Resolves when every job has ended. */
  async start(name: string): Promise<void> {
    await this.#begin(name);
    await Promise.all(this.#failures);
  }

  async #begin(name: string): Promise<void> {
    if (this.#off) return;
    const names = this.#closure(name);
    const jobs = new Map<string, Job>();
    const job = (one: string): Job => {
      const known = jobs.get(one);
      if (known !== undefined) return known;
      const unit = this.#read(one);
      const after = wordsOf(unit, 'Unit', 'After').filter((other) => names.has(other));
      const requires = wordsOf(unit, 'Unit', 'Requires').filter((other) => names.has(other));
      const done = Promise.all(after.map((other) => job(other).done)).then(async () => {
        const missing = requires.some((other) => this.states.get(other) !== 'active');
        return this.#enter(one, missing ? 'dependency' : await this.#activate(one));
      });
      const made = { done };
      jobs.set(one, made);
      return made;
    };
    await Promise.all([...names].map((one) => job(one).done));
  }

  /** Stops units: one that comes after another stops before it. */
  async stop(names: readonly string[]): Promise<void> {
    const wanted = names.flatMap((name) => this.#matching(name));
    const stops = new Map<string, Promise<void>>();
    const stop = (one: string): Promise<void> => {
      const known = stops.get(one);
      if (known !== undefined) return known;
      const later = wanted.filter((other) => wordsOf(this.#read(other), 'Unit', 'After').includes(one));
      const made = Promise.all(later.map(stop)).then(() => this.#deactivate(one));
      stops.set(one, made);
      return made;
    };
    await Promise.all(wanted.map(stop));
  }

  /** A shutdown. */
  async stopAll(): Promise<void> {
    await this.stop([...this.states.keys()]);
    await Promise.all(this.#failures);
  }

  /** Ends whatever a failed test has left. */
  kill(): void {
    this.#off = true;
    for (const child of this.#children) signal(child, 'SIGKILL');
  }

  stateOf(name: string): UnitState {
    return this.states.get(name) ?? 'inactive';
  }

  #matching(pattern: string): string[] {
    const known = [...this.states.keys()].filter((name) => this.states.get(name) === 'active');
    if (pattern.includes('*')) return known.filter((name) => name.startsWith(pattern.split('*')[0] ?? ''));
    return known.filter(
      (name) => name === pattern || wordsOf(this.#read(name), 'Unit', 'PartOf').includes(pattern),
    );
  }

  #closure(name: string, found = new Set<string>()): Set<string> {
    if (found.has(name) || !existsSync(this.#path(name))) return found;
    found.add(name);
    const unit = this.#read(name);
    for (const key of ['Requires', 'Wants']) {
      for (const other of wordsOf(unit, 'Unit', key)) this.#closure(other, found);
    }
    return found;
  }

  #path(name: string): string {
    return join(this.#options.root, 'etc/systemd/system', nameOf(name).file);
  }

  #read(name: string): UnitFile {
    return parseUnit(specified(readFileSync(this.#path(name), 'utf8'), name));
  }

  #enter(name: string, state: UnitState): UnitState {
    this.states.set(name, state);
    this.history.push(`${name} ${state}`);
    if (state === 'failed') {
      const reports = wordsOf(this.#read(name), 'Unit', 'OnFailure');
      this.#failures.push(...reports.map((report) => this.#begin(report)));
    }
    return state;
  }

  async #activate(name: string): Promise<UnitState> {
    const unit = this.#read(name);
    if (!unit.has('Service')) return 'active';
    const limit = Number(lastOf(unit, 'Unit', 'StartLimitBurst') ?? 5);
    const starts = (this.#starts.get(name) ?? 0) + 1;
    this.#starts.set(name, starts);
    if (starts > limit && lastOf(unit, 'Unit', 'StartLimitIntervalSec') !== '0') return 'failed';
    for (const line of unit.get('Service')?.get('ExecStartPre') ?? []) {
      const code = await this.#run(name, unit, line.replace(/^-/, ''));
      if (code !== 0 && !line.startsWith('-')) return this.#ended(name, unit, false);
    }
    const line = lastOf(unit, 'Service', 'ExecStart') ?? '';
    if (lastOf(unit, 'Service', 'Type') === 'oneshot') {
      return (await this.#run(name, unit, line)) === 0 ? 'active' : 'failed';
    }
    const child = this.#spawn(name, unit, line);
    this.#main.set(name, child);
    once(child, 'close').then(async ([code]) => {
      if (this.#off || this.#stopping.has(name)) return;
      const state = await this.#ended(name, unit, code === 0);
      if (state !== 'active') this.#enter(name, state);
    });
    return 'active';
  }

  /** The main process is gone: once more, if the unit wants that and its limit allows it. */
  async #ended(name: string, unit: UnitFile, well: boolean): Promise<UnitState> {
    const restart = lastOf(unit, 'Service', 'Restart');
    if (restart === 'always' || (restart === 'on-failure' && !well)) return this.#activate(name);
    return well ? 'inactive' : 'failed';
  }

  async #deactivate(name: string): Promise<void> {
    const unit = this.#read(name);
    this.#stopping.add(name);
    const child = this.#main.get(name);
    const ended = child === undefined || child.exitCode !== null ? undefined : once(child, 'close');
    const stop = lastOf(unit, 'Service', 'ExecStop');
    if (stop !== undefined) await this.#run(name, unit, stop);
    if (child !== undefined && ended !== undefined) {
      const patience = seconds(lastOf(unit, 'Service', 'TimeoutStopSec') ?? '90');
      const timer = setTimeout(() => signal(child, 'SIGKILL'), patience * 1000);
      signal(child, 'SIGTERM');
      await ended;
      clearTimeout(timer);
    }
    this.#main.delete(name);
    this.states.set(name, 'inactive');
    this.history.push(`${name} stopped`);
    this.#stopping.delete(name);
  }

  async #run(name: string, unit: UnitFile, line: string): Promise<number> {
    const [code] = (await once(this.#spawn(name, unit, line), 'close')) as [number | null];
    return code ?? 1;
  }

  #spawn(name: string, unit: UnitFile, line: string): ChildProcess {
    const { env, locate } = this.#options;
    const facts = Object.assign(
      {},
      ...wordsOf(unit, 'Service', 'EnvironmentFile').map((path) => this.#facts(path)),
    );
    const all: Record<string, string> = { ...facts, ...env };
    const [program = '', ...args] = line
      .split(/\s+/)
      .map((word) => locate(word.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => all[key] ?? '')));
    const child = spawn(program, args, { env: all, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#children.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.output.push(`${name}: ${text}`));
    }
    return child;
  }

  #facts(path: string): Record<string, string> {
    const lines = readFileSync(join(this.#options.root, path), 'utf8').matchAll(/^(\w+)='(.*)'$/gm);
    return Object.fromEntries([...lines].map(([, key, value]) => [key ?? '', value ?? '']));
  }
}

/** To all processes of a unit, as systemd does. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
