import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDiff } from '../../review/diff/parse.ts';
import type { Forge, PullRequest } from '../../review/forge.ts';
import { matchesAny } from '../../review/glob.ts';
import type { Settings } from '../../review/settings.ts';
import { type TestFile, testProblem } from '../../review/stages/tests.ts';
import type { Surroundings } from '../context.ts';
import { Failure, Interrupted, UsageError } from '../errors.ts';
import { gitIn } from './git.ts';

const MOST_MS = 300_000;
const WORDS = 2_000;

export interface Running {
  readonly pull: PullRequest;
  readonly settings: Settings['tests'];
  readonly forge: Forge;
  /** The repository's top folder. */
  readonly folder: string;
}

/** A test that was run, and why it is not kept; undefined: it is. */
export interface Judged {
  readonly file: TestFile;
  readonly dropped?: 'does not pass on this commit' | 'passes without the change too' | 'did not end in time';
}

/**
 * Runs each test on a copy of the head, and on one where the change is taken back. Kept is what passes on the first and
 * fails on the second. What runs gets no variable of ours but PATH, and a home of its own.
 * @throws UsageError without a command; Failure when the copy cannot be made
 */
export async function runTests(
  files: readonly TestFile[],
  running: Running,
  surroundings: Surroundings,
): Promise<Judged[]> {
  const { command, prepare } = running.settings;
  if (command === undefined)
    throw new UsageError('--run-tests: the settings name no tests.command; it runs the tests of {files}');
  const { settings } = running;
  for (const file of files) {
    const problem = testProblem(file, settings.files, new Set());
    if (problem !== undefined) throw new Failure(`--run-tests: ${JSON.stringify(file.path)}: ${problem}`);
  }
  const copy = await makeCopy(running, surroundings);
  try {
    if (prepare !== undefined && (await shell(prepare, copy, surroundings)).end !== 'passed')
      throw new Failure(`--run-tests: tests.prepare (${prepare}) failed`);
    const run = async ({ path, content }: TestFile) => {
      rmSync(inside(copy.tree, path), { force: true });
      write(copy.tree, path, content);
      const ended = await shell(command.replaceAll('{files}', quoted(path)), copy, surroundings);
      rmSync(inside(copy.tree, path), { force: true });
      return ended;
    };
    const judged: Judged[] = [];
    for (const file of files) {
      const { end } = await run(file);
      judged.push(
        end === 'passed'
          ? { file }
          : { file, dropped: end === 'late' ? 'did not end in time' : 'does not pass on this commit' },
      );
    }
    await takeBack(running, copy.tree);
    return await inOrder(judged, async ({ file, dropped }): Promise<Judged> => {
      if (dropped !== undefined) return { file, dropped };
      const { end } = await run(file);
      if (end === 'failed') return { file };
      return { file, dropped: end === 'late' ? 'did not end in time' : 'passes without the change too' };
    });
  } finally {
    rmSync(copy.folder, { recursive: true, force: true });
  }
}

interface Copy {
  readonly folder: string;
  /** The head's files, without its history. */
  readonly tree: string;
  readonly home: string;
}

async function makeCopy({ pull, settings, folder: top }: Running, surroundings: Surroundings): Promise<Copy> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-review-'));
  const [tree, home] = [join(folder, 'tree'), join(folder, 'home')];
  mkdirSync(tree);
  mkdirSync(home);
  const git = gitIn(top, surroundings, { GIT_INDEX_FILE: join(folder, 'index') });
  await git('read-tree', pull.headCommit);
  await git('checkout-index', '--all', '--force', `--prefix=${tree}/`);
  for (const link of settings.links) {
    if (!existsSync(join(top, link)) || existsSync(join(tree, link))) continue;
    mkdirSync(dirname(join(tree, link)), { recursive: true });
    symlinkSync(join(top, link), join(tree, link));
  }
  return { folder, tree, home };
}

/** Gives every file of the change but tests back what it was. */
async function takeBack({ pull, settings, forge }: Running, tree: string): Promise<void> {
  const changed = parseDiff((await forge.diff(pull, pull.baseCommit, pull.headCommit)) ?? '');
  for (const { path, oldPath } of changed) {
    if (matchesAny(path, settings.files)) continue;
    rmSync(inside(tree, path), { force: true, recursive: true });
    const before = oldPath === undefined ? undefined : await forge.file(pull, oldPath, pull.baseCommit);
    if (oldPath !== undefined && before !== undefined) write(tree, oldPath, before);
  }
}

interface Ended {
  readonly end: 'passed' | 'failed' | 'late';
  /** The last that it said. */
  readonly words: string;
}

/** Runs a line of the settings. It is ended, with all that it started, when it takes too long or somebody interrupts. */
async function shell(line: string, { tree, home }: Copy, { env, onInterrupt }: Surroundings): Promise<Ended> {
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: tree,
    detached: true,
    env: { PATH: env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString('utf8')}`.slice(-WORDS);
    });
  let stopped: 'late' | 'interrupted' | undefined;
  const stop = (why: 'late' | 'interrupted') => {
    stopped = why;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => stop('late'), MOST_MS);
  const end = onInterrupt(() => stop('interrupted'));
  try {
    const code = await new Promise<number>((done, fail) => {
      child.on('error', fail);
      child.on('close', (exitCode) => done(exitCode ?? 1));
    });
    if (stopped === 'interrupted') throw new Interrupted('interrupted; nothing was written');
    return { end: stopped ?? (code === 0 ? 'passed' : 'failed'), words };
  } finally {
    clearTimeout(timer);
    end();
  }
}

async function inOrder<From, To>(items: readonly From[], make: (item: From) => Promise<To>): Promise<To[]> {
  const made: To[] = [];
  for (const item of items) made.push(await make(item));
  return made;
}

function write(tree: string, path: string, text: string): void {
  const place = inside(tree, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
}

/** A place in the copy. A change may bring links along, and what is written there must not go where they lead. */
function inside(tree: string, path: string): string {
  const names = path.split('/');
  for (let length = 1; length <= names.length; length += 1) {
    const place = join(tree, ...names.slice(0, length));
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true && length < names.length)
      throw new Failure(`--run-tests: ${path} leads through a link`);
  }
  return join(tree, path);
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
