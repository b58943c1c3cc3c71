import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Outcome, Surroundings } from './context.ts';
import { errorDocument, exitCodeOf, Interrupted, messageOf } from './errors.ts';
import { paint, plain } from './print/style.ts';
import { createProgram } from './program.ts';
import { searchPath } from './programs.ts';

const json = process.argv.includes('--json');
const coloured = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
const interruptListeners = new Set<() => void>();

const surroundings: Surroundings = {
  folder: process.cwd(),
  toolkit: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, PATH: searchPath(process.env).join(':') },
  progress: (line) => process.stderr.write(`${line}\n`),
  ask:
    process.stdin.isTTY && process.stderr.isTTY
      ? (question, signal) => ask(question, process.stderr, signal)
      : undefined,
  askHidden: process.stdin.isTTY ? askHidden : undefined,
  readInput: async () => (await process.stdin.setEncoding('utf8').toArray()).join(''),
  onInterrupt: (listener) => {
    interruptListeners.add(listener);
    return () => interruptListeners.delete(listener);
  },
  now: Date.now,
  sleep: (milliseconds) => delay(milliseconds),
};

/** Questions go to stderr: stdout belongs to the result. */
async function ask(question: string, output: NodeJS.WritableStream, signal?: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await new Promise((answer, fail) => {
      for (const end of ['SIGINT', 'close']) lines.once(end, () => fail(new Interrupted('interrupted')));
      lines.question(question, { signal }).then(answer, fail);
    });
  } finally {
    lines.close();
  }
}

/** The question is shown, the answer goes to where nobody sees it. */
async function askHidden(question: string): Promise<string> {
  process.stderr.write(question);
  try {
    return await ask('', new Writable({ write: (_chunk, _encoding, done) => done() }));
  } finally {
    process.stderr.write('\n');
  }
}

async function run(command: (surroundings: Surroundings) => Promise<Outcome>): Promise<void> {
  const { data, text, exitCode } = await command(surroundings);
  print(json ? JSON.stringify(data, null, 2) : text);
  process.exitCode = exitCode;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(error: unknown): void {
  const message = messageOf(error);
  // Ctrl-C ends what has printed its result already.
  if (json && message !== '') print(JSON.stringify(errorDocument(error), null, 2));
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exitCode = exitCodeOf(error);
}

function toolkitVersion(): string {
  const { version } = JSON.parse(readFileSync(join(surroundings.toolkit, 'package.json'), 'utf8'));
  return version;
}

function isHelp(error: unknown): boolean {
  return error instanceof Error && 'exitCode' in error && error.exitCode === 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interruptListeners.size === 0) {
      process.stderr.write('interrupted\n');
      process.exit(130);
    }
    for (const listener of interruptListeners) listener();
  });
}

// A reader such as `head` may leave before everything is written; a terminal may be closed during a deploy.
process.stdout.on('error', () => process.exit(process.exitCode ?? 0));
process.stderr.on('error', () => undefined);

try {
  await createProgram({
    version: toolkitVersion(),
    run,
    print,
    paint: coloured ? paint : plain,
  }).parseAsync();
} catch (error) {
  if (!isHelp(error)) fail(error);
}
